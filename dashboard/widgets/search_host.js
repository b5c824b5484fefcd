/** The host of the search tree: mounted once a page, it asks for a search and goes through it by itself. */

import { saveDrawing, savePicture } from "./search_exports.js";
import { attention, following, search } from "./search_feed.js";
import { Inspector, canExplore } from "./search_inspector.js";
import { Layout } from "./search_layout.js";
import { Legend } from "./search_legend.js";
import { lookOf } from "./search_look.js";
import { Plane } from "./search_plane.js";
import { Scene } from "./search_scene.js";
import { sightOf } from "./search_sight.js";
import { Toolbar } from "./search_toolbar.js";
import { Trouble } from "./search_trouble.js";
import { spokenOf } from "./search_words.js";
import { add, button } from "./reader_words.js";

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
    Object.assign(this, { parent, scene: new Scene(), given: {}, sentAt: -Infinity });
    this.build(data.filters);
  }

  build(filters) {
    this.element = add(this.parent, "div", "unroll-search");
    this.toolbar = new Toolbar(this.element, filters, {
      step: (step) => this.goTo(step),
      filter: (pruned) => this.rearrange({ pruned }),
      zoom: (factor) => this.plane.zoom(factor),
      fit: () => this.plane.fit(),
      svg: () => this.layout && saveDrawing(this.scene, this.layout, this.measure()),
      png: () => this.layout && savePicture(this.scene, this.layout, this.measure()),
    });
    this.trouble = new Trouble(this.element, () => this.load());
    const body = add(this.element, "div", "unroll-search-body");
    this.plane = new Plane(body, this.scene, () => this.measure(), {
      choose: (node) => this.choose(node),
      open: (item) => this.open(item),
      fold: (node) => this.fold(node),
      inspect: () => this.inspector.element.focus(),
      step: (by) => this.goTo(this.toolbar.stepAt((this.scene.step ?? this.scene.steps + 1) + by)),
    });
    this.inspector = new Inspector(body, {
      force: () => this.setTriggerValue("forced", this.scene.path(this.scene.cursor)),
      explore: () => this.explore(),
      fold: () => this.fold(this.scene.cursor),
      open: () => this.open(this.layout.byNode.get(this.scene.cursor)),
      leave: () => this.plane.element.focus(),
    });
    this.legend = new Legend(this.element);
    this.spoken = add(this.element, "p", "unroll-search-spoken");
    this.spoken.setAttribute("aria-live", "polite");
  }

  update({ data, setStateValue, setTriggerValue }) {
    const { given, scene } = this;
    Object.assign(this, { setStateValue, setTriggerValue, given: data });
    this.element.style.setProperty("--height", `${data.height}px`);
    this.plane.element.setAttribute("aria-label", data.label);
    const isEcho = performance.now() - this.sentAt < ECHO_MS; // of an older place, while the person goes on
    const isNew = (name) => `${data[name]}` !== `${given[name]}` && !isEcho;
    if (isNew("step")) scene.step = data.step;
    if (isNew("pruned")) scene.pruned = data.pruned;
    if (isNew("node")) this.wanted = data.node;
    if (data.question !== given.question) this.load();
    else if (scene.answer) this.arrange();
  }

  async load() {
    this.loading?.abort();
    const loading = (this.loading = new AbortController());
    const { question } = this.given;
    this.element.classList.add("busy");
    await this.trouble.during(loading.signal, async () => this.take(await search(question, loading.signal), question));
    if (!loading.signal.aborted) this.element.classList.remove("busy");
  }

  take(answer, question) {
    const hasMoved = question !== this.shown;
    this.scene.take(answer, new URLSearchParams(question).get("method"));
    this.shown = question;
    this.arrange(hasMoved);
    this.element.classList.add("drawn");
  }

  /** Anew what has a place and where, then draw. */
  arrange(isOther = false) {
    const { scene } = this;
    if (this.wanted) scene.cursor = scene.find(this.wanted) ?? scene.cursor;
    this.wanted = null;
    scene.settle();
    const isRanked = scene.step !== null && !scene.isOneByOne;
    this.layout = new Layout(sightOf(scene), isRanked ? scene.step : null);
    this.toolbar.show(scene);
    this.legend.show(scene, this.measure());
    this.inspect();
    this.plane.show(this.layout, isOther);
  }

  rearrange(change) {
    if (!this.scene.answer) return;
    Object.assign(this.scene, change);
    this.arrange();
    this.report();
  }

  goTo(step) {
    if (!this.scene.answer) return;
    this.rearrange({ step });
    this.plane.revealStep();
    this.speakSoon();
  }

  /** Show all listed children of a node. */
  open({ node, stub }) {
    if (stub?.listed) {
      this.scene.folded.delete(node);
      this.scene.opened.add(node);
    }
    this.rearrange({ cursor: node });
  }

  choose(node) {
    if (!node) return;
    this.scene.cursor = node;
    this.inspect();
    this.plane.reveal(node);
    this.speakSoon();
    this.report();
  }

  /** Hide what is below a node, or show it again. */
  fold(node) {
    const { folded, opened } = this.scene;
    if (!node?.children.length) return this.choose(node);
    if (!folded.delete(node)) folded.add(node);
    opened.delete(node);
    this.rearrange({ cursor: node });
    this.speakSoon();
  }

  /** Show the cursor's node; what may follow is asked once the person rests on it. */
  inspect() {
    const { scene, inspector } = this;
    inspector.show(scene, this.measure(), this.layout.byNode.get(scene.cursor)?.stub);
    clearTimeout(this.asking);
    this.asked?.abort();
    const { signal } = (this.asked = new AbortController());
    const asks = { following: (path) => following(this.shown, path, signal), attention: (path) => attention(this.shown, path, signal) };
    this.asking = setTimeout(() => inspector.ask(scene, this.measure(), asks, signal), REST_MS);
  }

  /** Ask the model for what the search did not look at. */
  async explore() {
    const { scene, shown } = this;
    const node = scene.cursor;
    if (!canExplore(node, scene.answer.end)) return;
    await this.trouble.during(null, async () => {
      const next = await following(shown, scene.path(node));
      if (shown !== this.shown) return; // another search came in between
      scene.explore(node, next, EXPLORED);
      this.arrange();
      this.plane.reveal(node.children[0]);
    });
  }

  measure() {
    return lookOf(this.parent, this.given.colors);
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
    this.speaking = setTimeout(() => (this.spoken.textContent = spokenOf(this.scene)), REPORT_MS);
  }

  destroy() {
    this.loading?.abort();
    this.asked?.abort();
    for (const timer of [this.asking, this.reporting, this.speaking]) clearTimeout(timer);
    this.plane.end();
    this.element.remove();
  }
}
