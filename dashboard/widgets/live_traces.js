/** From rows to Plotly traces, by a panel's kind. A trace without a source stays as its figure has it. */

const NOT_A_NUMBER = "#d55e00";

export function traces(panel, history, shown) {
  const rows = history.rows;
  if (!rows.length || !panel.sources.length) return panel.base.data;
  if (panel.kind === "curves") return perTrace(panel, (trace, source) => curve(panel, trace, rows[shown].values.get(source)));
  if (panel.kind === "scalars") return perTrace(panel, (trace, source) => line(panel, trace, rows, source));
  if (panel.kind === "heatmap" || panel.kind === "blocks") return heatmap(panel, panel.base.data[0], rows, history.stride);
  return panel.base.data;
}

function perTrace(panel, feed) {
  return panel.base.data.map((trace, index) => (panel.sources[index] ? feed(trace, panel.sources[index]) : trace));
}

/** Values over the timestep; what a log axis cannot show stands at the floor (▽) or at the top (×). */
function curve(panel, trace, values) {
  if (!values) return trace;
  const top = 10 ** (panel.base.layout.yaxis?.range?.[1] ?? Math.log10(Math.max(...finite(values), panel.floor)));
  const marks = Array.from(values, (value) => (!Number.isFinite(value) ? "x" : value < panel.floor ? "triangle-down-open" : null));
  const y = Array.from(values, (value) => (Number.isFinite(value) ? Math.max(value, panel.floor) : top));
  const customdata = Array.from(values, (value) => said(value, panel.floor));
  return { ...trace, x: trace.x ?? counted(values.length), y, customdata, ...marked(trace, marks) };
}

/** A scalar over the training step; NaN and Inf are an × at the last finite value, what is under a log axis's floor a ▽ on it. */
function line(panel, trace, rows, source) {
  const fed = rows.filter((row) => row.values.has(source));
  if (!fed.length) return trace;
  const floor = panel.base.layout.yaxis?.type === "log" ? panel.floor : -Infinity;
  const values = fed.map((row) => row.values.get(source));
  let last = Math.max(finite(values)[0] ?? 0, floor);
  const y = values.map((value) => (last = Number.isFinite(value) ? Math.max(value, floor) : last));
  const marks = values.map((value) => (!Number.isFinite(value) ? "x" : value < floor ? "triangle-down-open" : null));
  return { ...trace, x: fed.map((row) => row.step), y, customdata: values.map((value) => said(value, floor)), ...marked(trace, marks) };
}

/** log₁₀ over training step × timestep, or named row. Steps are evenly spaced, which Plotly draws 3–4 times faster: the newest column, while
 * it is off the stride, stands where the next on the stride will be. */
function heatmap(panel, trace, rows, stride) {
  const fed = rows.filter((row) => row.values.has(panel.sources[0]));
  if (!fed.length) return panel.base.data;
  const columns = fed.map((row) => row.values.get(panel.sources[0]));
  const times = Array.from(columns[0].keys());
  const log = (value) => (Number.isFinite(value) ? Math.log10(Math.max(value, panel.floor)) : null);
  const x = fed.map((row) => Math.ceil(row.step / stride) * stride);
  const y = trace.y ?? counted(times.length);
  const z = times.map((t) => columns.map((column) => log(column[t])));
  const customdata = times.map((t) => columns.map((column) => column[t]));
  const main = { ...trace, x, y, z, customdata, hoverongaps: true };
  panel.hasGaps = columns.some((column) => column.some((value) => !Number.isFinite(value)));
  return panel.hasGaps ? [main, gaps(x, y, z)] : [main];
}

function gaps(x, y, z) {
  const colorscale = [[0, NOT_A_NUMBER], [1, NOT_A_NUMBER]];
  const missing = z.map((line) => line.map((value) => (value === null ? 1 : null)));
  return { type: "heatmap", x, y, z: missing, colorscale, zmin: 0, zmax: 1, showscale: false, hoverinfo: "skip" };
}

/** Mode and marker of a trace with these marks; sizes and symbols that the figure gave point by point belong to its own points. */
function marked(trace, marks) {
  const hasMarkers = trace.mode?.includes("markers");
  const plain = { size: single(trace.marker?.size, 6), symbol: single(trace.marker?.symbol, "circle") };
  if (marks.every((mark) => mark === null)) return hasMarkers ? { marker: { ...trace.marker, ...plain } } : {};
  const size = marks.map((mark) => (mark ? 7 : hasMarkers ? plain.size : 0));
  const symbol = marks.map((mark) => mark ?? plain.symbol);
  return { mode: "lines+markers", cliponaxis: false, marker: { color: trace.line?.color, ...trace.marker, size, symbol } };
}

function single(given, otherwise) {
  return typeof given === "number" || typeof given === "string" ? given : otherwise;
}

/** A measured value in words. */
export function said(value, floor = 0) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "−Inf";
  if (value === 0 && floor > 0) return "0 (underflow, drawn at the floor)";
  const size = Math.abs(value);
  const digits = value === 0 || (size >= 0.01 && size < 1e4) ? String(Number(value.toPrecision(3))) : value.toExponential(2);
  return value < floor ? `${digits} (below the floor)` : digits;
}

function finite(values) {
  return Array.from(values).filter(Number.isFinite);
}

function counted(length) {
  return Array.from({ length }, (_, index) => index + 1);
}
