/** The drawn cell: its parts with their numbers, all units of each gate, and lines as wide as what goes along them. */

import { Geometry } from "./cell_geometry.js";
import { GRAPHS } from "./cell_graphs.js";
import { brief } from "./cell_steps.js";
import { draw, plain, writeDrawn } from "./cell_symbols.js";
import { drawUnits, squareSize, unitAt } from "./cell_units.js";
import { add, sign } from "./reader_words.js";

const NARROW = 600;
const THIN = 1.5;
const THICK = 7;
const GRID = [6, 42, 6]; // of a box, left and right, above, below its picture of all units
const LONGEST_TOKEN = 6;
const FINGER = 20; // pixels, which a square needs to be chosen by touch

export class Drawing {
  /** `on` has part(name or null), which is pointed at, and unit(unit, name, isChosen). */
  constructor(parent, on) {
    this.on = on;
    this.element = add(parent, "div", "unroll-cell-drawing");
    this.parts = new Map();
  }

  /** Draw the parts, unless they stand as they should. */
  shape(kind, isReverse, colors) {
    const isTall = this.element.clientWidth < NARROW;
    const shape = `${kind} ${isTall} ${isReverse}`;
    if (shape === this.drawn) return;
    Object.assign(this, { drawn: shape, before: isReverse ? "t+1" : "t−1", graph: GRAPHS[kind], colors, parts: new Map() });
    this.geometry = new Geometry(this.graph, isTall);
    const { width, height } = this.geometry;
    this.element.replaceChildren();
    this.element.classList.toggle("tall", isTall);
    this.svg = draw(this.element, "svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "The cell as a graph" });
    this.svg.style.maxWidth = `${1.25 * width}px`;
    this.wires = this.graph.wires.map((wire) => this.line(wire, "wire"));
    this.lines = this.graph.lines.map((line) => this.line(line, line.isGate ? "line gate" : "line"));
    for (const [name, node] of Object.entries(this.graph.nodes)) this.parts.set(name, this.node(name, node));
    this.canvas = add(this.element, "canvas");
    this.canvas.setAttribute("aria-hidden", "true");
  }

  line(given, name) {
    const { d, head } = this.geometry.line(given);
    const group = draw(this.svg, "g", { class: name });
    return { given, group, path: draw(group, "path", { d, fill: "none" }), head: draw(group, "path", { d: head, class: "head" }) };
  }

  node(name, node) {
    const [left, top, width, height] = this.geometry.frame(node);
    const group = draw(this.svg, "g", { class: `node ${node.shape}`, transform: `translate(${left} ${top})`, tabindex: 0, role: "img" });
    group.dataset.part = name;
    const color = this.colors[node.gate];
    if (color) group.style.setProperty("--part", color);
    draw(group, "rect", { width, height, rx: node.shape === "dot" ? width / 2 : 8 });
    const symbol = draw(group, "text", { class: "symbol", ...symbolPlace(node.shape, width, height) });
    writeDrawn(symbol, this.named(node.symbol));
    const number = node.shape === "dot" ? null : draw(group, "text", { class: "number", ...numberPlace(node.shape, width, height) });
    if (node.shape === "box") draw(group, "text", { class: "role", x: 8, y: 35 }).textContent = node.role;
    const frame = node.shape === "box" ? [left + GRID[0], top + GRID[1], width - 2 * GRID[0], height - GRID[1] - GRID[2]] : null;
    this.listen(group, name, frame);
    return { node, group, number, frame };
  }

  listen(group, name, frame) {
    group.onpointerenter = group.onfocus = () => this.on.part(name);
    group.onpointerleave = group.onblur = () => this.on.part(null);
    if (!frame) return;
    group.onpointermove = (event) => this.on.unit(this.unitUnder(event, frame), name, false);
    group.onclick = (event) => {
      const isTooFine = event.pointerType === "touch" && squareSize(this.units, frame) < FINGER;
      if (!isTooFine) this.on.unit(this.unitUnder(event, frame), name, true);
    };
  }

  /** The unit whose square is under the pointer; null: none. */
  unitUnder(event, [left, top, width, height]) {
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    return unitAt(this.units, [width, height], [(place.x - left) / width, (place.y - top) / height]);
  }

  named(symbol) {
    return symbol.replace("{b}", `{${this.before}}`);
  }

  /** Put in the numbers of a step. */
  show(scene, step, look) {
    this.units = scene.reading.units;
    const { handled } = scene;
    for (const [name, part] of this.parts) this.fill(name, part, step, scene, handled);
    const most = Math.max(0, ...step.memory.filter(Number.isFinite).map(Math.abs));
    for (const line of this.lines) weigh(line, step[line.given.number], line.given.isMemory ? most : 1);
    this.paint(scene, look);
  }

  fill(name, { node, group, number }, step, scene, handled) {
    const value = node.shape === "token" ? token(scene) : step[name];
    if (number) number.textContent = node.shape === "token" ? value : brief(value);
    const isChanged = node.shape === "token" ? scene.isEdited : !node.isBefore && handled.has(name);
    group.classList.toggle("by-hand", isChanged);
    const said = node.shape === "dot" ? "" : ` = ${node.shape === "token" ? value : brief(value)}`;
    group.setAttribute("aria-label", `${plain(this.named(node.symbol))}${said}${node.role ? `, ${node.role}` : ""}${isChanged ? ", by hand" : ""}`);
  }

  /** All units of each gate and state, at the pixels of the screen. */
  paint(scene, { ratio, scales, ink, paper }) {
    const box = this.svg.getBoundingClientRect();
    const scale = (box.width / this.geometry.width) * ratio;
    Object.assign(this.canvas, { width: Math.round(box.width * ratio), height: Math.round(box.height * ratio) });
    Object.assign(this.canvas.style, { width: `${box.width}px`, height: `${box.height}px` });
    const context = this.canvas.getContext("2d");
    for (const { node, frame } of this.parts.values()) {
      if (!node.gate) continue;
      const values = scene.column(node.gate, node.isBefore ? scene.before : scene.t);
      drawUnits(context, values, scales[node.gate], frame.map((size) => size * scale), scene.unit, ink, paper);
    }
  }

  /** Make a part stand out, or none. */
  point(name) {
    for (const [other, { group }] of this.parts) group.classList.toggle("pointed", other === name);
  }
}

/** What colours, widths and squares mean. */
export function legend(parent) {
  const element = add(parent, "p", "unroll-cell-legend");
  for (const [name, text] of [["negative", "below 0"], ["positive", "above 0"], ["gate", "a gate"]]) {
    add(add(element, "span", name), "i");
    element.lastChild.append(text);
  }
  add(element, "span", "", "squares: all units, click one to look at it");
  add(element, "span", "", "width: its size beside 1; of the memory, beside its largest number here");
}

function token(scene) {
  const text = sign(scene.reading.tokens[scene.t]);
  return text.length > LONGEST_TOKEN ? `${text.slice(0, LONGEST_TOKEN - 1)}…` : text;
}

/** A line's width by its number beside the largest, its colour by the sign. */
function weigh({ group, path }, value, most) {
  const share = most > 0 ? Math.min(Math.abs(value) / most, 1) : 0;
  path.setAttribute("stroke-width", Number.isNaN(share) ? THIN : THIN + (THICK - THIN) * share);
  group.classList.toggle("negative", value < 0);
  group.classList.toggle("positive", value > 0);
  group.classList.toggle("no-number", Number.isNaN(value));
}

function symbolPlace(shape, width, height) {
  if (shape === "box") return { x: 8, y: 19 };
  if (shape === "token") return { x: 8, y: height / 2 + 5 };
  return { x: width / 2, y: shape === "act" ? 14 : height / 2 + 6, "text-anchor": "middle" };
}

function numberPlace(shape, width, height) {
  if (shape === "act") return { x: width / 2, y: height - 6, "text-anchor": "middle" };
  return { x: width - 8, y: shape === "box" ? 19 : height / 2 + 5, "text-anchor": "end" };
}
