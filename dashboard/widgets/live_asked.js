/** What makes a panel an asked one: it asks the server for its picture, says that it waits, and shows what comes with it. */

import { Strip } from "./live_strip.js";

const PIN_MS = 200; // the scrubber stands still so long before it is asked for
const REST_MS = 2000; // between an answer and the next question while a run is followed
const CROWDED_MS = 1000;
const WORDS_MS = 500;
const TICK_MS = 250;

export class Asking {
  /** `onAnswer` is called when the panel has a new picture to draw. */
  constructor(panel, onAnswer) {
    this.panel = panel;
    this.onAnswer = onAnswer;
    this.wanted = { question: null, run: null, step: null };
    this.answered = { topic: null, step: null, at: -Infinity };
    this.isNear = false;
    this.isDue = false;
    this.build();
  }

  build() {
    const { frame, body } = this.panel;
    this.mark = add(frame, "div", "unroll-asking");
    this.words = add(frame, "output", "unroll-words");
    this.trouble = add(frame, "div", "unroll-trouble");
    this.trouble.setAttribute("role", "alert");
    this.sentence = add(this.trouble, "span", "");
    const again = add(this.trouble, "button", "");
    again.type = "button";
    again.textContent = "Try again";
    again.onclick = () => this.ask();
    this.strip = new Strip(body, (time) => this.panel.onTime(time));
    this.reading = add(body, "p", "unroll-reading");
    this.panel.onPoint = (point) => this.strip.point(point);
    this.show("first");
  }

  /** Ask, if this is another question than before: the page's, of a run (null: none), at its pinned step (null: newest). */
  want(run, step) {
    const { wanted } = this;
    const { question, tokens } = this.panel.given;
    this.strip.reserve(tokens);
    const isOther = question !== wanted.question || run !== wanted.run;
    if (!isOther && step === wanted.step) return;
    this.wanted = { question, run, step };
    this.askIn(isOther ? 0 : PIN_MS);
  }

  /** The run that is followed has new rows. */
  rows() {
    if (this.wanted.step !== null || this.timer) return;
    if (this.asking) this.isStale = true;
    else this.askIn(Math.max(0, this.answered.at + REST_MS - performance.now()));
  }

  /** Whether the panel is in sight, or nearly; only then it asks. */
  see(isNear) {
    this.isNear = isNear;
    if (isNear && this.isDue) this.ask();
  }

  askIn(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), delay);
  }

  get topic() {
    return `${this.wanted.question} ${this.wanted.run}`;
  }

  get address() {
    const { question, run, step } = this.wanted;
    const { topic, step: since } = this.answered;
    const added = new URLSearchParams();
    if (run !== null) added.set("run", run);
    if (run !== null && step !== null) added.set("step", step);
    if (topic === this.topic && since !== null) added.set("since", since);
    return `/unroll/asked/${question}&${added}`;
  }

  /** Ask now, and forget what was asked before. */
  async ask() {
    this.isDue = !this.isNear;
    clearTimeout(this.timer);
    this.timer = null;
    this.asking?.abort();
    this.asking = null;
    if (this.isDue) return;
    const asking = (this.asking = new AbortController());
    const { topic } = this;
    this.wait();
    try {
      this.take(await this.answer(this.address, asking.signal), topic);
    } catch (error) {
      if (asking.signal.aborted) return;
      this.fail(error);
    }
    this.asking = null;
    this.rest();
  }

  async answer(address, signal) {
    for (;;) {
      const response = await fetch(address, { signal });
      const answer = await response.json();
      if (response.status === 429) await pause(CROWDED_MS, signal);
      else if (!response.ok) throw new Refusal(answer.error);
      else if (response.status !== 202) return answer;
      this.hint = response.status === 429 ? answer.error : standing(answer);
    }
  }

  take(answer, topic) {
    this.answered.at = performance.now();
    this.show("shown");
    if (answer.unchanged) return;
    Object.assign(this.answered, { topic, step: answer.step });
    this.panel.take(answer.figure);
    emphasise(this.reading, answer.reading);
    this.strip.show(answer.strip ?? null, answer.figure.data);
    this.onAnswer();
  }

  fail(error) {
    this.answered.at = performance.now();
    this.show("failed");
    this.sentence.textContent = error instanceof Refusal ? error.message : "The server does not answer.";
  }

  wait() {
    const started = performance.now();
    this.hint = "";
    this.isStale = false;
    this.show(this.panel.answer ? "waiting" : "first");
    this.panel.element.setAttribute("aria-busy", "true");
    clearInterval(this.ticking);
    this.ticking = setInterval(() => this.say(performance.now() - started), TICK_MS);
  }

  say(elapsed) {
    if (elapsed >= WORDS_MS) this.words.textContent = this.hint || `computing… ${Math.max(1, Math.floor(elapsed / 1000))} s`;
  }

  rest() {
    clearInterval(this.ticking);
    this.words.textContent = "";
    this.panel.element.removeAttribute("aria-busy");
    if (this.isStale) this.askIn(REST_MS);
  }

  /** "first": nothing to see yet; "waiting": an older picture; "shown"; "failed". */
  show(state) {
    this.panel.frame.dataset.asked = state;
  }

  end() {
    clearTimeout(this.timer);
    clearInterval(this.ticking);
    this.asking?.abort();
  }
}

/** How an answer stands that is not there yet. */
function standing({ place, share }) {
  if (place) return `waiting, place ${place}`;
  return share === undefined ? "" : `computing… ${Math.round(100 * share)} %`;
}

/** What the server says in a sentence. */
class Refusal extends Error {}

function add(parent, tag, name) {
  const element = parent.appendChild(document.createElement(tag));
  element.className = name;
  return element;
}

/** Text into an element; **bold** is the only markup. */
function emphasise(element, text) {
  const parts = text.split("**").map((part, index) => (index % 2 ? strong(part) : part));
  element.replaceChildren(...parts);
}

function strong(text) {
  const element = document.createElement("strong");
  element.textContent = text;
  return element;
}

function pause(duration, signal) {
  return new Promise((resolve, reject) => {
    setTimeout(resolve, duration);
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}
