/** All chosen gates and states of one unit over time, each in a lane of its own, so that none hides another.
 *
 * Where several timesteps fall on a pixel, all that they span is drawn. Gates and hidden state have their fixed range; the
 * cell state, which has no bounds, has the largest value in sight, rounded up.
 */

import { CAPTION, LEFT, Picture, place, plot } from "./reader_picture.js";
import { roundUp } from "./reader_words.js";

const LANE = 26;
const GAP = 6;
const POSITIVE = ["input", "forget", "output", "reset", "update"];

export class UnitLine extends Picture {
  constructor(parent) {
    super(parent, "unroll-line");
  }

  /** `strokes` maps gate → {title, color}. */
  draw(scene, look, gates, strokes) {
    const context = this.begin(look, CAPTION + gates.length * (LANE + GAP));
    Object.assign(context, { textAlign: "left", textBaseline: "middle", font: `600 12px ${look.font}` });
    context.fillText(`unit ${scene.unit}`, 2, CAPTION / 2);
    gates.forEach((gate, index) => {
      const top = CAPTION + GAP / 2 + index * (LANE + GAP);
      const line = scene.line(gate, scene.unit);
      const range = rangeOf(gate, line?.subarray(scene.first, scene.stop));
      this.frame(context, look, strokes[gate].title, top, range);
      if (!line) return;
      Object.assign(context, { strokeStyle: strokes[gate].color, lineWidth: 1.5 });
      const [low, high] = range;
      trace(context, scene, look, line, top, (value) => top + LANE - ((value - low) / (high - low)) * LANE);
    });
    const titles = gates.map((gate) => strokes[gate].title).join(", ");
    this.canvas.setAttribute("aria-label", `Unit ${scene.unit} over time: ${titles}.`);
  }

  /** The lane's letter at the left, its range at the right, and lines at its ends and at 0. */
  frame(context, look, title, top, [low, high]) {
    const { left, width } = plot(look);
    context.strokeStyle = look.line;
    Object.assign(context, { lineWidth: 1, fillStyle: look.ink, textAlign: "right", font: `12px ${look.font}` });
    context.fillText(title.split(" ").at(-1), LEFT - 6, top + LANE / 2);
    Object.assign(context, { textAlign: "left", font: `10px ${look.font}` });
    for (const value of low < 0 ? [low, 0, high] : [low, high]) {
      const y = Math.round(top + LANE - ((value - low) / (high - low)) * LANE) + 0.5;
      context.strokeRect(left, y, width, 0);
      if (value !== 0 || low === 0) context.fillText(String(value).replace("-", "−"), left + width + 4, Math.min(Math.max(y, top + 4), top + LANE - 4));
    }
  }
}

function rangeOf(gate, line) {
  if (POSITIVE.includes(gate)) return [0, 1];
  if (gate !== "cell" || !line) return [-1, 1];
  const most = line.reduce((largest, value) => (Number.isFinite(value) ? Math.max(largest, Math.abs(value)) : largest), 0);
  return [-roundUp(Math.max(most, 1)), roundUp(Math.max(most, 1))];
}

/** A polyline with a gap at each NaN; beyond one value a pixel, the range of each pixel. */
function trace(context, scene, look, line, top, y) {
  const pixels = Math.round(plot(look).width * look.ratio);
  context.save();
  context.beginPath();
  context.rect(plot(look).left, top - 1, plot(look).width, LANE + 2);
  context.clip();
  context.beginPath();
  if (scene.span <= pixels) connect(context, scene, look, line, y);
  else cover(context, scene, look, line, y, pixels);
  context.stroke();
  context.restore();
}

function connect(context, scene, look, line, y) {
  for (let t = scene.first; t < scene.stop; t += 1) {
    const begins = t === scene.first || Number.isNaN(line[t - 1]);
    if (!Number.isNaN(line[t])) context[begins ? "moveTo" : "lineTo"](place(scene, look, t + 0.5), y(line[t]));
  }
}

/** A stroke a pixel, from the least to the largest value in it and in the timestep before. */
function cover(context, scene, look, line, y, pixels) {
  context.lineWidth = 1 / look.ratio;
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    const from = scene.first + Math.floor((pixel * scene.span) / pixels);
    const to = scene.first + Math.floor(((pixel + 1) * scene.span) / pixels);
    const values = line.subarray(Math.max(from - 1, scene.first), to).filter((value) => !Number.isNaN(value));
    if (!values.length) continue;
    const x = plot(look).left + (pixel + 0.5) / look.ratio;
    context.moveTo(x, y(Math.min(...values)) + 0.5);
    context.lineTo(x, y(Math.max(...values)) - 0.5);
  }
}
