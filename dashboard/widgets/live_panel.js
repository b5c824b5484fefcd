/** One panel: a caption, a Plotly figure that is made once and then only updated, and the markers that lie over it. */

import { traces } from "./live_traces.js";

const IS_TOUCH = window.matchMedia("(pointer: coarse)").matches;
const CONFIG = {
  displayModeBar: IS_TOUCH ? false : "hover", // it would lie over the legend for good, and dragging has to scroll
  displaylogo: false,
  showSendToCloud: false,
  responsive: false, // the host watches the width of its own grid
  modeBarButtonsToRemove: ["lasso2d", "select2d"],
};
const TABLE = { width: 24, height: 24, path: "M3 4h18v16H3zM5 6v3h14V6zM5 11v3h6v-3zM13 11v3h6v-3zM5 16v2h6v-2zM13 16v2h6v-2z" };

export class Panel {
  constructor(onTime, onClick) {
    this.element = document.createElement("figure");
    this.element.className = "unroll-panel";
    this.element.setAttribute("role", "group");
    this.caption = this.element.appendChild(document.createElement("figcaption"));
    this.body = this.element.appendChild(document.createElement("div"));
    this.frame = this.body.appendChild(document.createElement("div"));
    this.frame.className = "unroll-plot";
    this.plot = this.frame.appendChild(document.createElement("div"));
    this.stepMark = new Mark(this.frame, "step");
    this.timeMark = new Mark(this.frame, "time");
    this.onTime = onTime;
    this.onClick = onClick;
    this.isMade = false;
    this.isDirty = true;
    this.isSeen = true;
    this.isNear = false; // as seen, but only once the browser has said so
    this.asking = null; // of an asked panel: what asks for it
    this.answer = null; // … and the figure that came
    this.step = null;
    this.time = null;
  }

  /** What Python says about this panel; to say the same again, another question apart, draws nothing. */
  describe(given, order) {
    const said = JSON.stringify({ ...given, question: null });
    this.isDirty ||= said !== this.said;
    this.said = said;
    if (given.figure !== this.given?.figure) this.base = JSON.parse(given.figure);
    this.given = given;
    this.element.setAttribute("aria-label", given.alt);
    this.element.style.order = order;
    this.element.style.setProperty("--unroll-span", given.span);
    this.element.dataset.panel = given.id;
    this.frame.style.height = `${given.height}px`;
  }

  get kind() {
    return this.given.kind;
  }

  /** An asked panel's picture has come. */
  take(figure) {
    this.answer = figure;
    this.isDirty = true;
  }

  /** What the picture is made of; null while an asked panel has nothing to show. */
  get figure() {
    if (this.kind !== "asked") return this.base;
    const isBlank = !this.base.data.length && !Object.keys(this.base.layout).length;
    return this.answer ?? (isBlank ? null : this.base);
  }

  get traceCount() {
    return this.figure?.data.length ?? 0;
  }

  /** Draw the history, with curves at the row `shown`; `revision` names what zoom belongs to. Resolves when drawn. */
  async draw(Plotly, theme, history, shown, revision) {
    this.isDirty = false;
    const { figure } = this;
    const panel = { base: figure, hasGaps: false, ...this.given };
    const data = figure && traces(panel, history, shown).map((trace) => ({ ...trace }));
    this.showCaption(panel.hasGaps);
    if (!figure) return;
    const layout = {
      dragmode: IS_TOUCH ? false : "zoom",
      margin: margin(figure),
      ...structuredClone(figure.layout), // Plotly writes zoom into what it is given, and would take that for ours
      template: theme,
      uirevision: this.kind === "asked" ? `${this.given.question.split("?")[0]} ${revision}` : revision,
      height: this.given.height,
      autosize: true,
    };
    await Plotly.react(this.plot, data, layout, this.config(Plotly));
    if (!this.isMade) this.listen();
    this.placeMarks();
  }

  showCaption(hasGaps) {
    const text = hasGaps ? `${this.given.title} ` : this.given.title;
    if (this.caption.dataset.text === text) return;
    this.caption.dataset.text = text;
    this.caption.textContent = text;
    if (!hasGaps) return;
    const note = this.caption.appendChild(document.createElement("span"));
    note.className = "unroll-note";
    note.textContent = "■ NaN or Inf";
  }

  config(Plotly) {
    this.plotConfig ??= {
      ...CONFIG,
      toImageButtonOptions: { format: "png", filename: this.given.id, scale: 2 },
      modeBarButtonsToAdd: [
        {
          name: "svg",
          title: "Download as SVG",
          icon: Plotly.Icons.disk,
          click: (plot) => Plotly.downloadImage(plot, { format: "svg", filename: this.given.id }),
        },
        {
          name: "csv",
          title: "Download the numbers as CSV",
          icon: TABLE,
          click: async (plot) => (await import("./live_csv.js")).saveTable(plot, this.given.id),
        },
      ],
    };
    return this.plotConfig;
  }

  listen() {
    this.isMade = true;
    this.plot.on("plotly_hover", (event) => this.point(event.points[0]));
    this.plot.on("plotly_unhover", () => this.onTime(null));
    this.plot.on("plotly_click", (event) => this.onClick(this.clickOf(event.points[0])));
    this.plot.on("plotly_afterplot", () => this.placeMarks());
  }

  point(point) {
    this.onTime(this.timeOf(point));
    this.onPoint?.(point);
  }

  timeOf(point) {
    return this.given.timeAxis ? point[this.given.timeAxis] : null;
  }

  clickOf(point) {
    const value = point.data.type === "heatmap" ? Number(point.customdata ?? point.z) : point.y;
    return {
      panel: this.given.id,
      step: this.hasSteps ? point.x : null,
      t: this.timeOf(point),
      value: Number.isFinite(value) ? value : null,
      series: this.kind === "blocks" ? point.y : (point.data.name ?? ""),
      id: point.id ?? "",
    };
  }

  /** Whether x is the training step. */
  get hasSteps() {
    return ["heatmap", "blocks", "scalars"].includes(this.kind);
  }

  /** Mark a training step (null: none) and a timestep. */
  mark(step, time) {
    this.step = step;
    this.time = time;
    this.placeMarks();
  }

  placeMarks() {
    if (!this.plot._fullLayout?.xaxis) return;
    this.stepMark.place(this.plot, "x", this.hasSteps ? this.step : null);
    this.timeMark.place(this.plot, this.given.timeAxis ?? "x", this.given.timeAxis ? this.time : null);
  }

  resize(Plotly) {
    if (this.isMade) Plotly.Plots.resize(this.plot);
  }

  destroy(Plotly) {
    this.asking?.end();
    if (this.isMade) Plotly.purge(this.plot);
    this.element.remove();
  }
}

const LONGEST = 10; // characters of a tick's text; of longer ones Plotly finds the width

/** Room for what most figures write beside their axes: Plotly draws all anew when it finds that they need more than there is. */
function margin({ data, layout }) {
  const across = Object.keys(layout).filter((name) => name.startsWith("xaxis")).map((name) => layout[name]);
  const isOnTop = across.some(({ side }) => side === "top");
  const hasScale = data.some((trace) => trace.type === "heatmap" && trace.showscale !== false);
  const left = layout.yaxis?.side === "right" ? 8 : leftOf(layout.yaxis ?? {});
  const bottom = isOnTop ? 8 : Math.max(8, ...across.map(below)) + (hasScale ? 6 : 0);
  return { l: left, r: hasScale ? 82 : 8, t: isOnTop ? 72 : 8, b: bottom };
}

function leftOf({ showticklabels, ticktext, title }) {
  const widest = Math.max(0, ...(ticktext ?? []).map((text) => text.length));
  const labels = showticklabels === false ? 8 : ticktext ? 12 + 8 * Math.min(widest, LONGEST) : 28;
  return labels + (title?.text ? 26 : 0);
}

function below({ showticklabels, title }) {
  const labels = showticklabels === false ? 2 : 24;
  return labels + (title?.text ? 18 : 0);
}

/** A line over each of a plot's subplots, at one value. */
class Mark {
  constructor(frame, kind) {
    this.frame = frame;
    this.kind = kind;
    this.lines = [];
  }

  /** Lay the lines at a value of one axis; hide them for null and outside of the axis. */
  place(plot, letter, value) {
    const subplots = value === null ? [] : Object.values(plot._fullLayout._plots);
    while (this.lines.length < subplots.length) this.lines.push(this.line());
    this.lines.forEach((line, index) => {
      line.style.display = subplots[index] && lay(line, subplots[index], letter, value) ? "block" : "none";
      line.classList.toggle("bright", plot.data[0]?.type === "heatmap");
    });
  }

  line() {
    const line = this.frame.appendChild(document.createElement("div"));
    line.className = `unroll-mark ${this.kind}`;
    line.setAttribute("aria-hidden", "true");
    return line;
  }
}

/** Lay a line over a subplot at a value of one axis; false if that is outside. */
function lay(line, { xaxis, yaxis }, letter, value) {
  const [along, across] = letter === "x" ? [xaxis, yaxis] : [yaxis, xaxis];
  const at = along.d2p(value);
  if (!(at >= 0 && at <= along._length)) return false;
  line.classList.toggle("vertical", letter === "x");
  line.classList.toggle("horizontal", letter === "y");
  const start = `${along._offset + at - 1}px`;
  const [offset, length] = [`${across._offset}px`, `${across._length}px`];
  Object.assign(line.style, letter === "x" ? { left: start, top: offset, height: length, width: "0" } : { top: start, left: offset, width: length, height: "0" });
  return true;
}
