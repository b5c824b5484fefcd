/** A line of text under a heatmap: the row that is pointed at, a timestep, colours the tokens by its strengths. */

const NO_NUMBER = 255;
const SIGNS = { "\n": "⏎", " ": "·", "\t": "⇥", "\r": "␍" };
const MOVES = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 10, PageDown: -10, Home: -Infinity, End: Infinity };

export class Strip {
  /** `onTime` is told the timestep whose token is pointed at; null: none. */
  constructor(parent, onTime) {
    this.element = parent.appendChild(document.createElement("div"));
    this.element.className = "unroll-strip";
    this.element.hidden = true;
    this.element.tabIndex = 0;
    this.element.setAttribute("role", "slider");
    this.element.setAttribute("aria-valuemin", "1");
    this.title = this.element.appendChild(document.createElement("p"));
    this.text = this.element.appendChild(document.createElement("p"));
    this.row = null;
    this.map = 0;
    this.text.onpointerover = (event) => this.touch(event.target, onTime);
    this.text.onpointerleave = () => onTime(null);
    this.element.onkeydown = (event) => this.press(event);
  }

  /** Keep the room of so many tokens, before the first strip comes. */
  reserve(count) {
    if (this.given || !count) return;
    this.element.hidden = false;
    this.element.classList.add("reserved");
    this.title.textContent = "…";
    this.write(Array(count).fill(" "));
  }

  /** Show {tokens, names of rows that are no tokens, title, shape, data: base64 bytes} of the heatmaps among these traces, or nothing for null; the row that was
   * picked stays. */
  show(given, traces) {
    this.element.hidden = given === null;
    this.element.classList.remove("reserved");
    this.given = given;
    if (given === null) return;
    this.names = new Map(); // of the first heatmap in each subplot, by its y axis
    for (const trace of traces) if (trace.type === "heatmap" && !this.names.has(trace.yaxis)) this.names.set(trace.yaxis, trace.name);
    this.levels = Uint8Array.from(atob(given.data), (letter) => letter.charCodeAt(0));
    this.element.setAttribute("aria-label", given.title);
    this.element.setAttribute("aria-valuemax", String(this.length));
    if (`${given.tokens}` !== this.said) this.write(given.tokens);
    this.pick(Math.min(this.row ?? Infinity, this.length - 1), this.map);
  }

  /** How many rows there are. */
  get length() {
    return this.given.names.length || this.given.tokens.length;
  }

  /** How a row is called. */
  name(row) {
    return this.given.names.length ? signs(this.given.names[row]) : this.spans[row].textContent;
  }

  write(tokens) {
    this.said = `${tokens}`;
    this.spans = tokens.map((token) => {
      const span = document.createElement("span");
      span.textContent = signs(token);
      return span;
    });
    this.text.replaceChildren(...this.spans);
    this.row = null;
  }

  /** Colour the tokens by a row of one of the heatmaps. */
  pick(row, map) {
    const { names, tokens } = this.given;
    const maps = this.levels.length / (this.length * tokens.length);
    Object.assign(this, { row, map: Math.min(map, maps - 1) });
    const start = (this.map * this.length + row) * tokens.length;
    this.spans.forEach((span, index) => {
      const level = this.levels[start + index];
      span.style.setProperty("--level", level / (NO_NUMBER - 1));
      span.classList.toggle("no-number", level === NO_NUMBER);
      span.classList.toggle("picked", !names.length && index === row);
    });
    const said = `t = ${row + 1} “${this.name(row)}”`;
    const name = maps > 1 ? [...this.names.values()][this.map] : "";
    this.title.textContent = [this.given.title, said, name].filter(Boolean).join(" · ");
    this.element.setAttribute("aria-valuenow", String(row + 1));
    this.element.setAttribute("aria-valuetext", said);
  }

  /** A point of the picture above is pointed at. */
  point(point) {
    const map = this.given ? [...this.names.keys()].indexOf(point.data.yaxis) : -1;
    if (map >= 0) this.pick(Math.min(point.pointIndex[0], this.length - 1), map);
  }

  touch(target, onTime) {
    const row = this.spans.indexOf(target);
    if (row < 0 || this.given.names.length) return;
    this.pick(row, this.map);
    onTime(row + 1);
  }

  press(event) {
    const move = MOVES[event.key];
    if (move === undefined) return;
    event.preventDefault();
    this.pick(Math.min(Math.max(this.row + move, 0), this.length - 1), this.map);
  }
}

/** A token as it can be seen. */
function signs(token) {
  return Array.from(token, (letter) => SIGNS[letter] ?? letter).join("") || "∅";
}
