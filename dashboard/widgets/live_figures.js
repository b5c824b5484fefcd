/** The host of live figures: mounted once a page, it pulls a run's new rows itself and updates its panels in place. */

import { History, unpack } from "./live_history.js";
import { Panel } from "./live_panel.js";
import { Scrubber } from "./live_scrubber.js";
import { template } from "./live_theme.js";

const POLL_MS = 500;
const RETRY_MS = 2000;
const RELEASE_MS = 250;
const FRAME_MS = 12;
const ACTIVE = ["queued", "running", "paused"];
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

function sourcesOf(data) {
  const names = (data.panels ?? []).flatMap((panel) => panel.sources).filter(Boolean);
  return JSON.stringify([...new Set(names)].sort());
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
    this.time = null;
    this.given = {};
    this.reset(null);
    this.watchPage();
  }

  watchPage() {
    this.onVisible = () => document.hidden || this.poll();
    document.addEventListener("visibilitychange", this.onVisible);
    this.sizes = new ResizeObserver(() => this.resize());
    this.sizes.observe(this.grid);
    this.sights = new IntersectionObserver((entries) => this.see(entries), { rootMargin: "300px" });
  }

  /** Forget one run and take up another. */
  reset(run) {
    clearTimeout(this.pollTimer);
    this.polling?.abort();
    this.polling = null;
    this.history = new History();
    this.pinned = null;
    this.reported = null;
    this.news = { run, status: null, message: "", queue: null, steps: null, trouble: "" };
  }

  async update({ data, setStateValue, setTriggerValue }) {
    Object.assign(this, { setStateValue, setTriggerValue });
    if (data.run !== this.news.run || sourcesOf(data) !== sourcesOf(this.given)) this.reset(data.run);
    const isEcho = performance.now() - (this.sentAt ?? -Infinity) < 1000;
    if (data.scrub !== this.given.scrub && !isEcho) this.pinned = data.scrub;
    this.given = data;
    this.theme = template(this.parent);
    this.element.style.setProperty("--unroll-columns", data.columns);
    this.describePanels(data.panels);
    this.showScrubber();
    this.poll();
    this.Plotly = await loadPlotly(data.plotly);
    this.drawSoon();
  }

  describePanels(given) {
    const ids = new Set(given.map((panel) => panel.id));
    for (const [id, panel] of this.panels) if (!ids.has(id)) this.remove(id, panel);
    given.forEach((panel, order) => {
      if (!this.panels.has(panel.id)) this.insert(panel.id);
      this.panels.get(panel.id).describe(panel, order);
    });
  }

  insert(id) {
    const panel = new Panel((time) => this.hover(time), (click) => this.click(click));
    this.panels.set(id, panel);
    this.grid.appendChild(panel.element);
    this.sights.observe(panel.element);
  }

  remove(id, panel) {
    this.sights.unobserve(panel.element);
    this.panels.delete(id);
    panel.destroy(this.Plotly);
  }

  /** Draw what changed, a few milliseconds a frame; panels out of sight wait until they come near. */
  drawSoon() {
    if (!this.Plotly || this.frame) return;
    this.frame = requestAnimationFrame(async () => {
      const started = performance.now();
      try {
        for (const panel of this.waiting) {
          if (performance.now() - started > FRAME_MS) break;
          await panel.draw(this.Plotly, this.theme, this.history, this.shown, `${this.news.run}`);
          panel.mark(this.pinned, this.time);
        }
      } finally {
        this.frame = null;
        if (this.waiting.length) this.drawSoon();
      }
    });
  }

  get waiting() {
    return [...this.panels.values()].filter((panel) => panel.isDirty && (panel.isSeen || !panel.isMade));
  }

  see(entries) {
    for (const entry of entries) {
      const panel = this.panels.get(entry.target.dataset.panel);
      if (panel) panel.isSeen = entry.isIntersecting;
    }
    this.drawSoon();
  }

  resize() {
    const width = this.grid.clientWidth;
    if (!this.Plotly || width === this.width) return;
    this.width = width;
    for (const panel of this.panels.values()) panel.resize(this.Plotly);
  }

  get shown() {
    return this.history.indexAt(this.pinned);
  }

  hover(time) {
    this.time = time;
    for (const panel of this.panels.values()) panel.mark(this.pinned, time);
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
      panel.mark(step, this.time);
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
    this.element.dataset.status = this.news.status ?? "";
    this.scrubber.show(this.history, this.shown, this.pinned === null, this.news);
  }

  get isOver() {
    return this.news.status !== null && !ACTIVE.includes(this.news.status);
  }

  /** Ask for what is new; ask again while the run lives and the page is seen. One question at a time. */
  async poll() {
    if (this.news.run === null || this.isOver || this.polling || document.hidden) return;
    clearTimeout(this.pollTimer);
    const asking = (this.polling = new AbortController());
    let delay = RETRY_MS;
    try {
      delay = await this.ask(asking.signal);
    } catch (error) {
      if (asking.signal.aborted) return;
      this.news.trouble = "The server does not answer; trying again.";
    }
    if (this.polling !== asking) return;
    this.polling = null;
    this.showScrubber();
    if (delay !== null) this.pollTimer = setTimeout(() => this.poll(), delay);
  }

  /** One question; the delay until the next in milliseconds, null for none. */
  async ask(signal) {
    const response = await fetch(this.question(), { signal });
    const answer = await response.json();
    if (!response.ok) return this.giveUp(answer.error);
    this.take(answer);
    if (answer.more) return 0;
    return this.isOver ? null : POLL_MS;
  }

  giveUp(sentence) {
    this.news.trouble = sentence;
    return null;
  }

  question() {
    const asked = new URLSearchParams({ after: this.history.last, stride: this.history.stride });
    for (const source of JSON.parse(sourcesOf(this.given))) asked.append("source", source);
    return `/unroll/runs/${encodeURIComponent(this.news.run)}/rows?${asked}`;
  }

  take(answer) {
    const { status, message, queue, steps } = answer;
    Object.assign(this.news, { status, message, queue, steps, trouble: "" });
    this.history.widen(answer.stride);
    for (const row of answer.rows) this.history.add(unpack(row));
    if (answer.rows.length) this.spreadNews();
    this.report(status);
  }

  spreadNews() {
    for (const panel of this.panels.values()) panel.isDirty ||= panel.kind !== "static" && (panel.kind !== "curves" || this.pinned === null);
    this.drawSoon();
  }

  /** Let Python know, once, that the run's status is another than the page was drawn with. */
  report(status) {
    if (this.given.status === null || status === this.given.status || status === this.reported) return;
    this.reported = status;
    this.setStateValue("status", status);
  }

  destroy() {
    this.reset(null);
    cancelAnimationFrame(this.frame);
    clearTimeout(this.releaseTimer);
    document.removeEventListener("visibilitychange", this.onVisible);
    this.sizes.disconnect();
    this.sights.disconnect();
    for (const panel of this.panels.values()) panel.destroy(this.Plotly);
    this.element.remove();
  }
}
