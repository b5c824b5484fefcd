/** Where a model looked while it wrote a hypothesis: the matrix of its weights, and the source as one row lights it up. */

import { CanvasPen } from "./search_pens.js";
import { sentenceOf } from "./search_trouble.js";
import { add, percent, sign } from "./reader_words.js";

const ROW = 15; // pixels
const LABELS = 34; // beside the rows
const LETTER = 7;
const ROW_LETTERS = 4;
const MOST_WIDE = 26;
const READABLE = 8; // narrower columns have no label
const STEPS = { ArrowUp: -1, ArrowDown: 1 };

export class Looked {
  constructor(parent) {
    this.element = add(parent, "section", "unroll-search-looked");
    add(this.element, "h4", "", "Where it looked");
    this.source = add(this.element, "p", "source");
    this.said = add(this.element, "p", "said");
    this.canvas = add(this.element, "canvas");
    Object.assign(this.canvas, { tabIndex: 0, role: "img" });
    this.canvas.onpointermove = (event) => this.point(Math.floor((event.offsetY - this.top) / ROW));
    this.canvas.onkeydown = (event) => this.walk(event);
    this.element.hidden = true;
    new ResizeObserver(() => this.element.clientWidth !== this.drawnFor && this.weights && this.draw()).observe(this.element);
  }

  /** Ask for the weights of a path and show them; `ask` gives them. Nothing is shown of a model that does not attend. */
  async ask(scene, node, look, ask, signal) {
    const { source } = scene.answer;
    this.element.hidden = !source || !node.parent;
    if (this.element.hidden) return;
    try {
      const answer = await ask(scene.path(node));
      if (!signal.aborted) this.show(source, answer.tokens.map((token) => scene.answer.symbols[token]), answer.weights, look);
    } catch (error) {
      if (!signal.aborted) this.tell(sentenceOf(error));
    }
  }

  tell(sentence) {
    this.source.replaceChildren();
    this.said.textContent = sentence;
    this.canvas.hidden = true;
  }

  /** Rows are the tokens that were written, columns the source. */
  show(source, written, weights, look) {
    Object.assign(this, { symbols: source, written, weights, look, row: written.length - 1 });
    this.source.replaceChildren();
    this.marks = source.map((symbol) => add(this.source, "span", "", sign(symbol)));
    this.canvas.hidden = false;
    this.draw();
  }

  point(row) {
    if (!this.weights?.[row] || row === this.row) return;
    this.row = row;
    this.draw();
  }

  walk(event) {
    if (!STEPS[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    this.point(this.row + STEPS[event.key]);
  }

  get wide() {
    return Math.min(MOST_WIDE, (this.element.clientWidth - LABELS) / this.symbols.length);
  }

  get top() {
    return this.wide >= READABLE ? ROW : 0;
  }

  draw() {
    this.light();
    this.drawnFor = this.element.clientWidth;
    const { canvas, look, wide, top } = this;
    const [width, height] = [LABELS + wide * this.symbols.length, top + ROW * this.written.length];
    Object.assign(canvas, { width: width * look.ratio, height: height * look.ratio });
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
    const context = canvas.getContext("2d");
    context.scale(look.ratio, look.ratio);
    this.cells(new CanvasPen(context, look), look, wide, top);
  }

  cells(pen, look, wide, top) {
    const font = { size: 11, fill: look.ink, isMono: true };
    const letters = Math.max(1, Math.floor(wide / LETTER));
    if (top) this.symbols.forEach((symbol, column) => pen.text(brief(symbol, letters), LABELS + (column + 0.5) * wide, ROW / 2, { ...font, align: "center" }));
    this.written.forEach((symbol, row) => {
      const y = top + row * ROW;
      const isShown = row === this.row;
      pen.text(brief(symbol, ROW_LETTERS), LABELS - 5, y + ROW / 2, { ...font, align: "right", weight: isShown ? 700 : 400 });
      this.weights[row].forEach((weight, column) => pen.box([LABELS + column * wide, y, wide - 0.5, ROW - 0.5], 0, { fill: look.colors.kept, alpha: weight }));
      if (isShown) pen.box([LABELS, y + 0.5, wide * this.symbols.length - 1, ROW - 1], 0, { stroke: look.ink });
    });
  }

  /** The source, and the sentence, of the row that is pointed at. */
  light() {
    const weights = this.weights[this.row];
    const most = weights.indexOf(Math.max(...weights));
    this.marks.forEach((mark, column) => {
      mark.style.background = `color-mix(in srgb, ${this.look.colors.kept} ${Math.round(100 * weights[column])}%, transparent)`;
      mark.title = percent(weights[column]);
    });
    const quoted = (symbol) => `“${sign(symbol)}”`;
    this.said.textContent = `${quoted(this.written[this.row])} was written with ${percent(weights[most])} of the attention on ${quoted(this.symbols[most])}, symbol ${most + 1} of the source.`;
    this.canvas.setAttribute("aria-label", `${this.said.textContent} Up and down go through what was written.`);
  }
}

function brief(symbol, most) {
  const letters = Array.from(sign(symbol));
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : letters.join("");
}
