/** The host of the search tree: mounted once a page, it asks for a search and goes through it by itself. */

import { CanvasPen } from "./search_pens.js";
import { Drawing } from "./search_drawing.js";
import { saveDrawing, savePicture } from "./search_exports.js";
import { Refusal, following, search } from "./search_feed.js";
import { Gestures } from "./search_gestures.js";
import { Inspector, canExplore } from "./search_inspector.js";
import { press, walked } from "./search_keys.js";
import { Layout } from "./search_layout.js";
import { Legend } from "./search_legend.js";
import { Scene } from "./search_scene.js";
import { sightOf } from "./search_sight.js";
import { Toolbar } from "./search_toolbar.js";
import { Viewport } from "./search_viewport.js";
import { fateOf } from "./search_words.js";
import { add, button, percent, sign } from "./reader_words.js";

const REPORT_MS = 400;
const ECHO_MS = 1500;
const REST_MS = 180; // on a node, before it is asked what may follow
const EXPLORED = 5; // tokens of an exploration
const hosts = new WeakMap();

/** Called by Streamlit at the first run, and again whenever data or theme change; returns what ends it. */
export function mount(component) {
  const { parentElement } = component;
  if (!hosts.has(parentElement)) hosts.set(parentElement, new Host(parentElement, component.data));
  const host = hosts.get(parentElement);
  host.update(component);
  return () => {
    host.destroy();
    hosts.delete(parentElement);
  };
}

class Host {
  constructor(parent, data) {
    Object.assign(this, { parent, scene: new Scene(), viewport: new Viewport(), given: {}, sentAt: -Infinity });
    this.build(data.filters);
    this.sizes = new ResizeObserver(() => this.resize());
    this.sizes.observe(this.plane);
  }

  build(filters) {
    this.element = add(this.parent, "div", "unroll-search");
    this.toolbar = new Toolbar(this.element, filters, {
      step: (step) => this.goTo(step),
      filter: (pruned) => this.rearrange({ pruned }, true),
      zoom: (factor) => this.zoom(factor),
      fit: () => this.fit(),
      svg: () => saveDrawing(...this.taken),
      png: () => savePicture(...this.taken),
    });
    this.trouble = add(this.element, "div", "unroll-search-trouble");
    this.trouble.setAttribute("role", "alert");
    this.sentence = add(this.trouble, "span");
    button(this.trouble, "Try again", "Ask the server again", () => this.load());
    this.trouble.hidden = true;
    const body = add(this.element, "div", "unroll-search-body");
    this.buildPlane(body);
    const on = { force: () => this.force(), explore: () => this.explore(), fold: () => this.fold(this.scene.cursor), leave: () => this.plane.focus() };
    this.inspector = new Inspector(body, on);
    this.legend = new Legend(this.element);
    this.spoken = add(this.element, "p", "unroll-search-spoken");
    this.spoken.setAttribute("aria-live", "polite");
  }

  buildPlane(body) {
    this.plane = add(body, "div", "unroll-search-plane");
    Object.assign(this.plane, { tabIndex: 0 });
    this.plane.setAttribute("role", "application");
    this.canvas = add(this.plane, "canvas");
    this.canvas.setAttribute("aria-hidden", "true");
    new Gestures(this.plane, {
      pan: (right, down) => this.move(() => this.viewport.pan(right, down)),
      zoom: (factor, at) => this.move(() => this.viewport.zoom(factor, at)),
      click: (at) => this.click(at),
      fold: (at) => this.fold(this.found(at)?.item.node),
      point: (at) => this.plane.classList.toggle("pointing", Boolean(at && this.found(at))),
    });
    const on = {
      walk: (way) => this.choose(walked(way, this.scene, this.layout)),
      inspect: () => this.inspector.element.focus(),
      fold: () => this.fold(this.scene.cursor),
      step: (by) => this.goTo(this.toolbar.stepAt((this.scene.step ?? this.scene.steps + 1) + by)),
      zoom: (factor) => this.zoom(factor),
      fit: () => this.fit(),
    };
    this.plane.onkeydown = (event) => this.layout && event.target === this.plane && press(event, on);
  }

  update({ data, setStateValue, setTriggerValue }) {
    const { given, scene } = this;
    Object.assign(this, { setStateValue, setTriggerValue, given: data });
    this.element.style.setProperty("--height", `${data.height}px`);
    this.plane.setAttribute("aria-label", data.label);
    const isEcho = performance.now() - this.sentAt < ECHO_MS; // of an older place, while the person goes on
    const isNew = (name) => `${data[name]}` !== `${given[name]}` && !isEcho;
    if (isNew("step")) scene.step = data.step;
    if (isNew("pruned")) scene.pruned = data.pruned;
    if (isNew("node")) this.wanted = data.node;
    if (data.question !== given.question) this.load();
    else if (this.layout) this.arrange();
  }

  async load() {
    this.loading?.abort();
    const loading = (this.loading = new AbortController());
    const { question } = this.given;
    this.element.classList.add("busy");
    try {
      const answer = await search(question, loading.signal);
      this.tell(null);
      this.take(answer, question);
    } catch (error) {
      if (loading.signal.aborted) return;
      if (!(error instanceof Refusal)) console.warn(error);
      this.tell(error instanceof Refusal ? error.message : "The server does not answer.");
    }
    this.element.classList.remove("busy");
  }

  take(answer, question) {
    const { scene } = this;
    scene.take(answer, new URLSearchParams(question).get("method"));
    this.shown = question;
    this.hasBegun = false;
    this.arrange();
    this.element.classList.add("drawn");
  }

  /** Anew what has a place and where, then draw. */
  arrange() {
    const { scene } = this;
    if (this.wanted) scene.cursor = scene.find(this.wanted) ?? scene.cursor;
    this.wanted = null;
    scene.hold();
    const isRanked = scene.step !== null && !scene.isOneByOne;
    this.layout = new Layout(sightOf(scene), isRanked ? scene.step : null);
    this.toolbar.show(scene);
    this.legend.show(scene, this.measure());
    this.inspect();
    this.begin();
    this.drawSoon();
  }

  /** The first look at a search, once the picture has a size. */
  begin() {
    const { viewport, layout, scene } = this;
    if (this.hasBegun || viewport.width <= 1) return;
    this.hasBegun = true;
    viewport.begin(layout, layout.byNode.get(scene.root));
    this.revealStep();
  }

  /** Have in sight what came at the step that is shown. */
  revealStep() {
    const { layout, scene, viewport } = this;
    const latest = layout.items.filter((item) => item.node.known === scene.step);
    if (latest.length) viewport.reveal(latest.reduce((top, item) => (item.y < top.y ? item : top)));
  }

  rearrange(change, isReported) {
    Object.assign(this.scene, change);
    this.arrange();
    if (isReported) this.report();
  }

  goTo(step) {
    this.rearrange({ step }, true);
    this.revealStep();
    this.speakSoon();
  }

  resize() {
    this.viewport.resize(this.plane.clientWidth, this.plane.clientHeight);
    if (!this.layout) return;
    this.begin();
    this.drawSoon();
  }

  drawSoon() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      if (this.layout && this.plane.clientWidth) this.draw();
    });
  }

  draw() {
    const { canvas, viewport, scene, layout } = this;
    const look = this.measure();
    const { ratio } = look;
    const [width, height] = [Math.round(viewport.width * ratio), Math.round(viewport.height * ratio)];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    const scale = viewport.scale * ratio;
    context.setTransform(scale, 0, 0, scale, -viewport.x * scale, -viewport.y * scale);
    new Drawing(new CanvasPen(context, look), scene, layout, look, viewport.scale, viewport.view).draw(scene.leaders);
  }

  measure() {
    const style = getComputedStyle(this.parent);
    const token = (name, fallback) => style.getPropertyValue(`--st-${name}`).trim() || fallback;
    return {
      ratio: window.devicePixelRatio || 1,
      ink: token("text-color", "#222"),
      line: token("border-color", "#ccc"),
      paper: token("background-color", "#fff"),
      font: token("font", "sans-serif"),
      mono: token("code-font", "monospace"),
      colors: this.given.colors,
    };
  }

  get taken() {
    return [this.scene, this.layout, this.measure(), this.scene.leaders, "search-tree"];
  }

  found(at) {
    return this.layout?.at(...this.viewport.point(at)) ?? null;
  }

  click(at) {
    const found = this.found(at);
    if (!found) return;
    if (found.isStub) this.open(found.item);
    else this.choose(found.item.node);
  }

  /** Show all listed children of a node whose children are counted. */
  open({ node, stub }) {
    this.scene.cursor = node;
    if (stub.canOpen) {
      this.scene.folded.delete(node);
      this.scene.opened.add(node);
    }
    this.arrange();
    this.report();
  }

  choose(node) {
    if (!node) return;
    this.scene.cursor = node;
    this.inspect();
    const item = this.layout.byNode.get(node);
    if (item) this.viewport.reveal(item);
    this.drawSoon();
    this.speakSoon();
    this.report();
  }

  fold(node) {
    const { folded, opened } = this.scene;
    if (!node?.children.length) return;
    if (!folded.delete(node)) folded.add(node);
    opened.delete(node);
    this.scene.cursor = node;
    this.arrange();
    this.speakSoon();
  }

  zoom(factor) {
    const { width, height } = this.viewport;
    this.move(() => this.viewport.zoom(factor, [width / 2, height / 2]));
  }

  fit() {
    this.move(() => this.viewport.fit(this.layout));
  }

  move(change) {
    if (!this.layout) return;
    change();
    this.drawSoon();
  }

  /** Show the cursor's node; what may follow is asked once the person rests on it. */
  inspect() {
    this.inspector.show(this.scene, this.measure());
    clearTimeout(this.asking);
    this.asked?.abort();
    this.asking = setTimeout(() => this.askNext(this.scene.cursor), REST_MS);
  }

  async askNext(node) {
    const { scene, inspector } = this;
    const hasEnded = node.token === scene.answer.end;
    const about = hasEnded ? node.parent : node;
    const asked = (this.asked = new AbortController());
    try {
      const next = await following(this.shown, scene.path(about), asked.signal);
      const title = hasEnded ? "It has ended; what could have come instead" : "What may follow";
      if (scene.cursor === node) inspector.bars.show(scene, about, next, this.measure(), title);
    } catch (error) {
      if (!asked.signal.aborted) inspector.bars.tell(error instanceof Refusal ? error.message : "The server does not answer.");
    }
  }

  /** Ask the model for what the search did not look at. */
  async explore() {
    const { scene } = this;
    const node = scene.cursor;
    if (!canExplore(node, scene.answer.end)) return;
    try {
      scene.explore(node, await following(this.shown, scene.path(node)), EXPLORED);
      this.arrange();
      const first = this.layout.byNode.get(node.children.at(0));
      if (first) this.viewport.reveal(first);
      this.tell(null);
    } catch (error) {
      this.tell(error instanceof Refusal ? error.message : "The server does not answer.");
    }
  }

  force() {
    this.setTriggerValue("forced", this.scene.path(this.scene.cursor));
  }

  /** Let Python know of the place, once the person rests. */
  report() {
    clearTimeout(this.reporting);
    this.sentAt = performance.now();
    this.reporting = setTimeout(() => {
      const { scene } = this;
      this.sentAt = performance.now();
      this.setStateValue("place", { node: scene.path(scene.cursor), step: scene.step, pruned: scene.pruned });
    }, REPORT_MS);
  }

  /** For those who hear the page. */
  speakSoon() {
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => {
      const { scene } = this;
      const node = scene.cursor;
      const what = node.parent ? `${sign(scene.symbol(node))}, ${percent(scene.probability(node))}, token ${node.step}. ` : "";
      this.spoken.textContent = what + fateOf(node, scene.status(node));
    }, REPORT_MS);
  }

  tell(sentence) {
    this.trouble.hidden = sentence === null;
    this.sentence.textContent = sentence ?? "";
  }

  destroy() {
    this.loading?.abort();
    this.asked?.abort();
    for (const timer of [this.asking, this.reporting, this.speaking]) clearTimeout(timer);
    cancelAnimationFrame(this.frame);
    this.sizes.disconnect();
    this.element.remove();
  }
}
