/** What steps through time and units: buttons, a slider, a number; and what was read and is expected next. */

import { add, button, percent, printed, sign, width } from "./reader_words.js";

export class Bar {
  /** `on` has step(by), go(t), choose(unit), play() and picture(). */
  constructor(parent, on) {
    this.element = add(parent, "div", "unroll-cell-bar");
    const group = add(this.element, "span", "unroll-cell-group");
    button(group, "←", "One timestep back", () => on.step(-1));
    this.playing = button(group, "Play", "Play, or press space", () => on.play());
    button(group, "→", "One timestep on", () => on.step(1));
    this.slider = add(this.element, "input");
    Object.assign(this.slider, { type: "range", min: 0, value: 0 });
    this.slider.setAttribute("aria-label", "Timestep");
    this.slider.oninput = () => on.go(this.slider.valueAsNumber);
    this.place = add(this.element, "output");
    const label = add(this.element, "label", "", "unit ");
    this.unit = add(label, "input");
    Object.assign(this.unit, { type: "number", min: 0 });
    button(this.element, "SVG", "Keep this picture as a file", () => on.picture());
    this.unit.onchange = () => !Number.isNaN(this.unit.valueAsNumber) && on.choose(Math.round(this.unit.valueAsNumber));
  }

  show(scene) {
    const { reading, t, unit } = scene;
    Object.assign(this.slider, { max: reading.steps - 1, value: t });
    this.unit.max = reading.units - 1;
    if (document.activeElement !== this.unit || this.unit.valueAsNumber !== unit) this.unit.value = unit;
    this.place.textContent = `t = ${t} of ${(reading.steps - 1).toLocaleString("en")}`;
  }

  /** "Play" or "Pause". */
  play(isPlaying) {
    this.playing.textContent = isPlaying ? "Pause" : "Play";
    this.playing.setAttribute("aria-pressed", isPlaying);
  }
}

/** One line: the symbol that is read, its loss, and what the model expects next. */
export class Said {
  constructor(parent) {
    this.element = add(parent, "p", "unroll-cell-said");
  }

  show({ reading, t }) {
    this.element.replaceChildren();
    const loss = reading.losses?.[t] ?? null;
    const chance = loss !== null && reading.next ? ` (p = ${percent(Math.exp(-loss))})` : "";
    add(this.element, "span", "", `reads ${sign(reading.tokens[t])}${loss === null ? "" : `, loss ${printed(loss)} nats${chance}`}`);
    const expected = reading.next?.[t];
    if (!expected) return;
    add(this.element, "span", "", "expects next");
    const chips = add(this.element, "span", "chips");
    for (const [symbol, probability] of expected) likely(chips, symbol, probability, reading.tokens[t + 1]);
  }
}

/** One symbol that is expected; `token` is the one that came. */
function likely(parent, symbol, probability, token) {
  const chip = add(parent, "span", symbol === token ? "chip came" : "chip");
  chip.style.setProperty("--share", width(probability));
  if (symbol === token) chip.title = "This one came";
  add(chip, "code", "", sign(symbol));
  chip.append(` ${percent(probability)}`);
}
