/** A canvas that fills the device's pixels, with the room that all of the reader's pictures share at left and right. */

import { add } from "./reader_words.js";

export const CAPTION = 20;
export const LEFT = 34;
export const RIGHT = 34;
const NO_NUMBER_LEVEL = 255;

export class Picture {
  constructor(parent, name) {
    this.element = add(parent, "figure", `unroll-picture ${name}`);
    this.canvas = add(this.element, "canvas");
    this.canvas.setAttribute("role", "img");
  }

  /** A cleared context in CSS pixels; `look` is {width, ratio, ink, line, paper, font}. */
  begin(look, height) {
    const { canvas } = this;
    const size = [Math.round(look.width * look.ratio), Math.round(height * look.ratio)];
    if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
    Object.assign(canvas.style, { width: `${look.width}px`, height: `${height}px` });
    const context = canvas.getContext("2d");
    context.setTransform(look.ratio, 0, 0, look.ratio, 0, 0);
    context.clearRect(0, 0, look.width, height);
    Object.assign(context, { font: `12px ${look.font}`, fillStyle: look.ink, strokeStyle: look.line, lineWidth: 1 });
    return context;
  }
}

/** Where the plots begin and how wide they are. */
export function plot(look) {
  return { left: LEFT, width: Math.max(look.width - LEFT - RIGHT, 1) };
}

/** The left edge of timestep t in a picture. */
export function place(scene, look, t) {
  const { left, width } = plot(look);
  return left + ((t - scene.first) / scene.span) * width;
}

/** The timestep at x, held within the window. */
export function timeAt(scene, look, x) {
  const { left, width } = plot(look);
  const t = scene.first + Math.floor(((x - left) / width) * scene.span);
  return Math.min(Math.max(t, scene.first), scene.stop - 1);
}

/** A line of text with a scale at its right end: bar, numbers, and what lies beyond. */
export function caption(context, look, title, note, scale) {
  const end = look.width - RIGHT;
  Object.assign(context, { textBaseline: "middle", textAlign: "left", fillStyle: look.ink, font: `600 12px ${look.font}` });
  context.fillText(title, 2, CAPTION / 2);
  const after = 2 + context.measureText(title).width + 10;
  context.font = `11px ${look.font}`;
  const bar = { left: end - 116, width: 96, top: 5, height: 9 };
  for (let x = 0; x < bar.width; x += 1) {
    context.fillStyle = scale.styles[1 + Math.round((x / (bar.width - 1)) * 252)].background;
    context.fillRect(bar.left + x, bar.top, 1.5, bar.height);
  }
  context.fillStyle = look.ink;
  const [low, high] = [scale.ticks[0], scale.ticks.at(-1)].map((tick) => String(tick).replace("-", "−"));
  context.textAlign = "right";
  context.fillText(low, bar.left - 4, CAPTION / 2);
  context.textAlign = "left";
  context.fillText(high, bar.left + bar.width + 4, CAPTION / 2);
  const room = bar.left - 22 - after;
  if (note && context.measureText(note).width < room) context.fillText(note, after, CAPTION / 2);
}

/** Pixels of a window of levels, w × h at most: where several values fall on one pixel, the one farthest from its unit's mean
 * is kept, so that no rare value is lost; NaN above all. */
export function pooled({ levels, means }, scene, most) {
  const width = Math.min(scene.span, most.width);
  const height = Math.min(scene.bottom - scene.top, most.height);
  const kept = new Uint8Array(width * height);
  const distance = new Float32Array(width * height).fill(-1);
  const columns = Uint32Array.from({ length: scene.span }, (_, index) => Math.floor((index * width) / scene.span));
  for (let row = scene.top; row < scene.bottom; row += 1) {
    const unit = scene.unitOf[row];
    const mean = means[unit];
    const start = unit * scene.steps + scene.first;
    const line = Math.floor(((row - scene.top) * height) / (scene.bottom - scene.top)) * width;
    for (let index = 0; index < columns.length; index += 1) {
      const level = levels[start + index];
      const far = level === NO_NUMBER_LEVEL ? Infinity : Math.abs(level - mean);
      const target = line + columns[index];
      if (far > distance[target]) {
        distance[target] = far;
        kept[target] = level;
      }
    }
  }
  return { kept, width, height };
}
