/** What the reader shows and where one looks. Axes: T timesteps, H units; planes are row-major (H, T).
 *
 * Rows are units in the order shown. The window [first, stop) of timesteps and [top, bottom) of rows is what the maps show.
 */

import { halfValues } from "./reader_half.js";
import { scalesOf } from "./reader_scales.js";

const FEWEST_STEPS = 8;

export class Scene {
  constructor() {
    Object.assign(this, { top: 0, bottom: 1, unit: 0, cursor: 0, hover: null, brush: null, highlights: [], rows: Infinity, first: 0, stop: 1 });
    this.take(null, new Map());
    this.useTheme(false);
  }

  /** Take up a reading, and the planes that have come; the window stays if the text is as long as before. */
  take(reading, planes) {
    const isOther = reading?.steps !== this.reading?.steps;
    Object.assign(this, { reading, planes, summaries: new Map() });
    this.steps = reading?.steps ?? 1;
    this.units = reading?.units ?? 1;
    this.useOrder(this.order ?? null);
    if (isOther) this.zoom(0, this.steps);
    this.hover = null;
    this.hold();
  }

  /** Hold unit, cursor and brush within the reading, once there is one, and rows about the unit. */
  hold() {
    if (!this.reading) return;
    this.unit = Math.min(this.unit, this.units - 1);
    this.cursor = Math.min(this.cursor, this.steps - 1);
    if (this.brush && this.brush[1] >= this.steps) this.brush = null;
    this.keepRowInSight();
  }

  useTheme(isDark) {
    if (this.isDark === isDark) return;
    this.isDark = isDark;
    this.scales = scalesOf(isDark);
    this.summaries = new Map();
  }

  /** Units from the top row down; null, or anything but all units once: by number. */
  useOrder(order) {
    this.order = order;
    const isWhole = order?.length === this.units && new Set(order).size === this.units && Math.max(...order) < this.units;
    this.unitOf = isWhole ? order : Array.from({ length: this.units }, (_, unit) => unit);
    this.rowOf = new Int32Array(this.units);
    this.unitOf.forEach((unit, row) => (this.rowOf[unit] = row));
    Object.assign(this, { top: 0, bottom: 0 });
    this.hold();
  }

  /** The timestep that is looked at: where the pointer is, else the cursor. */
  get t() {
    return this.hover ?? this.cursor;
  }

  get span() {
    return this.stop - this.first;
  }

  get row() {
    return this.rowOf[this.unit];
  }

  /** Of a gate and unit at t; undefined before it has come. */
  value(gate, unit, t) {
    const bits = this.planes.get(gate)?.[unit * this.steps + t];
    return bits === undefined ? undefined : halfValues()[bits];
  }

  /** A gate of one unit over time, shape (T,), or null before it has come. */
  line(gate, unit) {
    const plane = this.planes.get(gate);
    if (!plane) return null;
    return Float32Array.from(plane.subarray(unit * this.steps, (unit + 1) * this.steps), (bits) => halfValues()[bits]);
  }

  /** Show these timesteps, at least a few. */
  zoom(first, stop) {
    const span = Math.min(Math.max(Math.round(stop - first), FEWEST_STEPS), this.steps);
    this.first = Math.round(Math.min(Math.max(first, 0), this.steps - span));
    this.stop = this.first + span;
  }

  /** Stretch or shrink the window by a factor about a timestep. */
  zoomAbout(t, factor) {
    const span = this.span * factor;
    this.zoom(t - ((t - this.first) / this.span) * span, t - ((t - this.first) / this.span) * span + span);
  }

  /** Move the window as little as needed to hold t; whether it moved. */
  keepInSight(t) {
    const { first } = this;
    if (t < this.first) this.zoom(t, t + this.span);
    else if (t >= this.stop) this.zoom(t + 1 - this.span, t + 1);
    return first !== this.first;
  }

  /** Show so many rows about the chosen unit; whether others are shown than before. */
  keepRowInSight() {
    const { top, bottom } = this;
    const count = Math.min(this.rows, this.units);
    const isWithin = bottom - top === count && this.row >= top && this.row < bottom && bottom <= this.units;
    if (!isWithin) {
      this.top = Math.min(Math.max(this.row - Math.floor(count / 2), 0), this.units - count);
      this.bottom = this.top + count;
    }
    return top !== this.top || bottom !== this.bottom;
  }

  /** Levels of a plane, the mean level of each unit, and how many values are NaN or beyond the scale. */
  summary(gate) {
    if (!this.summaries.has(gate)) this.summaries.set(gate, summarized(this.planes.get(gate), this.scales[gate], this.units, this.steps));
    return this.summaries.get(gate);
  }
}

function summarized(plane, scale, units, steps) {
  const table = scale.halfLevels;
  const levels = new Uint8Array(plane.length);
  const means = new Float32Array(units);
  let [missing, beyond] = [0, 0];
  for (let unit = 0, index = 0; unit < units; unit += 1) {
    let sum = 0;
    for (let t = 0; t < steps; t += 1, index += 1) {
      const level = (levels[index] = table[plane[index]]);
      sum += level;
      if (level === 255) missing += 1;
      else if (level === 0 || level === 254) beyond += 1;
    }
    means[unit] = sum / steps;
  }
  return { levels, means, missing, beyond };
}
