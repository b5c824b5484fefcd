/** The unrolled model: one copy of the cell a timestep, the state that goes from copy to copy, and what they read and say. */

import { brief } from "./cell_steps.js";
import { draw, writeDrawn } from "./cell_symbols.js";
import { drawUnits, squareSize, unitAt } from "./cell_units.js";
import { add, percent, sign } from "./reader_words.js";
import { BOX, GAP, Geometry, ROW, TOP } from "./unrolled_geometry.js";

const HEAD = 8;
const CAPTION = 24; // of a box, above its squares
const FINGER = 14;
const LONGEST_TOKEN = 6;
const NAMES = { lstm: "LSTM", gru: "GRU", rnn: "RNN" };

export class Chain {
  /** `onPick` is told the layer, direction, timestep and perhaps the unit that is clicked. */
  constructor(parent, onPick) {
    this.element = add(parent, "div", "unroll-chain");
    this.onPick = onPick;
  }

  show(scene, look) {
    const geometry = (this.geometry = new Geometry(scene, this.element.clientWidth));
    Object.assign(this, { scene, look, frames: [] });
    this.element.replaceChildren();
    const { width, height } = geometry;
    this.svg = draw(this.element, "svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": "The model unrolled over time" });
    this.canvas = add(this.element, "canvas");
    this.canvas.setAttribute("aria-hidden", "true");
    this.spotlight();
    for (const t of geometry.times) this.column(t);
    this.paint();
  }

  spotlight() {
    const { geometry, scene } = this;
    const x = geometry.x(scene.t) - geometry.column / 2 + GAP / 4;
    draw(this.svg, "rect", { class: "now", x, y: 0, width: geometry.column - GAP / 2, height: geometry.height, rx: 8 });
  }

  column(t) {
    const { scene } = this;
    this.token(t);
    for (let layer = 0; layer < scene.layers; layer += 1) {
      for (let direction = 0; direction < scene.directions; direction += 1) {
        this.input(layer, direction, t);
        this.handOn(layer, direction, t);
        this.copy(layer, direction, t);
      }
    }
    this.output(t);
  }

  token(t) {
    const { geometry, scene } = this;
    const text = sign(scene.reading.tokens[t]);
    const group = draw(this.svg, "g", { class: "token" });
    draw(group, "rect", { x: geometry.x(t) - 26, y: geometry.tokens, width: 52, height: 34, rx: 6 });
    const shown = text.length > LONGEST_TOKEN ? `${text.slice(0, LONGEST_TOKEN - 1)}…` : text;
    draw(group, "text", { x: geometry.x(t), y: geometry.tokens + 22, "text-anchor": "middle" }).textContent = shown;
    group.onclick = () => this.onPick({ t });
  }

  /** What a copy reads: the symbol, or all states of the layer below. */
  input(layer, direction, t) {
    const { geometry, scene } = this;
    const x = geometry.x(t);
    const from = layer === 0 ? geometry.tokens : geometry.y(layer - 1, scene.directions - 1);
    const to = geometry.y(layer, direction) + BOX;
    const aside = x - geometry.box[0] / 2 - 7;
    const points = direction === 0 ? [[x, from], [x, to]] : [[x, from - 6], [aside, from - 6], [aside, to + 10], [x, to + 10], [x, to]];
    this.arrow(points, this.isHere(layer, direction, t) ? "here" : "");
    if (direction === 0 && layer > 0 && scene.directions === 2) this.join(layer - 1, t);
    if (this.isHere(layer, direction, t)) this.label(x + 6, to + 17, `x_{t} (${scene.pass.shapes.input[1]})`);
  }

  /** The states of the lower direction join those of the upper one on their way up. */
  join(layer, t) {
    const { geometry } = this;
    const [x, aside] = [geometry.x(t), geometry.x(t) + geometry.box[0] / 2 + 7];
    const [low, high] = [geometry.y(layer, 0) - 6, geometry.y(layer, 1) - 12];
    this.arrow([[x + 14, geometry.y(layer, 0)], [x + 14, low], [aside, low], [aside, high], [x, high]], "", false);
  }

  /** The state that comes into a copy, from the one before it or from zeros. */
  handOn(layer, direction, t) {
    const { geometry, scene } = this;
    const ahead = direction === 1 ? -1 : 1; // in pixels of the way that time is scanned
    const y = geometry.y(layer, direction) + BOX / 2;
    const tip = geometry.x(t) - (ahead * geometry.box[0]) / 2;
    const isStart = direction === 1 ? t === scene.reading.steps - 1 : t === 0;
    const isOutside = direction === 1 ? t === geometry.first + geometry.count - 1 : t === geometry.first;
    const length = isOutside ? GAP / 2 - 3 : GAP;
    this.arrow([[tip - ahead * length, y], [tip, y]], this.isHere(layer, direction, t) ? "here" : isStart ? "start" : "");
    const words = isStart ? "0" : this.isHere(layer, direction, t) && !isOutside ? `(${scene.reading.units})` : "";
    if (words) this.label(tip - (ahead * length) / 2 - ahead * 3, y - 8, words, "middle");
  }

  copy(layer, direction, t) {
    const { geometry, scene } = this;
    const [left, top, width, height] = geometry.frame(layer, direction, t);
    const isKnown = scene.isKnown(layer, direction, t);
    const here = this.isHere(layer, direction, t) ? " here" : "";
    const group = draw(this.svg, "g", { class: `copy${here}${isKnown ? "" : " later"}`, role: "button" });
    draw(group, "rect", { x: left, y: top, width, height, rx: 8 });
    group.setAttribute("aria-label", `Layer ${layer + 1}${scene.directions === 2 ? ["", ", backwards"][direction] : ""}, t = ${t}`);
    group.onclick = (event) => this.pick(event, layer, direction, t);
    if (isKnown) this.states(group, layer, direction, t);
    else this.caption(group, left + width / 2, top + height / 2 + 4, NAMES[scene.reading.kind], "middle");
  }

  /** The captions of a copy's states, and where their squares are to be. */
  states(group, layer, direction, t) {
    const { geometry, scene } = this;
    const [left, top, width, height] = geometry.frame(layer, direction, t);
    const names = scene.reading.kind === "lstm" ? ["cell", "hidden"] : ["hidden"];
    const share = (width - 8) / names.length;
    names.forEach((name, index) => {
      const frame = [left + 8 + index * share, top + CAPTION, share - 8, height - CAPTION - 8];
      const plane = scene.states(layer, direction, name, t);
      const value = names.length === 1 ? ` ${brief(plane[scene.unit])}` : "";
      this.caption(group, frame[0], top + 16, `${name === "cell" ? "c" : "h"}_{${t}}${value}`);
      this.frames.push({ layer, direction, t, name, frame, plane });
    });
  }

  output(t) {
    const { geometry, scene } = this;
    const top = scene.layers - 1;
    const y = geometry.y(top, scene.directions - 1);
    const best = scene.isKnown(top, 0, t) ? scene.reading.next?.[t]?.[0] : null;
    this.arrow([[geometry.x(t), y], [geometry.x(t), TOP - 8]], best ? "" : "start");
    const text = draw(this.svg, "text", { class: "said", x: geometry.x(t), y: 22, "text-anchor": "middle" });
    text.textContent = best ? `${sign(best[0])} ${percent(best[1])}` : "";
  }

  pick(event, layer, direction, t) {
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    const hit = this.frames.find(({ frame: [left, top, width, height], ...one }) => one.layer === layer && one.direction === direction
      && one.t === t && place.x >= left && place.x <= left + width && place.y >= top && place.y <= top + height);
    const isFine = hit && (event.pointerType !== "touch" || squareSize(hit.plane.length, hit.frame) >= FINGER);
    const unit = isFine ? unitAt(hit.plane.length, hit.frame.slice(2), [(place.x - hit.frame[0]) / hit.frame[2], (place.y - hit.frame[1]) / hit.frame[3]]) : null;
    this.onPick({ layer, direction, t, ...(unit === null ? {} : { unit }) });
  }

  /** All units of each state, at the pixels of the screen. */
  paint() {
    const { geometry, scene, look } = this;
    const { ratio, scales, ink, paper } = look;
    Object.assign(this.canvas, { width: Math.round(geometry.width * ratio), height: Math.round(geometry.height * ratio) });
    Object.assign(this.canvas.style, { width: `${geometry.width}px`, height: `${geometry.height}px` });
    const context = this.canvas.getContext("2d");
    for (const { name, frame, plane } of this.frames) {
      drawUnits(context, plane, scales[name], frame.map((size) => size * ratio), scene.unit, ink, paper);
    }
  }

  isHere(layer, direction, t) {
    const { scene } = this;
    return t === scene.t && layer === scene.layer && direction === scene.direction;
  }

  arrow(points, name, hasHead = true) {
    const group = draw(this.svg, "g", { class: `way ${name}` });
    const [tip, before] = [points.at(-1), points.at(-2)];
    const [right, down] = [Math.sign(tip[0] - before[0]), Math.sign(tip[1] - before[1])];
    const end = hasHead ? [tip[0] - right * HEAD, tip[1] - down * HEAD] : tip;
    draw(group, "path", { d: `M${[...points.slice(0, -1), end].join("L")}`, fill: "none" });
    if (!hasHead) return;
    const [x, y] = end;
    draw(group, "path", { class: "head", d: `M${tip}L${x + down * 4.5},${y + right * 4.5}L${x - down * 4.5},${y - right * 4.5}Z` });
  }

  label(x, y, text, anchor = "start") {
    const element = draw(this.svg, "text", { class: "shape", x, y, "text-anchor": anchor });
    writeDrawn(element, text);
  }

  caption(group, x, y, text, anchor = "start") {
    writeDrawn(draw(group, "text", { class: "caption", x, y, "text-anchor": anchor }), text);
  }
}

/** Height of the drawing before it is there. */
export function expectedHeight(layers, directions) {
  return TOP + layers * directions * ROW + 52;
}
