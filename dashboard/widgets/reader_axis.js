/** The time axis under the maps: tokens where they fit, else every n-th; timesteps in numbers below. */

import { Picture, place, plot } from "./reader_picture.js";
import { roundUp, sign } from "./reader_words.js";

const HEIGHT = 34;
const TOKEN_GAP = 3;
const NUMBER_ROOM = 56;

export class TimeAxis extends Picture {
  constructor(parent) {
    super(parent, "unroll-axis");
    this.canvas.setAttribute("role", "presentation");
  }

  draw(scene, look) {
    const context = this.begin(look, HEIGHT);
    if (!scene.reading) return;
    Object.assign(context, { textAlign: "center", textBaseline: "middle" });
    this.tokens(context, scene, look);
    this.numbers(context, scene, look);
  }

  tokens(context, scene, look) {
    context.font = `12px ${look.mono}`;
    const signs = scene.reading.tokens.slice(scene.first, scene.stop).map(sign);
    const widest = signs.reduce((most, token) => (token.length > most.length ? token : most), "");
    const room = context.measureText(widest).width + TOKEN_GAP;
    const cell = plot(look).width / scene.span;
    this.every = Math.max(1, Math.ceil(room / cell));
    const edited = new Set(scene.reading.edited ?? []);
    for (let index = 0; index < signs.length; index += this.every) {
      const t = scene.first + index;
      context.fillStyle = edited.has(t) ? look.alert : look.ink;
      context.fillText(signs[index], place(scene, look, t + 0.5), 8);
    }
  }

  numbers(context, scene, look) {
    Object.assign(context, { font: `10px ${look.font}`, fillStyle: look.ink, strokeStyle: look.line });
    const step = Math.max(1, roundUp((scene.span * NUMBER_ROOM) / plot(look).width));
    for (let t = Math.ceil(scene.first / step) * step; t < scene.stop; t += step) {
      const x = place(scene, look, t + 0.5);
      context.fillText(String(t), x, 26);
      context.strokeRect(x, 16, 0, 4);
    }
    context.textAlign = "left";
    context.fillText("t", 8, 26);
  }
}
