/** The numbers of a drawn figure as a table: one line a point or cell, as it is drawn and as it was measured. */

import { save } from "./save_file.js";

const HEAD = ["subplot", "series", "x", "x_axis", "y", "y_axis", "z", "measured"];

/** Let the browser keep them. */
export function saveTable(plot, name) {
  save(new Blob([table(plot)], { type: "text/csv" }), `${name}.csv`);
}

/** Every trace that is shown, below each other. `measured` is what the pointer reads where that is not x, y or z. */
export function table(plot) {
  const shown = plot._fullData.filter((trace) => trace.visible === true);
  const lines = shown.flatMap((trace) => points(trace).map((point) => line(trace, point, plot.layout)));
  return [HEAD.join(","), ...lines, ""].join("\r\n");
}

/** As [x, y, z, measured]. */
function points(trace) {
  if (trace.z) return cells(trace);
  const along = trace.x ?? trace.y ?? [];
  return Array.from(along, (_, place) => [at(trace, "x", place), at(trace, "y", place), undefined, trace.customdata?.[place]]);
}

function cells(trace) {
  return Array.from(trace.z).flatMap((row, up) =>
    Array.from(row, (value, place) => [at(trace, "x", place), at(trace, "y", up), value, trace.customdata?.[up]?.[place]]),
  );
}

/** A place on an axis; a trace without one counts from its start. */
function at(trace, letter, place) {
  return trace[letter] ? trace[letter][place] : (trace[`${letter}0`] ?? 0) + place * (trace[`d${letter}`] ?? 1);
}

function line(trace, [x, y, z, measured], layout) {
  const [across, up] = ["x", "y"].map((letter) => layout[axisName(trace[`${letter}axis`] ?? letter)]?.title?.text);
  return [subplot(trace, layout), trace.name, x, across, y, up, z, measured].map(written).join(",");
}

/** What is written in bold in a trace's subplot, else its axes. */
function subplot({ xaxis = "x", yaxis = "y" }, { annotations = [] }) {
  const own = annotations.find(({ text, xref, yref }) => text.startsWith("<b>") && isOf(xref, xaxis) && isOf(yref, yaxis));
  return own?.text.replace(/<[^>]*>/g, "") ?? `${xaxis}${yaxis}`;
}

function isOf(reference, axis) {
  return reference === axis || reference === `${axis} domain`;
}

/** "x2" → "xaxis2". */
function axisName(short) {
  return `${short[0]}axis${short.slice(1)}`;
}

/** No spreadsheet takes a text for a formula. */
function written(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return Number.isFinite(value) || Number.isNaN(value) ? String(value) : value > 0 ? "Inf" : "-Inf";
  const text = Array.isArray(value) || ArrayBuffer.isView(value) ? Array.from(value).join(" ") : String(value).replace(/<br>/g, " ");
  const isNumber = text.trim() && !Number.isNaN(Number(text));
  const safe = !isNumber && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}
