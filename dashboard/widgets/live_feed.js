/** The feed of one run: asks the server for what is new, while the run lives and the page is seen. */

import { History, unpack } from "./live_history.js";

const POLL_MS = 500;
const FIRST_MS = 100; // while the first row is awaited, which grows with the wait
const GROWTH = 1.2;
const RETRY_MS = 2000;
const ACTIVE = ["queued", "running", "paused"];

export class Feed {
  /** `run` is an id, or null for none; `onNews` is called after each answer with whether rows came. */
  constructor(run, sources, onNews) {
    this.run = run;
    this.sources = sources;
    this.onNews = onNews;
    this.history = new History();
    this.waits = 0; // answers before the first row
    this.news = { run, status: null, message: "", queue: null, steps: null, trouble: "" };
  }

  get isOver() {
    return this.news.status !== null && !ACTIVE.includes(this.news.status);
  }

  /** Ask for what is new, and again later. One question at a time. */
  async poll() {
    if (this.run === null || this.isOver || this.asking || document.hidden) return;
    clearTimeout(this.timer);
    const asking = (this.asking = new AbortController());
    let delay = RETRY_MS;
    try {
      delay = await this.ask(asking.signal);
    } catch {
      if (asking.signal.aborted) return;
      this.news.trouble = "The server does not answer; trying again.";
    }
    this.asking = null;
    this.onNews(false);
    if (delay !== null) this.timer = setTimeout(() => this.poll(), delay);
  }

  /** One question; the delay until the next in milliseconds, null for none. */
  async ask(signal) {
    const response = await fetch(this.question(), { signal });
    const answer = await response.json();
    if (!response.ok) {
      this.news.trouble = answer.error;
      return null;
    }
    this.take(answer);
    if (answer.more) return 0;
    if (this.isOver) return null;
    return this.history.last < 0 ? Math.min(POLL_MS, FIRST_MS * GROWTH ** this.waits++) : POLL_MS;
  }

  question() {
    const asked = new URLSearchParams({ after: this.history.last, stride: this.history.stride });
    // None would mean all that the run recorded, its parameters too.
    for (const source of this.sources.length ? this.sources : [""]) asked.append("source", source);
    return `/unroll/runs/${encodeURIComponent(this.run)}/rows?${asked}`;
  }

  take(answer) {
    const { status, message, queue, steps } = answer;
    Object.assign(this.news, { status, message, queue, steps, trouble: "" });
    this.history.widen(answer.stride);
    for (const row of answer.rows) this.history.add(unpack(row));
    this.onNews(answer.rows.length > 0);
  }

  end() {
    clearTimeout(this.timer);
    this.asking?.abort();
  }
}
