/** The text in one line that runs past a mark: the symbol that is read stands in the middle, coloured by the unit's memory. */

import { add, sign } from "./reader_words.js";

const LEAST = 4;

export class Ticker {
  /** `onPick` is told a timestep that is clicked. */
  constructor(parent, onPick) {
    this.element = add(parent, "div", "unroll-cell-ticker");
    this.element.setAttribute("role", "img");
    this.line = add(this.element, "div");
    this.onPick = onPick;
    this.spans = [];
  }

  /** Show the symbols about t; a scale colours them by the values of the unit. */
  show(scene, scale) {
    const { tokens } = scene.reading;
    const isWide = tokens.some((token) => [...token].length > 1);
    this.element.classList.toggle("wide", isWide);
    this.reach(isWide ? 42 : 17);
    const middle = (this.spans.length - 1) / 2;
    this.spans.forEach((span, index) => this.fill(span, scene, scale, scene.t + index - middle));
    const around = tokens.slice(Math.max(scene.t - 10, 0), scene.t).join("");
    this.element.setAttribute("aria-label", `The text: after ${JSON.stringify(around)} comes ${sign(tokens[scene.t])}`);
  }

  /** As many symbols as the line holds, the same number on both sides of the middle. */
  reach(width) {
    const side = Math.max(LEAST, Math.ceil(this.element.clientWidth / width / 2));
    if (this.spans.length === 2 * side + 1) return;
    this.line.replaceChildren();
    this.spans = Array.from({ length: 2 * side + 1 }, () => add(this.line, "span"));
    this.spans[side].className = "current";
  }

  fill(span, scene, scale, t) {
    const { reading, memory, unit } = scene;
    const token = reading.tokens[t];
    span.textContent = token === undefined ? " " : sign(token);
    span.classList.toggle("edited", (reading.edited ?? []).includes(t));
    const { background, ink } = token === undefined ? { background: "", ink: "" } : scale.styles[scale.level(scene.value(memory, unit, t))];
    Object.assign(span.style, { background, color: ink });
    span.onclick = token === undefined ? null : () => this.onPick(t);
  }
}
