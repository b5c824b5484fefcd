/** The text, each character on the colour of one unit; a span of it can be brushed, and spans that match are outlined. */

import { roundUp, add, button, sign } from "./reader_words.js";

const MARKS = { "\n": "⏎\n", "\r": "␍", "\t": "⇥\t" };

export class TextLens {
  /** `on` has point(t), pin(t), brush([first, last] or null). */
  constructor(parent, on) {
    this.on = on;
    this.element = add(parent, "section", "unroll-lens");
    this.head = add(this.element, "div", "unroll-lens-head");
    this.title = add(this.head, "span", "unroll-lens-title");
    this.ramp = add(this.head, "span", "unroll-ramp");
    this.own = button(this.head, "Own range", "Colour the cell state by this unit's own largest value", () => this.useOwn());
    this.marking = button(this.head, "Mark a span", "Mark a span: its first, then its last symbol", () => this.mark());
    this.clear = button(this.head, "Clear", "Clear the marked span", () => on.brush(null));
    this.buildMatches();
    this.clear.hidden = this.matches.hidden = true;
    this.text = add(this.element, "div", "unroll-text");
    this.text.tabIndex = 0;
    this.text.setAttribute("role", "group");
    this.spans = [];
    this.listen();
  }

  buildMatches() {
    this.matches = add(this.head, "span", "unroll-matches");
    button(this.matches, "‹", "Previous match", () => this.step(-1));
    this.matched = add(this.matches, "output");
    button(this.matches, "›", "Next match", () => this.step(1));
  }

  listen() {
    const { text } = this;
    text.onpointerover = (event) => this.over(event);
    text.onpointerleave = () => this.on.point(null);
    text.onpointerdown = (event) => this.down(event);
    text.onpointerup = text.onpointercancel = () => (this.from = null);
  }

  timeOf(event) {
    return event.target.timestep ?? null;
  }

  over(event) {
    const t = this.timeOf(event);
    if (t === null) return;
    this.on.point(t);
    if (this.from === null || this.from === undefined || t === this.last) return;
    this.last = t;
    this.on.brush([Math.min(this.from, t), Math.max(this.from, t)]);
  }

  /** A click pins the cursor; a drag brushes, and on a touch screen, where it scrolls, two taps do. */
  down(event) {
    const t = this.timeOf(event);
    if (t === null || event.button !== 0) return;
    this.on.pin(t);
    if (this.isMarking) this.markAt(t);
    else if (event.shiftKey) this.on.brush([Math.min(this.scene.cursor, t), Math.max(this.scene.cursor, t)]);
    else if (event.pointerType === "mouse") {
      event.preventDefault();
      this.text.focus({ preventScroll: true });
      this.from = this.last = t;
    }
  }

  mark() {
    this.isMarking = !this.isMarking;
    this.marked = null;
    this.marking.setAttribute("aria-pressed", String(this.isMarking));
  }

  markAt(t) {
    if (this.marked === null) {
      this.marked = t;
      this.on.brush([t, t]);
      return;
    }
    this.on.brush([Math.min(this.marked, t), Math.max(this.marked, t)]);
    this.mark();
  }

  useOwn() {
    this.isOwn = !this.isOwn;
    this.own.setAttribute("aria-pressed", String(this.isOwn));
    this.color(this.scene, this.lens);
  }

  /** Write the tokens, if they are others than before. */
  write(scene) {
    this.scene = scene;
    const { tokens, edited } = scene.reading;
    if (this.written === scene.reading) return;
    const isSame = this.written && tokens.length === this.spans.length && tokens.every((token, t) => token === this.written.tokens[t]);
    this.written = scene.reading;
    if (!isSame) this.rewrite(tokens);
    const touched = new Set(edited ?? []);
    this.spans.forEach((span, t) => span.classList.toggle("edited", touched.has(t)));
  }

  rewrite(tokens) {
    const isWide = tokens.some((token) => token.length > 1);
    this.text.classList.toggle("wide", isWide);
    this.levels = null;
    this.current = null;
    this.spans = tokens.map((token, timestep) => {
      const span = document.createElement("span");
      span.textContent = isWide ? sign(token) : MARKS[token] ?? token;
      return Object.assign(span, { timestep });
    });
    this.text.replaceChildren(...this.spans);
    this.text.setAttribute("aria-label", `The text, ${tokens.length} symbols. Arrow keys move the cursor, Shift and arrows mark a span.`);
  }

  /** Colour by {gate, title} of the chosen unit, or by the loss. */
  color(scene, lens) {
    this.lens = lens;
    const values = lens.gate === "loss" ? scene.reading.losses : scene.line(lens.gate, scene.unit);
    this.own.hidden = lens.gate !== "cell";
    const what = lens.gate === "loss" ? "the loss, nats" : `${lens.title} of unit ${scene.unit}`;
    const scale = this.scaleOf(scene, lens.gate, values);
    const missing = values?.some(Number.isNaN) ? " · NaN (grey)" : "";
    this.title.textContent = `Text coloured by ${what}${lens.gate === "cell" && !this.isOwn ? ", through tanh" : ""}${missing}`;
    this.showRamp(scale);
    if (!values) return;
    if (this.scale !== scale) this.levels = null;
    this.scale = scale;
    const levels = Uint8Array.from({ length: this.spans.length }, (_, t) => scale.level(values[t] ?? NaN));
    this.spans.forEach((span, t) => {
      if (this.levels?.[t] === levels[t]) return;
      const { background, ink } = scale.styles[levels[t]];
      span.style.cssText = `background:${background};color:${ink}`;
    });
    this.levels = levels;
  }

  scaleOf(scene, gate, values) {
    if (gate !== "cell" || !this.isOwn || !values) return scene.scales[gate];
    const most = values.reduce((largest, value) => (Number.isFinite(value) ? Math.max(largest, Math.abs(value)) : largest), 1e-3);
    return scene.scales.own(roundUp(most));
  }

  showRamp(scale) {
    const stops = [0, 0.2, 0.4, 0.6, 0.8, 1].map((share) => scale.styles[1 + Math.round(share * 252)].background);
    this.ramp.style.setProperty("--ramp", `linear-gradient(to right, ${stops})`);
    const [low, high] = [scale.ticks[0], scale.ticks.at(-1)].map((tick) => String(tick).replace("-", "−"));
    this.ramp.dataset.low = low;
    this.ramp.dataset.high = high;
  }

  /** Mark the character at the cursor; `follows` scrolls it into the box. */
  point(scene, follows) {
    this.current?.classList.remove("current");
    this.current = this.spans[scene.t];
    this.current?.classList.add("current");
    if (follows && this.current) this.reveal(this.current);
  }

  reveal(span) {
    const { text } = this;
    const top = span.offsetTop;
    if (top >= text.scrollTop && top + span.offsetHeight <= text.scrollTop + text.clientHeight) return;
    text.scrollTop = top - text.clientHeight / 2;
  }

  /** Outline the brush and the matches. */
  outline(scene) {
    const { brush, highlights } = scene;
    this.clear.hidden = !brush;
    for (const span of this.outlined ?? []) span.classList.remove("brushed", "matched", "begins", "ends");
    this.outlined = [];
    for (const [first, last] of highlights) this.enclose(first, last, "matched");
    if (brush) this.enclose(...brush, "brushed");
    this.showMatch(null);
  }

  enclose(first, last, name) {
    for (let t = first; t <= Math.min(last, this.spans.length - 1); t += 1) {
      this.spans[t].classList.add(name);
      this.outlined.push(this.spans[t]);
    }
    this.spans[first]?.classList.add("begins");
    this.spans[Math.min(last, this.spans.length - 1)]?.classList.add("ends");
  }

  step(by) {
    const count = this.scene.highlights.length;
    this.showMatch(this.match === null ? (by > 0 ? 0 : count - 1) : (this.match + by + count) % count);
    this.on.pin(this.scene.highlights[this.match][0], true);
  }

  showMatch(match) {
    const { highlights } = this.scene;
    this.match = match;
    this.matches.hidden = !highlights.length;
    const score = match === null ? "" : highlights[match][2].toFixed(2);
    this.matched.textContent = match === null ? `${highlights.length} matches` : `match ${match + 1} of ${highlights.length}, likeness ${score}`;
  }
}
