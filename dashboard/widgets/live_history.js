/** The rows of one run that a page keeps: those on a stride that doubles, and the newest. */

export const MOST_COLUMNS = 512;

/** A row as the server sends it, with numbers unpacked: {step, time, values: Map(source → number | Float32Array)}. */
export function unpack(row) {
  const values = new Map();
  for (const [name, value] of Object.entries(row.scalars)) values.set(name, Number(value));
  for (const [name, array] of Object.entries(row.arrays)) values.set(name, floats(array.data));
  return { step: row.step, time: row.time, values };
}

function floats(base64) {
  return new Float32Array(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer);
}

export class History {
  constructor() {
    this.stride = 1;
    this.kept = [];
    this.newest = null; // only while it is off the stride
  }

  get last() {
    return (this.newest ?? this.kept.at(-1))?.step ?? -1;
  }

  get rows() {
    return this.newest ? [...this.kept, this.newest] : this.kept;
  }

  add(row) {
    if (row.step <= this.last) return;
    const onStride = row.step % this.stride === 0;
    this.newest = onStride ? null : row;
    if (onStride) this.kept.push(row);
    while (this.kept.length > MOST_COLUMNS) this.widen(this.stride * 2);
  }

  /** Keep only the steps on a wider stride, and the newest. */
  widen(stride) {
    if (stride <= this.stride) return;
    const newest = this.rows.at(-1) ?? null;
    this.stride = stride;
    this.kept = this.kept.filter((row) => row.step % stride === 0);
    this.newest = newest && newest.step % stride ? newest : null;
  }

  /** Index in `rows` of the newest row at or before a step; the newest of all for null. */
  indexAt(step) {
    const rows = this.rows;
    if (step === null) return rows.length - 1;
    let index = 0;
    while (index + 1 < rows.length && rows[index + 1].step <= step) index += 1;
    return rows.length ? index : -1;
  }

  /** Seconds a step took lately, from the writer's clock; null before it can be told. */
  secondsPerStep() {
    const recent = this.rows.slice(-40);
    if (recent.length < 3) return null;
    const [first, last] = [recent[1], recent.at(-1)];
    return (last.time - first.time) / (last.step - first.step);
  }
}
