/** A gate or state of all units at one timestep, as a small picture of one square a unit, in the order of their numbers. */

import { BELOW, ABOVE } from "./reader_scales.js";

const RING = 1.5;

/** How many columns and rows so many units fill, in a frame of this ratio of width to height: without gaps where that is
 * possible in a like ratio. */
export function shapeOf(units, ratio) {
  const likeness = (columns) => Math.abs(Math.log((columns * columns) / units / ratio));
  const whole = Array.from({ length: units }, (_, index) => index + 1).filter((columns) => units % columns === 0);
  const best = whole.reduce((one, other) => (likeness(other) < likeness(one) ? other : one));
  const columns = likeness(best) < Math.log(3) ? best : Math.ceil(Math.sqrt(units * ratio));
  return [columns, Math.ceil(units / columns)];
}

/** The unit at a place within a frame, from 0 to 1 both ways; null beside them. */
export function unitAt(units, [width, height], [x, y]) {
  const [columns, rows] = shapeOf(units, width / height);
  const [column, row] = [Math.floor(x * columns), Math.floor(y * rows)];
  const unit = row * columns + column;
  return column >= 0 && column < columns && row >= 0 && unit < units ? unit : null;
}

/** The smaller side of a unit's square in a frame [left, top, width, height]. */
export function squareSize(units, [, , width, height]) {
  const [columns, rows] = shapeOf(units, width / height);
  return Math.min(width / columns, height / rows);
}

/** Draw values of shape (H,) into a frame [left, top, width, height] of a canvas's context; the chosen unit gets a ring. */
export function drawUnits(context, values, scale, frame, chosen, ink, paper) {
  const [left, top, width, height] = frame;
  const [columns, rows] = shapeOf(values.length, width / height);
  const place = (unit) => [left + ((unit % columns) / columns) * width, top + (Math.floor(unit / columns) / rows) * height];
  const size = [width / columns, height / rows];
  const picture = pictureOf(values, scale, columns, rows);
  context.imageSmoothingEnabled = false;
  context.drawImage(picture, left, top, width, height);
  ring(context, place(chosen), size, RING * 2, paper);
  ring(context, place(chosen), size, RING, ink);
}

function pictureOf(values, scale, columns, rows) {
  const picture = new OffscreenCanvas(columns, rows);
  const image = new ImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  values.forEach((value, unit) => (pixels[unit] = scale.pixels[heldLevel(scale, value)]));
  picture.getContext("2d").putImageData(image, 0, 0);
  return picture;
}

/** The level of a value; what lies beyond a scale has the colour of its end, as such small pictures have no room to say so. */
function heldLevel(scale, value) {
  const level = scale.level(value);
  return level === BELOW ? BELOW + 1 : level === ABOVE ? ABOVE - 1 : level;
}

function ring(context, [x, y], [width, height], stroke, color) {
  Object.assign(context, { strokeStyle: color, lineWidth: stroke });
  context.strokeRect(x - stroke / 2, y - stroke / 2, width + stroke, height + stroke);
}
