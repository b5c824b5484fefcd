/** The row of controls above the maps: unit, timestep, rows, zoom, and what one takes home. */

import { add, button } from "./reader_words.js";

const ROWS = [["all units", Infinity], ["64 units", 64], ["16 units", 16]];

export class Toolbar {
  /** `on` has choose(unit, t), rows(count), zoomAbout(t, factor), zoom(first, stop), picture() and table(). */
  constructor(parent, on) {
    this.element = add(parent, "div", "unroll-reader-bar");
    this.unit = this.number("Unit", (unit) => on.choose(unit, this.scene.cursor));
    this.time = this.number("t", (t) => on.choose(this.scene.unit, t));
    this.rows(on);
    const zoom = add(this.element, "span", "unroll-reader-group");
    const about = (factor) => () => on.zoomAbout(this.scene.cursor, factor);
    button(zoom, "−", "Show more timesteps", about(1.5));
    button(zoom, "+", "Show fewer timesteps, larger", about(1 / 1.5));
    button(zoom, "Whole text", "Show all timesteps", () => on.zoom(0, this.scene.steps));
    this.state = add(this.element, "output", "unroll-reader-state");
    const take = add(this.element, "span", "unroll-reader-group");
    button(take, "PNG", "Save the maps as a picture", on.picture);
    button(take, "CSV", "Save all gates and states of this unit as a table", on.table);
  }

  number(label, onChange) {
    const field = add(this.element, "label", "unroll-reader-number", label);
    const input = add(field, "input");
    Object.assign(input, { type: "number", min: "0", step: "1" });
    input.onchange = () => {
      const most = Number(input.max);
      if (this.scene && input.value !== "" && most >= 0) onChange(Math.min(Math.max(Math.round(Number(input.value)), 0), most));
    };
    return input;
  }

  rows(on) {
    const field = add(this.element, "label", "unroll-reader-number", "Rows");
    const select = add(field, "select");
    ROWS.forEach(([text, count]) => Object.assign(add(select, "option", "", text), { value: String(count) }));
    select.onchange = () => on.rows(Number(select.value));
  }

  show(scene) {
    this.scene = scene;
    write(this.unit, scene.unit, scene.units - 1);
    write(this.time, scene.cursor, scene.steps - 1);
    const { label, step } = scene.reading ?? {};
    const shown = scene.span < scene.steps ? ` · t ${scene.first}–${scene.stop - 1} of ${scene.steps}` : ` · ${scene.steps} timesteps`;
    const when = step === null || step === undefined ? "" : ` at step ${step.toLocaleString("en")}`;
    this.state.textContent = label ? `${label}${when}${shown}` : "";
  }
}

function write(input, value, most) {
  input.max = String(most);
  if (document.activeElement !== input || Number(input.value) !== value) input.value = String(value);
}
