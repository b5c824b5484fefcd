/** What happens at the cursor in numbers: the symbol, its loss, the unit's gates and states, and what is expected next. */

import { add, percent, printed, sign, width } from "./reader_words.js";

const AROUND = 14;
const SPOKEN_MS = 500;

export class Readout {
  constructor(parent) {
    this.element = add(parent, "section", "unroll-readout");
    this.element.setAttribute("aria-label", "At the cursor");
    this.context = add(this.element, "p", "unroll-context");
    [this.before, this.here, this.after] = ["span", "mark", "span"].map((tag) => add(this.context, tag));
    this.said = add(this.element, "p", "unroll-said");
    this.values = add(this.element, "div", "unroll-values");
    const expected = add(this.element, "div");
    this.title = add(expected, "p", "unroll-next-title", "Expected next");
    this.next = add(expected, "ol", "unroll-next");
    this.came = add(expected, "p", "unroll-came");
    this.spoken = add(this.element, "p", "unroll-spoken");
    this.spoken.setAttribute("aria-live", "polite");
    this.rows = new Map();
  }

  /** One row a gate or state, in order. */
  describe(gates, strokes) {
    if (`${gates}` === `${[...this.rows.keys()]}`) return;
    this.values.replaceChildren();
    this.rows = new Map(gates.map((gate) => [gate, this.row(strokes[gate])]));
  }

  row({ title, color }) {
    const row = add(this.values, "div", "unroll-value");
    add(row, "i").style.background = color;
    add(row, "span", "", title);
    const bar = add(add(row, "div", "unroll-bar"), "div");
    bar.style.background = color;
    return { bar, number: add(row, "output"), color };
  }

  show(scene) {
    if (!scene.reading) return;
    const { t, unit } = scene;
    const { tokens, losses, next } = scene.reading;
    this.before.textContent = tokens.slice(Math.max(t - AROUND, 0), t).map(sign).join("");
    this.here.textContent = sign(tokens[t]);
    this.after.textContent = tokens.slice(t + 1, t + 1 + AROUND).map(sign).join("");
    const loss = losses?.[t] ?? null;
    const chance = loss === null ? "" : next ? ` nats (p = ${percent(Math.exp(-loss))})` : "";
    this.said.textContent = `t = ${t} · unit ${unit} · loss ${loss === null ? "—" : printed(loss) + chance}`;
    for (const [gate, row] of this.rows) this.measure(row, scene.value(gate, unit, t), scene.scales[gate]);
    this.expect(next?.[t] ?? null, tokens[t + 1], losses?.[t + 1] ?? null);
    this.speak(scene);
  }

  measure({ bar, number }, value, scale) {
    number.textContent = value === undefined ? "…" : printed(value);
    const [zero, at] = [scale.place(0), value === undefined || Number.isNaN(value) ? scale.place(0) : scale.place(value)];
    const [from, to] = [Math.min(zero, at), Math.max(zero, at)].map((share) => Math.min(Math.max(share, 0), 1));
    Object.assign(bar.style, { left: `${100 * from}%`, width: `${100 * (to - from)}%` });
  }

  expect(expected, token, loss) {
    this.title.hidden = this.next.hidden = this.came.hidden = expected === null;
    if (expected === null) return;
    while (this.next.children.length < expected.length) this.likely();
    [...this.next.children].forEach((item, place) => {
      const [symbol, probability] = expected[place] ?? ["", 0];
      const [name, bar, number] = item.children;
      name.textContent = sign(symbol);
      bar.firstChild.style.width = width(probability);
      number.textContent = percent(probability);
      item.classList.toggle("came", symbol === token);
    });
    const isLast = token === undefined;
    this.came.textContent = isLast ? "the text ends here" : `then came ${sign(token)}${loss === null ? "" : `, p = ${percent(Math.exp(-loss))}`}`;
  }

  likely() {
    const item = add(this.next, "li");
    add(item, "code");
    add(add(item, "div", "unroll-bar"), "div");
    add(item, "output");
  }

  /** For those who hear the page: once the cursor stands still. */
  speak(scene) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const values = [...this.rows].map(([gate, { number }]) => `${gate} ${number.textContent}`);
      this.spoken.textContent = `${this.said.textContent}, symbol ${this.here.textContent}: ${values.join(", ")}`;
    }, SPOKEN_MS);
  }

  end() {
    clearTimeout(this.timer);
  }
}
