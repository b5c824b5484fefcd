/** One unit's step taken apart: what comes from the symbol, what from the state, and what becomes of their sum. */

import { brief } from "./cell_steps.js";
import { write } from "./cell_symbols.js";
import { add } from "./reader_words.js";

const SYMBOLS = { input: "i", forget: "f", candidate: "g", output: "o", reset: "r", update: "z", new: "n", hidden: "h_{t}" };
const BY_TANH = new Set(["candidate", "new"]);
const SHOWN_TERMS = 3;

export class Sums {
  constructor(parent) {
    this.element = add(parent, "section", "unroll-sums");
    this.element.setAttribute("aria-label", "The sums of this step");
    this.title = add(this.element, "p", "unroll-sums-title");
    this.table = add(this.element, "table");
    this.reading = add(this.element, "p", "unroll-sums-reading");
    this.terms = add(this.element, "p", "unroll-sums-note");
    this.shapes = add(this.element, "p", "unroll-sums-note");
    this.gate = null;
  }

  show(scene, phi) {
    const gates = [...scene.pass.from_input.keys()];
    if (!gates.includes(this.gate)) this.gate = gates[0];
    const before = scene.isReverse ? "t+1" : "t−1";
    write(this.title, `Unit ${scene.unit} at t = ${scene.t}: what the symbol says, and what the state says`);
    this.table.replaceChildren();
    this.head(before);
    const body = add(this.table, "tbody");
    const most = Math.max(...gates.flatMap((gate) => scene.sums(gate).map(Math.abs)), 1e-9);
    for (const gate of gates) this.row(body, scene, gate, phi, most);
    write(this.reading, readingOf(scene, this.gate, before));
    this.say(scene, before);
  }

  /** Look at the next gate of the table. */
  advance(scene) {
    const gates = [...scene.pass.from_input.keys()];
    this.gate = gates[(gates.indexOf(this.gate) + 1) % gates.length];
    this.show(scene, scene.reading.phi);
  }

  head(before) {
    const row = add(add(this.table, "thead"), "tr");
    for (const text of ["", "W x_{t} + b", `U h_{${before}} + b′`, "sum", ""]) write(add(row, "th"), text);
  }

  row(body, scene, gate, phi, most) {
    const [given, kept] = scene.sums(gate);
    const reset = gate === "new" ? scene.value("reset", scene.unit, scene.t) : 1;
    const total = given + reset * kept;
    const bend = gate === "hidden" ? phi : BY_TANH.has(gate) ? "tanh" : "σ";
    const row = add(body, "tr", gate === this.gate ? "chosen" : "");
    write(add(row, "th"), SYMBOLS[gate]);
    bar(add(row, "td"), given, most);
    bar(add(row, "td"), kept, most);
    if (gate === "new") row.lastChild.append(` × r ${brief(reset)}`);
    add(row, "td", "", brief(total));
    add(row, "td", "bent", `${bend === "identity" ? "" : bend} → ${brief(scene.value(gate, scene.unit, scene.t))}`);
    row.onclick = () => {
      this.gate = gate;
      this.show(scene, phi);
    };
  }

  say(scene, before) {
    const { shapes } = scene.pass;
    const [rows, width] = shapes.input;
    const { units, parameters, steps } = scene.reading;
    const terms = scene.terms(this.gate).slice(0, SHOWN_TERMS);
    const written = terms.map(({ unit, weight, value }) => `${brief(weight)} × ${brief(value)} (unit ${unit})`).join(", ");
    write(this.terms, terms.length ? `Largest of the ${units} products in U h_{${before}} for ${SYMBOLS[this.gate]}: ${written}.` : "");
    this.terms.hidden = terms.length === 0;
    write(this.shapes, `Shapes: x_{t} (${width}), W (${rows} × ${width}), h_{${before}} (${units}), U (${rows} × ${units}). The model's ${parameters.toLocaleString("en")} recurrent numbers are the same at all ${steps} timesteps.`);
  }
}

/** What the sums of a gate say, and how far the state moved. */
function readingOf(scene, gate, before) {
  const [given, kept] = scene.sums(gate);
  const heavier = Math.abs(given) > Math.abs(kept) ? "the symbol" : "the state";
  const [old, now] = [scene.before, scene.t].map((t) => scene.value(scene.memory, scene.unit, t));
  const memory = scene.memory === "cell" ? "c" : "h";
  return `In ${SYMBOLS[gate]} ${heavier} weighs more: ${brief(given)} from x_{t}, ${brief(kept)} from h_{${before}}. The unit's memory ${memory} goes from ${brief(old)} to ${brief(now)}.`;
}

function bar(cell, value, most) {
  cell.className = value < 0 ? "bar negative" : "bar positive";
  cell.style.setProperty("--share", `${(50 * Math.abs(value)) / most}%`);
  add(cell, "span", "", brief(value));
}
