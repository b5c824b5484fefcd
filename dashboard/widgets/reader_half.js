/** Numbers of half precision, as planes travel: 16 bits each, looked up in a table of all of them. */

let table;

/** The value of every 16-bit pattern, shape (65536,). */
export function halfValues() {
  table ??= Float32Array.from({ length: 1 << 16 }, (_, bits) => valueOf(bits));
  return table;
}

function valueOf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
