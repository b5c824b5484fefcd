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

export class Panel {
  constructor(onTime, onClick) {
    this.element = document.createElement("figure");
    this.element.className = "unroll-panel";
    this.element.setAttribute("role", "group");
    this.caption = this.element.appendChild(document.createElement("figcaption"));
    this.frame = this.element.appendChild(document.createElement("div"));
    this.frame.className = "unroll-plot";
    this.plot = this.frame.appendChild(document.createElement("div"));
    this.stepMark = mark(this.frame, "step");
    this.timeMark = mark(this.frame, "time");
    this.onTime = onTime;
    this.onClick = onClick;
    this.isMade = false;
    this.isDirty = true;
    this.isSeen = true;
    this.step = null;
    this.time = null;
  }

  /** What Python says about this panel. */
  describe(given, order) {
    if (given.figure !== this.given?.figure) this.base = JSON.parse(given.figure);
    this.given = given;
    this.element.setAttribute("aria-label", given.alt);
    this.element.style.order = order;
    this.element.style.setProperty("--unroll-span", given.span);
    this.element.dataset.panel = given.id;
    this.frame.style.height = `${given.height}px`;
    this.isDirty = true;
  }

  get kind() {
    return this.given.kind;
  }

  /** Draw the history, with curves at the row `shown`; `revision` names what zoom belongs to. Resolves when drawn. */
  async draw(Plotly, theme, history, shown, revision) {
    this.isDirty = false;
    const panel = { base: this.base, hasGaps: false, ...this.given };
    const data = traces(panel, history, shown);
    this.showCaption(panel.hasGaps);
    const layout = {
      dragmode: IS_TOUCH ? false : "zoom",
      ...this.base.layout,
      template: theme,
      uirevision: revision,
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
      ],
    };
    return this.plotConfig;
  }

  listen() {
    this.isMade = true;
    this.plot.on("plotly_hover", (event) => this.onTime(this.timeOf(event.points[0])));
    this.plot.on("plotly_unhover", () => this.onTime(null));
    this.plot.on("plotly_click", (event) => this.onClick(this.clickOf(event.points[0])));
    this.plot.on("plotly_afterplot", () => this.placeMarks());
  }

  timeOf(point) {
    return this.given.timeAxis ? point[this.given.timeAxis] : null;
  }

  clickOf(point) {
    const value = this.kind === "heatmap" ? Number(point.customdata ?? point.z) : point.y;
    return {
      panel: this.given.id,
      step: this.kind === "heatmap" || this.kind === "scalars" ? point.x : null,
      t: this.timeOf(point),
      value: Number.isFinite(value) ? value : null,
      series: point.data.name ?? "",
    };
  }

  /** Mark a training step (null: none) and a timestep. */
  mark(step, time) {
    this.step = step;
    this.time = time;
    this.placeMarks();
  }

  placeMarks() {
    if (!this.plot._fullLayout?.xaxis) return;
    const hasSteps = this.kind === "heatmap" || this.kind === "scalars";
    place(this.plot, this.stepMark, "x", hasSteps ? this.step : null);
    place(this.plot, this.timeMark, this.given.timeAxis ?? "x", this.given.timeAxis ? this.time : null);
  }

  resize(Plotly) {
    if (this.isMade) Plotly.Plots.resize(this.plot);
  }

  destroy(Plotly) {
    if (this.isMade) Plotly.purge(this.plot);
    this.element.remove();
  }
}

function mark(frame, kind) {
  const line = frame.appendChild(document.createElement("div"));
  line.className = `unroll-mark ${kind}`;
  line.setAttribute("aria-hidden", "true");
  return line;
}

/** Lay a line over the plot at a value of one axis; hide it for null and outside of the axis. */
function place(plot, line, letter, value) {
  const { xaxis, yaxis } = plot._fullLayout;
  const [along, across] = letter === "x" ? [xaxis, yaxis] : [yaxis, xaxis];
  const at = value === null ? Number.NaN : along.d2p(value);
  const isInside = at >= 0 && at <= along._length;
  line.style.display = isInside ? "block" : "none";
  if (!isInside) return;
  line.classList.toggle("vertical", letter === "x");
  line.classList.toggle("horizontal", letter === "y");
  const start = `${along._offset + at - 1}px`;
  const [offset, length] = [`${across._offset}px`, `${across._length}px`];
  Object.assign(line.style, letter === "x" ? { left: start, top: offset, height: length, width: "0" } : { top: start, left: offset, width: length, height: "0" });
}
