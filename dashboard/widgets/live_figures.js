/** The host of live figures: mounted once a page, it follows a run by itself and updates its panels in place. */

import { Asking } from "./live_asked.js";
import { Feed } from "./live_feed.js";
import { Panel } from "./live_panel.js";
import { Scrubber } from "./live_scrubber.js";
import { template } from "./live_theme.js";

const RELEASE_MS = 250;
const ECHO_MS = 1000;
const FRAME_MS = 12;
const START_MS = 400; // so long a run's figures wait for its first row, before they are drawn without any
const LATER = 10; // lines that are drawn before a live heatmap
const hosts = new WeakMap();
let plotly;

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

function loadPlotly(url) {
  plotly ??= new Promise((resolve, reject) => {
    const early = document.querySelector(`script[src="${url}"]`); // which the server put into the page
    const script = early ?? document.createElement("script");
    script.addEventListener("load", () => resolve(window.Plotly));
    script.addEventListener("error", () => reject(new Error("plotly.js could not be loaded from this server.")));
    if (window.Plotly) resolve(window.Plotly);
    else if (early === null) document.head.appendChild(Object.assign(script, { src: url }));
  });
  return plotly;
}

function sourcesOf(panels) {
  return [...new Set(panels.flatMap((panel) => panel.sources).filter(Boolean))].sort();
}

/** The simplest comes first; while a run begins, its curves before its heatmaps, which show nothing yet. */
function costOf(panel) {
  return panel.traceCount + (["heatmap", "blocks"].includes(panel.kind) ? LATER : 0);
}

class Host {
  constructor(parent) {
    this.parent = parent;
    this.panels = new Map();
    this.element = parent.appendChild(document.createElement("div"));
    this.element.className = "unroll-live";
    this.grid = this.element.appendChild(document.createElement("div"));
    this.grid.className = "unroll-grid";
    this.scrubber = new Scrubber((index) => this.pin(this.history.rows[index].step), () => this.send(), () => this.follow());
    this.element.appendChild(this.scrubber.element);
    this.given = {};
    this.time = null;
    this.pointed = null;
    this.sentAt = -Infinity;
    this.take(null, []);
    this.watchPage();
  }

  watchPage() {
    this.onVisible = () => this.feed.poll();
    document.addEventListener("visibilitychange", this.onVisible);
    this.sizes = new ResizeObserver(() => this.resize());
    this.sizes.observe(this.grid);
    this.sights = new IntersectionObserver((entries) => this.see(entries), { rootMargin: "300px", scrollMargin: "300px" });
  }

  /** Take up a run, or none, and forget the one before. */
  take(run, sources) {
    this.feed?.end();
    this.feed = new Feed(run, sources, (hasRows) => this.hear(hasRows));
    this.pinned = null;
    this.reported = null;
    this.startsUntil = run === null ? 0 : performance.now() + START_MS;
    if (run !== null) setTimeout(() => this.drawSoon(), START_MS);
  }

  /** Whether the first row of a run is about to come. */
  get isStarting() {
    return !this.history.rows.length && !this.feed.isOver && performance.now() < this.startsUntil;
  }

  get history() {
    return this.feed.history;
  }

  get shown() {
    return this.history.indexAt(this.pinned);
  }

  async update({ data, setStateValue, setTriggerValue }) {
    Object.assign(this, { setStateValue, setTriggerValue });
    const sources = sourcesOf(data.panels);
    const isOther = data.run !== this.feed.run;
    const { feed, pinned, theme } = this;
    if (isOther || `${sources}` !== `${this.feed.sources}`) this.take(data.run, sources);
    if (!isOther) this.pinned = pinned;
    const isEcho = performance.now() - this.sentAt < ECHO_MS; // of an older pin, while the person goes on
    if (data.scrub !== this.given.scrub && !isEcho) this.pinned = data.scrub;
    this.given = data;
    this.theme = template(this.parent);
    this.element.style.setProperty("--unroll-columns", data.columns);
    this.describePanels(data.panels);
    const isRestyled = JSON.stringify(this.theme) !== JSON.stringify(theme);
    const isMoved = this.feed !== feed || this.pinned !== pinned;
    for (const panel of this.panels.values()) panel.isDirty ||= isRestyled || (isMoved && panel.kind !== "asked");
    this.showScrubber();
    this.feed.poll();
    this.Plotly = await loadPlotly(data.plotly);
    this.drawSoon();
  }

  describePanels(given) {
    const ids = new Set(given.map((panel) => panel.id));
    for (const [id, panel] of this.panels) if (!ids.has(id)) this.remove(id, panel);
    given.forEach((described, order) => {
      const known = this.panels.get(described.id);
      if (known && (known.kind === "asked") !== (described.kind === "asked")) this.remove(described.id, known);
      if (!this.panels.has(described.id)) this.insert(described.id);
      const panel = this.panels.get(described.id);
      panel.describe(described, order);
    });
    const asked = [...this.panels.values()].filter((panel) => panel.kind === "asked");
    for (const panel of asked.sort((one, other) => other.given.cost - one.given.cost)) this.ask(panel);
  }

  /** Tell an asked panel what it is to ask for now. */
  ask(panel) {
    panel.asking ??= new Asking(panel, () => this.drawSoon());
    panel.asking.see(panel.isNear);
    panel.asking.want(this.feed.run, this.pinned);
  }

  insert(id) {
    const panel = new Panel((time) => this.hover(time, id), (click) => this.click(click));
    this.panels.set(id, panel);
    this.grid.appendChild(panel.element);
    this.sights.observe(panel.element);
  }

  remove(id, panel) {
    this.sights.unobserve(panel.element);
    this.panels.delete(id);
    panel.destroy(this.Plotly);
  }

  /** Draw what changed, a few milliseconds in every other frame: what was drawn is seen, and clicks are heard. */
  drawSoon() {
    if (!this.Plotly || this.frame) return;
    this.frame = requestAnimationFrame(async () => {
      const started = performance.now();
      try {
        for (const panel of this.waiting) {
          if (performance.now() - started > FRAME_MS) break;
          await panel.draw(this.Plotly, this.theme, this.history, this.shown, `${this.feed.run}`);
          this.mark(panel);
        }
      } finally {
        this.frame = null;
        if (this.waiting.length) requestAnimationFrame(() => this.drawSoon());
      }
    });
  }

  /** The simplest first, so that there is something to look at; those out of sight wait until they come near. */
  get waiting() {
    const dirty = [...this.panels.values()].filter((panel) => panel.isDirty && (panel.isSeen || !panel.isMade));
    const waiting = this.isStarting ? dirty.filter((panel) => !panel.given.sources.length) : dirty;
    return waiting.sort((one, other) => costOf(one) - costOf(other));
  }

  see(entries) {
    for (const entry of entries) {
      const panel = this.panels.get(entry.target.dataset.panel);
      if (panel) panel.isSeen = panel.isNear = entry.isIntersecting;
      panel?.asking?.see(panel.isNear);
    }
    this.drawSoon();
  }

  resize() {
    const width = this.grid.clientWidth;
    if (!this.Plotly || width === this.width) return;
    this.width = width;
    for (const panel of this.panels.values()) panel.resize(this.Plotly);
  }

  /** Mark a timestep in all panels but the one that is pointed at, whose own label says it; null: none. */
  hover(time, id) {
    this.time = time;
    this.pointed = id;
    for (const panel of this.panels.values()) this.mark(panel);
  }

  mark(panel) {
    panel.mark(this.pinned, panel.given.id === this.pointed ? null : this.time);
  }

  click(click) {
    const row = click.step === null ? undefined : this.history.rows[this.history.indexAt(click.step)];
    if (row) {
      click.step = row.step;
      this.pin(row.step);
      this.sendNow();
    }
    this.setTriggerValue("click", click);
  }

  /** Show one step in all panels; nothing leaves the browser. */
  pin(step) {
    this.pinned = step;
    for (const panel of this.panels.values()) {
      panel.isDirty ||= panel.kind === "curves";
      panel.asking?.want(this.feed.run, step);
      this.mark(panel);
    }
    this.showScrubber();
    this.drawSoon();
  }

  follow() {
    this.pin(null);
    this.sendNow();
  }

  send() {
    clearTimeout(this.releaseTimer);
    this.releaseTimer = setTimeout(() => this.sendNow(), RELEASE_MS);
  }

  sendNow() {
    clearTimeout(this.releaseTimer);
    this.sentAt = performance.now();
    this.setStateValue("scrub", this.pinned);
  }

  showScrubber() {
    this.element.dataset.status = this.feed.news.status ?? "";
    this.scrubber.show(this.history, this.shown, this.pinned === null, this.feed.news);
  }

  /** The feed has news. A pinned curve does not move. */
  hear(hasRows) {
    for (const panel of hasRows ? this.panels.values() : []) {
      const stays = ["static", "asked"].includes(panel.kind) || (panel.kind === "curves" && this.pinned !== null);
      panel.isDirty ||= !stays;
      panel.asking?.rows();
    }
    this.showScrubber();
    this.report(this.feed.news.status);
    this.drawSoon();
  }

  /** Let Python know, once, that the run's status is another than the page was drawn with. */
  report(status) {
    if (this.given.status === null || status === null || status === this.given.status || status === this.reported) return;
    this.reported = status;
    this.setStateValue("status", status);
  }

  destroy() {
    this.feed.end();
    clearTimeout(this.releaseTimer);
    document.removeEventListener("visibilitychange", this.onVisible);
    this.sizes.disconnect();
    for (const [id, panel] of this.panels) this.remove(id, panel);
    this.element.remove();
  }
}
