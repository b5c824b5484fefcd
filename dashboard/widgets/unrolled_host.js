/** The host of the unrolled model: mounted once a page, it asks for the numbers and steps through them by itself. */

import { Bar, Said } from "./cell_bar.js";
import { Equations } from "./cell_equations.js";
import { saveCell } from "./cell_exports.js";
import { brief, stepOf } from "./cell_steps.js";
import { Refusal, answer } from "./reader_feed.js";
import { channels, luminance, scalesOf } from "./reader_scales.js";
import { add, button } from "./reader_words.js";
import { Chain, expectedHeight } from "./unrolled_chain.js";
import { UnrolledScene } from "./unrolled_scene.js";
import { Sums } from "./unrolled_sums.js";

const REPORT_MS = 400;
const ECHO_MS = 1500;
const PLAY_MS = 900;
const SPOKEN_MS = 600;
const STEPS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };
const UNITS = { ArrowUp: -1, ArrowDown: 1 };
const FIELDS = new Set(["INPUT", "SELECT", "BUTTON"]);
const PLACE = ["unit", "t", "layer", "direction"];
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
    Object.assign(this, { parent, scene: new UnrolledScene(), given: {}, sentAt: -Infinity });
    this.build();
    this.sizes = new ResizeObserver(() => this.drawSoon());
    this.sizes.observe(this.body);
  }

  build() {
    this.element = add(this.parent, "div", "unroll-unrolled unroll-cell");
    this.trouble = add(this.element, "div", "unroll-cell-trouble");
    this.trouble.setAttribute("role", "alert");
    this.sentence = add(this.trouble, "span");
    button(this.trouble, "Try again", "Ask the server again", () => this.load());
    this.trouble.hidden = true;
    this.bar = new Bar(this.element, {
      step: (by) => this.go(this.scene.t + by),
      go: (t) => this.go(t),
      choose: (unit) => this.move({ unit }),
      play: () => this.play(!this.playing),
      picture: () => this.savePicture(),
    });
    this.said = new Said(this.element);
    this.body = add(this.element, "div");
    this.chain = new Chain(this.body, (place) => this.pick(place));
    const below = add(this.body, "div", "unroll-unrolled-below");
    this.sums = new Sums(below);
    this.equations = new Equations(below, () => {});
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
    scene.hold();
    this.body.style.minHeight = `${expectedHeight(data.layers, data.directions)}px`;
    if (data.question !== given.question) this.load();
    this.drawSoon();
  }

  async load() {
    this.loading?.abort();
    const loading = (this.loading = new AbortController());
    this.element.classList.add("busy");
    try {
      const found = await answer(`/unroll/unrolled?${this.given.question}`, loading.signal);
      this.scene.take(await found.json());
      this.tell(null);
    } catch (error) {
      if (loading.signal.aborted) return;
      if (!(error instanceof Refusal)) console.warn(error);
      this.tell(error instanceof Refusal ? error.message : "The server does not answer.");
    }
    this.element.classList.remove("busy");
    this.drawSoon();
  }

  drawSoon() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      if (this.scene.passes && this.body.clientWidth) this.draw();
    });
  }

  draw() {
    const { scene } = this;
    const { phi } = scene.reading;
    this.step = stepOf(scene, phi);
    this.element.classList.add("drawn");
    this.bar.show(scene);
    this.said.show(scene);
    this.chain.show(scene, this.measure());
    this.sums.show(scene, phi);
    this.equations.show(scene, this.step);
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
    if (this.step) saveCell(this.chain, this.measure(), `${reading.label}, unit ${unit}, t = ${t}`, `unrolled-t-${t}`);
  }

  press(event) {
    const { key, target } = event;
    if (!this.scene.passes || event.ctrlKey || event.metaKey || event.altKey || FIELDS.has(target.tagName)) return;
    if (!(key in STEPS || key in UNITS || key === " ")) return;
    event.preventDefault();
    if (key === " ") this.play(!this.playing);
    else if (key in STEPS) this.go(this.scene.t + STEPS[key]);
    else this.move({ unit: this.scene.unit + UNITS[key] });
  }

  /** Look at a timestep; whoever goes by hand ends the play. */
  go(t) {
    this.play(false);
    this.move({ t });
  }

  pick(place) {
    this.play(false);
    this.move(place);
    this.element.focus({ preventScroll: true });
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

  /** One step in the direction in which the layer reads. */
  advance() {
    const { scene } = this;
    const next = scene.t + (scene.isReverse ? -1 : 1);
    if (next < 0 || next >= scene.reading.steps) this.play(false);
    else this.move({ t: next });
  }

  /** Let Python know of the place, once the person rests. */
  report() {
    clearTimeout(this.reporting);
    this.sentAt = performance.now();
    this.reporting = setTimeout(() => {
      this.sentAt = performance.now();
      this.setStateValue("place", Object.fromEntries(PLACE.map((name) => [name, this.scene[name]])));
    }, REPORT_MS);
  }

  /** For those who hear the page: once the step stands still. */
  speak() {
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => {
      const { reading, t, unit, layer } = this.scene;
      const values = reading.gates.map((gate) => `${gate} ${brief(this.step[gate])}`);
      this.spoken.textContent = `t = ${t}, layer ${layer + 1}, unit ${unit}, symbol ${reading.tokens[t]}: ${values.join(", ")}`;
    }, SPOKEN_MS);
  }

  tell(sentence) {
    this.trouble.hidden = sentence === null;
    this.sentence.textContent = sentence ?? "";
  }

  destroy() {
    this.loading?.abort();
    this.play(false);
    clearTimeout(this.reporting);
    clearTimeout(this.speaking);
    cancelAnimationFrame(this.frame);
    this.sizes.disconnect();
    this.element.remove();
  }
}
