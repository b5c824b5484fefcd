/** The row of controls above the tree: step, which pruned ones are drawn, zoom, and what one takes home. */

import { BEST } from "./search_scene.js";
import { stepWords } from "./search_words.js";
import { add, button } from "./reader_words.js";

const FACTOR = 1.4;

export class Toolbar {
  /** `on` has step(step or null), filter(name), zoom(factor), fit(), svg() and png(). */
  constructor(parent, filters, on) {
    this.element = add(parent, "div", "unroll-search-bar");
    this.slider(on);
    this.filter(filters, on);
    const zoom = add(this.element, "span", "unroll-search-group");
    button(zoom, "−", "Show more of the tree, smaller", () => on.zoom(1 / FACTOR));
    button(zoom, "+", "Show less of the tree, larger", () => on.zoom(FACTOR));
    button(zoom, "Fit", "Show all of the tree", on.fit);
    const take = add(this.element, "span", "unroll-search-group");
    button(take, "SVG", "Save the tree as a drawing", on.svg);
    button(take, "PNG", "Save the tree as a picture", on.png);
    this.said = add(this.element, "output", "unroll-search-step");
  }

  slider(on) {
    const group = add(this.element, "span", "unroll-search-steps");
    this.back = button(group, "◀", "A step back", () => on.step(this.stepAt(Number(this.range.value) - 1)));
    const field = add(group, "label", "", "Step");
    this.range = add(field, "input");
    Object.assign(this.range, { type: "range", min: "1", step: "1" });
    this.range.oninput = () => on.step(this.stepAt(Number(this.range.value)));
    this.forth = button(group, "▶", "A step on", () => on.step(this.stepAt(Number(this.range.value) + 1)));
    this.whole = button(group, "Whole tree", "Show the search as it ended", () => on.step(null));
  }

  /** The slider's last place is the search as it ended. */
  stepAt(place) {
    return place > this.steps ? null : Math.max(place, 1);
  }

  filter(filters, on) {
    const field = add(this.element, "label", "unroll-search-field", "Pruned");
    this.select = add(field, "select");
    for (const [name, words] of Object.entries(filters)) {
      const text = name === "best" ? words.replace("best", `best ${BEST}`) : words;
      Object.assign(add(this.select, "option", "", text), { value: name });
    }
    this.select.onchange = () => on.filter(this.select.value);
  }

  show(scene) {
    this.steps = scene.steps;
    this.range.max = String(scene.steps + 1);
    this.range.value = String(scene.step ?? scene.steps + 1);
    this.range.setAttribute("aria-valuetext", scene.step === null ? "the whole tree" : stepWords(scene));
    this.back.disabled = scene.step === 1;
    this.forth.disabled = scene.step === null;
    this.whole.setAttribute("aria-pressed", String(scene.step === null));
    this.select.value = scene.pruned;
    this.said.textContent = stepWords(scene);
  }
}
