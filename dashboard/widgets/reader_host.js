/** The host of the reader: mounted once a page, it asks for a reading and its planes and moves the cursor by itself. */

import { saveLine, savePicture } from "./reader_exports.js";
import { Keys } from "./reader_keys.js";
import { Loader } from "./reader_loader.js";
import { Readout } from "./reader_readout.js";
import { channels, luminance } from "./reader_scales.js";
import { Scene } from "./reader_scene.js";
import { Stack } from "./reader_stack.js";
import { TextLens } from "./reader_text.js";
import { Toolbar } from "./reader_toolbar.js";
import { add, button } from "./reader_words.js";

const REPORT_MS = 400;
const ECHO_MS = 1500;
const PLACE = ["unit", "cursor", "brush"];
const hosts = new WeakMap();

/** Called by Streamlit at the first run, and again whenever data or theme change; returns what ends it. */
export function mount(component) {
  const { parentElement } = component;
  if (!hosts.has(parentElement)) hosts.set(parentElement, new Host(parentElement));
  const host = hosts.get(parentElement);
  host.update(component);
  return () => {
    host.destroy();
    hosts.delete(parentElement);
  };
}

class Host {
  constructor(parent) {
    this.parent = parent;
    this.scene = new Scene();
    this.given = {};
    this.sentAt = -Infinity;
    this.stale = new Set();
    this.loader = new Loader(this.scene, {
      data: (part) => this.drawSoon(part),
      busy: (is) => this.element.classList.toggle("busy", is),
      trouble: (sentence) => this.tell(sentence),
    });
    this.build();
    this.sizes = new ResizeObserver(() => this.drawSoon("all"));
    this.sizes.observe(this.stack.element);
  }

  build() {
    const { scene } = this;
    const on = {
      point: (t) => this.hover(t),
      pin: (t, follows) => this.choose(scene.unit, t, follows),
      choose: (unit, t) => this.choose(unit ?? scene.unit, t, true),
      brush: (span) => this.brush(span),
      rows: (count) => this.move(() => (scene.rows = count)),
      zoom: (first, stop) => this.move(() => scene.zoom(first, stop)),
      zoomAbout: (t, factor) => this.move(() => scene.zoomAbout(t, factor)),
      picture: () => savePicture(this.stack.all, this.look, this.title, "gates"),
      table: () => saveLine(scene, this.given.question, "gates").catch((error) => this.tell(error.message)),
    };
    this.element = add(this.parent, "div", "unroll-reader empty");
    this.toolbar = new Toolbar(this.element, on);
    this.trouble = add(this.element, "div", "unroll-reader-trouble");
    this.trouble.setAttribute("role", "alert");
    this.sentence = add(this.trouble, "span");
    button(this.trouble, "Try again", "Ask the server again", () => this.loader.load());
    this.trouble.hidden = true;
    const body = add(this.element, "div", "unroll-reader-body");
    const pictures = add(body, "div", "unroll-reader-pictures");
    this.lens = new TextLens(pictures, on);
    this.stack = new Stack(pictures, on);
    this.readout = new Readout(body);
    const keys = new Keys(scene, on);
    for (const element of [this.stack.element, this.lens.text]) element.onkeydown = (event) => keys.press(event);
  }

  update({ data, setStateValue }) {
    const { given, scene } = this;
    Object.assign(this, { setStateValue, given: data });
    this.stack.describe(data.gates);
    this.stack.element.setAttribute("aria-label", data.label);
    const isEcho = performance.now() - this.sentAt < ECHO_MS; // of an older place, while the person goes on
    for (const name of PLACE) if (`${data[name]}` !== `${given[name]}` && !isEcho) scene[name] = data[name];
    scene.highlights = data.highlights;
    if (`${data.order}` !== `${given.order}`) scene.useOrder(data.order);
    scene.hold();
    this.loader.want(data.question, data.gates, data.live);
    this.drawSoon("all");
  }

  /** What drawing needs to know of the page: its width, its pixels and the theme's colours. */
  measure() {
    const style = getComputedStyle(this.parent);
    const token = (name, fallback) => style.getPropertyValue(`--st-${name}`).trim() || fallback;
    const paper = token("background-color", "#fff");
    return {
      width: this.stack.element.clientWidth,
      ratio: window.devicePixelRatio || 1,
      ink: token("text-color", "#222"),
      line: token("border-color", "#ccc"),
      alert: token("red-text-color", "#c00"),
      font: token("font", "sans-serif"),
      mono: token("code-font", "monospace"),
      paper,
      isDark: luminance(channels(paper)) < 0.179,
    };
  }

  get title() {
    const { label, step } = this.scene.reading ?? {};
    return `${label ?? ""}${step === null || step === undefined ? "" : ` at step ${step}`}`;
  }

  /** Draw in the next frame what is stale: "all"; a "map" whose plane came; what depends on the "unit"; the "cursor". The "text"
   * comes a frame after all. */
  drawSoon(part) {
    this.stale.add(part);
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      const { stale } = this;
      this.stale = new Set();
      this.look = this.measure();
      if (!this.look.width) return;
      if (stale.has("all")) this.drawAll();
      else {
        if (stale.has("map")) this.stack.drawMaps(this.look, this.given.strokes, this.given.height);
        if (stale.has("unit")) this.drawUnit();
        else if (stale.has("text")) this.drawText();
      }
      this.point();
    });
  }

  drawAll() {
    const { scene, look, given } = this;
    scene.useTheme(look.isDark);
    this.stack.draw(scene, look, given.strokes, given.height);
    if (!scene.reading) return;
    this.element.classList.remove("empty");
    this.readout.describe(scene.reading.gates, given.strokes);
    this.drawSoon("text");
  }

  drawUnit() {
    this.stack.drawUnit(this.scene, this.look, this.given.strokes);
    this.drawText();
  }

  drawText() {
    const { scene, given } = this;
    this.lens.write(scene);
    this.lens.color(scene, { gate: given.lens, title: given.strokes[given.lens]?.title ?? "" });
    this.lens.outline(scene);
  }

  point() {
    const { scene } = this;
    this.toolbar.show(scene);
    if (!scene.reading) return;
    this.stack.point(scene);
    this.readout.show(scene);
    this.lens.point(scene, this.follows);
    this.follows = false;
  }

  /** The pointer is at t; null: it left. */
  hover(t) {
    if (this.scene.hover === t) return;
    this.scene.hover = t;
    this.drawSoon("cursor");
  }

  /** Choose unit and timestep for good; `follows`: the text scrolls there. */
  choose(unit, t, follows = false) {
    const { scene } = this;
    if (!scene.reading) return;
    const isOther = unit !== scene.unit;
    Object.assign(scene, { unit, cursor: t, hover: null });
    this.follows ||= follows;
    const hasMoved = [scene.keepInSight(t), scene.keepRowInSight()].some(Boolean);
    this.drawSoon(hasMoved ? "all" : isOther ? "unit" : "cursor");
    this.report();
  }

  brush(span) {
    this.scene.brush = span;
    this.stack.outline(this.scene);
    this.lens.outline(this.scene);
    this.report();
  }

  move(change) {
    if (!this.scene.reading) return;
    change();
    this.scene.keepRowInSight();
    this.drawSoon("all");
  }

  /** Let Python know of the place, once the person rests. */
  report() {
    clearTimeout(this.reporting);
    this.reporting = setTimeout(() => {
      this.sentAt = performance.now();
      const { unit, cursor, brush } = this.scene;
      this.setStateValue("place", { unit, cursor, brush });
    }, REPORT_MS);
    this.sentAt = performance.now();
  }

  tell(sentence) {
    this.trouble.hidden = sentence === null;
    this.sentence.textContent = sentence ?? "";
  }

  destroy() {
    this.loader.end();
    this.readout.end();
    clearTimeout(this.reporting);
    cancelAnimationFrame(this.frame);
    this.sizes.disconnect();
    this.element.remove();
  }
}
