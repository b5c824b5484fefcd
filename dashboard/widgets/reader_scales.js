/** How values become colours: 253 levels within a scale, one below it, one above it, one for NaN.
 *
 * Gates lie in [0, 1] and have a sequential scale, candidates and hidden states in [−1, 1] a diverging one. A cell state has
 * no bounds: it is coloured by tanh c, which is what the output gate lets through, or by the unit's own largest |c|.
 */

import { halfValues } from "./reader_half.js";

export const BELOW = 0;
export const ABOVE = 254;
export const NO_NUMBER = 255;
const LEVELS = 252; // steps between level 1 and level 253
const TOLERANCE = 1e-3; // of half precision at a scale's end
export const MOST_LOSS = 5;
const VIRIDIS = ["#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725"];
const SIGNED = {
  light: ["#0f5fa6", "#4393c3", "#a6cfe3", "#f7f7f7", "#f6b896", "#e0744c", "#bb2a14"],
  dark: ["#55c4ff", "#2a8fd0", "#1a4f78", "#161b22", "#753510", "#cc6417", "#ffa347"],
};
const BELOW_COLOR = "#00d5ff";
const ABOVE_COLOR = "#ff00a8";
const NO_NUMBER_COLOR = "#808080";

export class Scale {
  /** `bend` is applied before value is placed between low and high; ticks are values. */
  constructor(low, high, stops, ticks, bend = (value) => value) {
    Object.assign(this, { low, high, stops, ticks, bend });
  }

  /** From 0 at the scale's low end to 1 at its high end; outside of that beyond it. */
  place(value) {
    return (this.bend(value) - this.low) / (this.high - this.low);
  }

  level(value) {
    const place = this.place(value);
    if (Number.isNaN(place)) return NO_NUMBER;
    if (place < -TOLERANCE) return BELOW;
    if (place > 1 + TOLERANCE) return ABOVE;
    return 1 + Math.round(Math.min(Math.max(place, 0), 1) * LEVELS);
  }

  /** The level of every 16-bit pattern of half precision, shape (65536,). */
  get halfLevels() {
    this.levels ??= Uint8Array.from(halfValues(), (value) => this.level(value));
    return this.levels;
  }

  /** Red, green and blue of each level, shape (256, 3). */
  get palette() {
    this.colors ??= paletteOf(this.stops);
    return this.colors;
  }

  /** Each level as a pixel of image data. */
  get pixels() {
    this.words ??= Uint32Array.from(this.palette, ([red, green, blue]) => (255 << 24) | (blue << 16) | (green << 8) | red);
    return this.words;
  }

  /** Each level as a CSS background with the ink that is read on it. */
  get styles() {
    this.inks ??= this.palette.map((color) => ({ background: `rgb(${color})`, ink: luminance(color) > 0.179 ? "#000" : "#fff" }));
    return this.inks;
  }
}

/** The scales of one theme by what they are for; those of one kind are one, as each has tables of its own. */
export function scalesOf(isDark) {
  const signed = isDark ? SIGNED.dark : SIGNED.light;
  const gate = new Scale(0, 1, VIRIDIS, [0, 0.5, 1]);
  const state = new Scale(-1, 1, signed, [-1, 0, 1]);
  return {
    input: gate, forget: gate, output: gate, reset: gate, update: gate,
    candidate: state, new: state, hidden: state,
    cell: new Scale(-1, 1, signed, [-1, 0, 1], Math.tanh),
    loss: new Scale(0, MOST_LOSS, VIRIDIS, [0, MOST_LOSS]),
    own: (most) => new Scale(-most, most, signed, [-most, 0, most]),
  };
}

function paletteOf(stops) {
  const colors = stops.map(channels);
  const inner = Array.from({ length: LEVELS + 1 }, (_, level) => mixed(colors, level / LEVELS));
  return [channels(BELOW_COLOR), ...inner, channels(ABOVE_COLOR), channels(NO_NUMBER_COLOR)];
}

function mixed(colors, place) {
  const at = Math.min(place * (colors.length - 1), colors.length - 1 - 1e-9);
  const [from, to, share] = [colors[Math.floor(at)], colors[Math.floor(at) + 1], at % 1];
  return from.map((channel, index) => Math.round(channel + share * (to[index] - channel)));
}

/** Of a colour such as #1c7fc4 or rgb(28, 127, 196). */
export function channels(color) {
  if (color.startsWith("#") && color.length === 7) return [1, 3, 5].map((start) => parseInt(color.slice(start, start + 2), 16));
  return (color.match(/[\d.]+/g) ?? [255, 255, 255]).slice(0, 3).map(Number);
}

/** Relative luminance (WCAG 2.2); above 0.179 black is read better than white. */
export function luminance(color) {
  const [red, green, blue] = color.map((channel) => (channel <= 10 ? channel / 255 / 12.92 : ((channel / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
