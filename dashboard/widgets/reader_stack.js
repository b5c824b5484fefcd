/** Maps, the unit's line, time axis and range below each other, under one cursor. */

import { TimeAxis } from "./reader_axis.js";
import { UnitLine } from "./reader_line.js";
import { GateMap } from "./reader_map.js";
import { place, plot, timeAt } from "./reader_picture.js";
import { Range } from "./reader_range.js";
import { add } from "./reader_words.js";

const DRAG = 6; // pixels from which on a press is a drag
const WHEEL = 1.2;

export class Stack {
  /** `on` has point(t), choose(unit, t), zoom(first, stop), zoomAbout(t, factor). */
  constructor(parent, on) {
    this.on = on;
    this.element = add(parent, "div", "unroll-stack");
    this.element.tabIndex = 0;
    this.element.setAttribute("role", "group");
    this.pictures = add(this.element, "div", "unroll-pictures");
    this.line = new UnitLine(this.pictures);
    this.axis = new TimeAxis(this.pictures);
    this.maps = new Map();
    [this.brush, this.selection, this.cursor] = ["brush", "selection", "cursor"].map((name) => add(this.pictures, "div", `unroll-${name}`));
    this.selection.hidden = true;
    this.matches = add(this.pictures, "div", "unroll-match-marks");
    this.range = new Range(this.element, on.zoom);
    this.note = add(this.element, "p", "unroll-note");
    this.listen();
  }

  describe(gates) {
    for (const [gate, map] of this.maps) if (!gates.includes(gate)) this.forget(gate, map);
    for (const gate of gates) {
      if (!this.maps.has(gate)) this.maps.set(gate, new GateMap(this.pictures, gate));
      this.pictures.insertBefore(this.maps.get(gate).element, this.line.element);
    }
    this.gates = gates;
  }

  forget(gate, map) {
    map.element.remove();
    this.maps.delete(gate);
  }

  /** From the top down. */
  get all() {
    return [...this.gates.map((gate) => this.maps.get(gate)), this.line, this.axis];
  }

  draw(scene, look, strokes, height) {
    Object.assign(this, { scene, look });
    this.drawMaps(look, strokes, height);
    this.axis.draw(scene, look);
    this.range.show(scene, look);
    this.say(height);
    this.drawUnit(scene, look, strokes);
  }

  drawMaps(look, strokes, height) {
    for (const gate of this.gates) this.maps.get(gate).draw(this.scene, look, strokes[gate].title, height);
  }

  /** What depends on the unit alone. */
  drawUnit(scene, look, strokes) {
    this.line.draw(scene, look, this.gates, strokes);
    for (const map of this.maps.values()) map.markRow(scene, look);
    this.outline(scene);
    this.point(scene);
  }

  say(height) {
    const { scene, look } = this;
    const columns = Math.ceil(scene.span / Math.round(plot(look).width * look.ratio));
    const rows = Math.ceil((scene.bottom - scene.top) / Math.round(height * look.ratio));
    const holds = [columns > 1 ? `${columns} timesteps` : "", rows > 1 ? `${rows} units` : ""].filter(Boolean).join(" × ");
    const pooled = holds && `Each pixel holds up to ${holds}: the value farthest from its unit's mean is drawn. `;
    const every = this.axis.every > 1 ? `One symbol in ${this.axis.every} is written.` : "";
    this.note.textContent = `${pooled}${every}`;
  }

  point(scene) {
    this.span(this.cursor, scene.t, scene.t);
  }

  outline(scene) {
    this.brush.hidden = !scene.brush;
    if (scene.brush) this.span(this.brush, ...scene.brush);
    this.matches.replaceChildren();
    for (const [first, last] of scene.highlights) this.span(add(this.matches, "div"), first, last);
  }

  /** Lay an element over timesteps, both included, as far as they are in the window. */
  span(element, first, last) {
    const { scene, look } = this;
    const [from, to] = [Math.max(first, scene.first), Math.min(last + 1, scene.stop)];
    const isHidden = from >= to;
    element.style.visibility = isHidden ? "hidden" : "visible";
    if (isHidden) return;
    const [left, right] = [place(scene, look, from), place(scene, look, to)];
    Object.assign(element.style, { transform: `translateX(${left}px)`, width: `${Math.max(right - left, 1)}px` });
  }

  listen() {
    const { pictures } = this;
    pictures.onpointermove = (event) => this.move(event);
    pictures.onpointerleave = () => this.on.point(null);
    pictures.onpointerdown = (event) => this.press(event);
    pictures.onpointerup = (event) => this.release(event);
    pictures.onpointercancel = () => this.drop();
    pictures.ondblclick = () => this.scene && this.on.zoom(0, this.scene.steps);
    pictures.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  xOf(event) {
    return event.clientX - this.pictures.getBoundingClientRect().left;
  }

  timeOf(event) {
    return timeAt(this.scene, this.look, this.xOf(event));
  }

  move(event) {
    if (!this.scene) return;
    const t = this.timeOf(event);
    this.on.point(t);
    if (!this.start || event.pointerType === "touch" || Math.abs(this.xOf(event) - this.start.x) < DRAG) return;
    this.start.isDrag = true;
    this.selection.hidden = false;
    this.span(this.selection, Math.min(this.start.t, t), Math.max(this.start.t, t));
  }

  press(event) {
    if (!this.scene || event.button !== 0) return;
    this.start = { x: this.xOf(event), t: this.timeOf(event) };
    if (event.pointerType !== "touch") this.pictures.setPointerCapture(event.pointerId);
    this.element.focus({ preventScroll: true });
  }

  /** A click chooses the unit and pins the cursor; a drag zooms. */
  release(event) {
    const { start } = this;
    this.drop();
    if (!start) return;
    const t = this.timeOf(event);
    if (start.isDrag) this.on.zoom(Math.min(start.t, t), Math.max(start.t, t) + 1);
    else this.on.choose(this.unitAt(event), t);
  }

  drop() {
    this.start = null;
    this.selection.hidden = true;
  }

  /** The unit of the row under the pointer; null outside of the maps. */
  unitAt(event) {
    for (const map of this.maps.values()) {
      const row = map.rowAt(this.scene, event.clientY - map.canvas.getBoundingClientRect().top);
      if (row !== null) return this.scene.unitOf[row];
    }
    return null;
  }

  /** Over the axis, or with Ctrl (which a pinch sends), the wheel zooms; elsewhere it scrolls the page. */
  wheel(event) {
    const isZoom = event.ctrlKey || event.target === this.axis.canvas || this.range.element.contains(event.target);
    if (!this.scene || !isZoom) return;
    event.preventDefault();
    this.on.zoomAbout(this.timeOf(event), event.deltaY > 0 ? WHEEL : 1 / WHEEL);
  }
}
