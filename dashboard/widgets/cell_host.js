/** What hosts have in common that step through a reading: buttons, keys, play, and the place that Python hears of. */

import { Bar } from "./cell_bar.js";
import { saveCell } from "./cell_exports.js";
import { brief } from "./cell_steps.js";
import { channels, luminance, scalesOf } from "./reader_scales.js";
import { add, button } from "./reader_words.js";

const REPORT_MS = 400;
const ECHO_MS = 1500;
const PLAY_MS = 650;
const SPOKEN_MS = 600;
const STEPS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };
const UNITS = { ArrowUp: -1, ArrowDown: 1 };
const FIELDS = new Set(["INPUT", "SELECT", "BUTTON"]);

/** What Streamlit calls at the first run, and again whenever data or theme change; it returns what ends the host. */
export function mounting(Host) {
  const hosts = new WeakMap();
  return function mount(component) {
    const { parentElement } = component;
    if (!hosts.has(parentElement)) hosts.set(parentElement, new Host(parentElement));
    const host = hosts.get(parentElement);
    host.update(component);
    return () => {
      host.destroy();
      hosts.delete(parentElement);
    };
  };
}

/** A kind of host has buildBody(), which sets `body`, ask(data), load(), draw(look) and drawing, which can be saved. */
export class SteppingHost {
  /** `place` names what of the scene says where one looks. */
  constructor(parent, scene, place) {
    Object.assign(this, { parent, scene, place, given: {}, sentAt: -Infinity });
    this.build();
    this.sizes = new ResizeObserver(() => this.drawSoon());
    this.sizes.observe(this.body);
  }

  build() {
    this.element = add(this.parent, "div", "unroll-cell");
    this.trouble = add(this.element, "div", "unroll-cell-trouble");
    this.trouble.setAttribute("role", "alert");
    this.sentence = add(this.trouble, "span");
    button(this.trouble, "Try again", "Ask the server again", () => this.load());
    this.trouble.hidden = true;
    this.bar = new Bar(this.element, {
      step: (by) => this.go(this.scene.t + by),
      go: (t) => this.go(t),
      choose: (unit) => this.choose(unit),
      play: () => this.play(!this.playing),
      picture: () => this.savePicture(),
    });
    this.buildBody();
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
    for (const name of this.place) if (data[name] !== given[name] && !isEcho) scene[name] = data[name];
    scene.hold();
    this.ask(data, given);
    this.drawSoon();
  }

  drawSoon() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      if (!this.scene.isWhole || !this.body.clientWidth) return;
      this.draw(this.measure());
      this.element.classList.add("drawn");
      this.bar.show(this.scene);
      this.speak();
    });
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
  go(t) {
    this.play(false);
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
      this.setStateValue("place", Object.fromEntries(this.place.map((name) => [name, this.scene[name]])));
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
    this.play(false);
    clearTimeout(this.reporting);
    clearTimeout(this.speaking);
    cancelAnimationFrame(this.frame);
    this.sizes.disconnect();
    this.element.remove();
  }
}
