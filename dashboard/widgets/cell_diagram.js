/** The host of the drawn cell: mounted once a page, it asks for a reading and steps through it by itself. */

import { Bar, Said } from "./cell_bar.js";
import { Drawing, legend } from "./cell_drawing.js";
import { Equations } from "./cell_equations.js";
import { saveCell } from "./cell_exports.js";
import { CellScene } from "./cell_scene.js";
import { brief, stepOf } from "./cell_steps.js";
import { write } from "./cell_symbols.js";
import { Ticker } from "./cell_ticker.js";
import { wordsFor } from "./cell_words.js";
import { exactPlane } from "./reader_feed.js";
import { Loader } from "./reader_loader.js";
import { channels, luminance, scalesOf } from "./reader_scales.js";
import { add, button } from "./reader_words.js";

const REPORT_MS = 400;
const ECHO_MS = 1500;
const PLAY_MS = 650;
const SPOKEN_MS = 600;
const STEPS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };
const UNITS = { ArrowUp: -1, ArrowDown: 1 };
const FIELDS = new Set(["INPUT", "SELECT", "BUTTON"]);
const PLACE = ["unit", "t"];
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
    Object.assign(this, { parent, scene: new CellScene(), given: {}, sentAt: -Infinity, part: null });
    const on = {
      data: () => this.drawSoon(),
      busy: (is) => this.element.classList.toggle("busy", is),
      trouble: (sentence) => this.tell(sentence),
    };
    this.loader = new Loader(this.scene, on, exactPlane);
    this.build();
    this.sizes = new ResizeObserver(() => this.drawSoon());
    this.sizes.observe(this.body);
  }

  build() {
    this.element = add(this.parent, "div", "unroll-cell");
    this.trouble = add(this.element, "div", "unroll-cell-trouble");
    this.trouble.setAttribute("role", "alert");
    this.sentence = add(this.trouble, "span");
    button(this.trouble, "Try again", "Ask the server again", () => this.loader.load());
    this.trouble.hidden = true;
    this.bar = new Bar(this.element, {
      step: (by) => this.go(this.scene.t + by),
      go: (t) => this.go(t),
      choose: (unit) => this.choose(unit),
      play: () => this.play(!this.playing),
      picture: () => this.savePicture(),
    });
    this.ticker = new Ticker(this.element, (t) => this.go(t));
    this.said = new Said(this.element);
    this.body = add(this.element, "div", "unroll-cell-body");
    const figure = add(this.body, "div", "unroll-cell-figure");
    this.drawing = new Drawing(figure, { part: (name) => this.point(name), unit: (...place) => this.overUnit(...place) });
    legend(figure);
    this.words = add(figure, "p", "unroll-cell-words");
    this.equations = new Equations(this.body, (name) => this.point(name));
    this.spoken = add(this.element, "p", "unroll-cell-spoken");
    this.spoken.setAttribute("aria-live", "polite");
    this.element.tabIndex = 0;
    this.element.setAttribute("role", "group");
    this.element.onkeydown = (event) => this.press(event);
  }

  update({ data, setStateValue }) {
    const { given, scene } = this;
    Object.assign(this, { setStateValue, given: data });
    this.element.setAttribute("aria-label", data.label);
    const isEcho = performance.now() - this.sentAt < ECHO_MS; // of an older place, while the person goes on
    for (const name of PLACE) if (data[name] !== given[name] && !isEcho) scene[name] = data[name];
    scene.question = data.question;
    scene.hold();
    this.loader.want(data.question, [], data.live);
    this.drawSoon();
  }

  drawSoon() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      if (this.scene.isWhole && this.body.clientWidth) this.draw();
    });
  }

  draw() {
    const { scene, given } = this;
    const look = this.measure();
    this.step = stepOf(scene, given.phi);
    this.element.classList.add("drawn");
    this.drawing.shape(scene.reading.kind, scene.isReverse, given.colors);
    this.drawing.show(scene, this.step, look);
    this.bar.show(scene);
    this.ticker.show(scene, look.scales[scene.memory]);
    this.said.show(scene);
    this.equations.show(scene, this.step);
    this.point(this.part);
    this.speak();
  }

  measure() {
    const style = getComputedStyle(this.parent);
    const token = (name, fallback) => style.getPropertyValue(`--st-${name}`).trim() || fallback;
    const paper = token("background-color", "#fff");
    const scales = scalesOf(luminance(channels(paper)) < 0.179);
    const { stops } = scales.hidden;
    this.element.style.setProperty("--negative", stops[0]);
    this.element.style.setProperty("--positive", stops.at(-1));
    return { ratio: window.devicePixelRatio || 1, ink: token("text-color", "#222"), font: token("font", "sans-serif"), paper, scales };
  }

  savePicture() {
    const { reading, t, unit } = this.scene;
    if (this.step) saveCell(this.drawing, this.measure(), `${reading.label}, unit ${unit}, t = ${t}`, `cell-unit-${unit}-t-${t}`);
  }

  /** A part is pointed at, in the drawing or among the equations; null: none. */
  point(name) {
    this.part = name;
    this.drawing.point(name);
    this.equations.point(name);
    if (this.step) write(this.words, wordsFor(name, this.scene, this.step));
  }

  /** The pointer is over a unit's square, or chooses it. */
  overUnit(unit, name, isChosen) {
    const { scene } = this;
    if (unit === null) return this.point(name);
    if (isChosen) return this.choose(unit);
    const { node } = this.drawing.parts.get(name);
    const value = scene.value(node.gate, unit, node.isBefore ? scene.before : scene.t);
    write(this.words, `Unit ${unit}: ${this.drawing.named(node.symbol)} = ${brief(value)}. ${unit === scene.unit ? "It is the one shown." : "Click to look at it."}`);
  }

  press(event) {
    const { key, target } = event;
    if (!this.scene.isWhole || event.ctrlKey || event.metaKey || event.altKey || FIELDS.has(target.tagName)) return;
    if (!(key in STEPS || key in UNITS || key === " ")) return;
    event.preventDefault();
    if (key === " ") this.play(!this.playing);
    else if (key in STEPS) this.go(this.scene.t + STEPS[key]);
    else this.choose(this.scene.unit + UNITS[key]);
  }

  /** Look at a timestep; whoever goes by hand ends the play. */
  go(t, isPlay = false) {
    if (!isPlay) this.play(false);
    this.move({ t });
  }

  choose(unit) {
    this.move({ unit });
  }

  move(place) {
    Object.assign(this.scene, place);
    this.scene.hold();
    this.drawSoon();
    this.report();
  }

  play(isPlaying) {
    clearInterval(this.playing);
    this.playing = isPlaying ? setInterval(() => this.advance(), PLAY_MS) : null;
    this.bar.play(isPlaying);
  }

  advance() {
    const { scene } = this;
    if (scene.t >= scene.reading.steps - 1) this.play(false);
    else this.go(scene.t + 1, true);
  }

  /** Let Python know of the place, once the person rests. */
  report() {
    clearTimeout(this.reporting);
    this.sentAt = performance.now();
    this.reporting = setTimeout(() => {
      this.sentAt = performance.now();
      this.setStateValue("place", { unit: this.scene.unit, t: this.scene.t });
    }, REPORT_MS);
  }

  /** For those who hear the page: once the step stands still. */
  speak() {
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => {
      const { reading, t, unit } = this.scene;
      const values = reading.gates.map((gate) => `${gate} ${brief(this.step[gate])}`);
      this.spoken.textContent = `t = ${t}, unit ${unit}, symbol ${reading.tokens[t]}: ${values.join(", ")}`;
    }, SPOKEN_MS);
  }

  tell(sentence) {
    this.trouble.hidden = sentence === null;
    this.sentence.textContent = sentence ?? "";
  }

  destroy() {
    this.loader.end();
    this.play(false);
    clearTimeout(this.reporting);
    clearTimeout(this.speaking);
    cancelAnimationFrame(this.frame);
    this.sizes.disconnect();
    this.element.remove();
  }
}
