/** What one takes home: the maps as a picture, and the unit's line as a table. */

import { exactPlane, settled } from "./reader_feed.js";
import { save } from "./save_file.js";

const MARGIN = 12;
const TITLE = 22;

/** Maps, line and axis below each other in one PNG, under a line that says what they are. */
export function savePicture(pictures, look, title, name) {
  const canvases = pictures.map((picture) => picture.canvas).filter((canvas) => canvas.height);
  const sheet = document.createElement("canvas");
  const scale = look.ratio;
  sheet.width = canvases[0].width + 2 * MARGIN * scale;
  sheet.height = canvases.reduce((sum, canvas) => sum + canvas.height, 0) + (TITLE + 2 * MARGIN) * scale;
  const context = sheet.getContext("2d");
  Object.assign(context, { fillStyle: look.paper });
  context.fillRect(0, 0, sheet.width, sheet.height);
  Object.assign(context, { fillStyle: look.ink, font: `600 ${14 * scale}px ${look.font}`, textBaseline: "top" });
  context.fillText(title, MARGIN * scale, MARGIN * scale);
  let top = (MARGIN + TITLE) * scale;
  for (const canvas of canvases) {
    context.drawImage(canvas, MARGIN * scale, top);
    top += canvas.height;
  }
  sheet.toBlob((blob) => save(blob, `${name}.png`), "image/png");
}

/** One line a timestep: symbol, loss, and every gate and state of the unit in single precision. */
export async function saveLine(scene, question, name) {
  const { unit, steps, reading } = scene;
  const asked = settled(question, reading.step);
  const planes = await Promise.all(reading.gates.map((gate) => exactPlane(asked, gate)));
  const rows = reading.tokens.map((token, t) => {
    const values = planes.map((plane) => plane[unit * steps + t]);
    return [t, quoted(token), reading.losses?.[t] ?? "", ...values.map(exact)].join(",");
  });
  const head = ["t", "symbol", "loss_nats", ...reading.gates.map((gate) => `${gate}_${unit}`)].join(",");
  save(new Blob([[head, ...rows, ""].join("\r\n")], { type: "text/csv" }), `${name}-unit-${unit}.csv`);
}

/** As JSON writes it, so that a line break stays in its line and no spreadsheet takes a symbol for a formula. */
function quoted(token) {
  return `"${JSON.stringify(token).replaceAll('"', '""')}"`;
}

/** As many digits as single precision has. */
function exact(value) {
  return Number.isFinite(value) ? String(Number(value.toPrecision(9))) : String(value);
}
