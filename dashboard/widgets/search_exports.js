/** What one takes home: the whole tree as a drawing, and as a picture. */

import { save } from "./save_file.js";
import { Drawing } from "./search_drawing.js";
import { CanvasPen, SvgPen, svgSheet } from "./search_pens.js";

const NAME = "search-tree";
const MARGIN = 20;
const MOST_SIDE = 8000; // pixels of a picture, which browsers can hold
const MOST_AREA = 4e7;
const SHARPEST = 2;

/** The tree as SVG, with its text as text. */
export function saveDrawing(scene, layout, look) {
  const frame = frameOf(layout);
  const sheet = svgSheet(frame);
  const pen = new SvgPen(sheet, look);
  pen.box(frame, 0, { fill: look.paper });
  new Drawing(pen, scene, layout, look, 1, frame).draw(scene.leaders);
  save(new Blob([new XMLSerializer().serializeToString(sheet)], { type: "image/svg+xml" }), `${NAME}.svg`);
}

/** The tree as PNG, as large as a browser can hold. */
export function savePicture(scene, layout, look) {
  const [x, y, width, height] = frameOf(layout);
  const scale = Math.min(SHARPEST, MOST_SIDE / width, MOST_SIDE / height, Math.sqrt(MOST_AREA / width / height));
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: Math.ceil(width * scale), height: Math.ceil(height * scale) });
  const context = canvas.getContext("2d");
  Object.assign(context, { fillStyle: look.paper });
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.setTransform(scale, 0, 0, scale, -x * scale, -y * scale);
  new Drawing(new CanvasPen(context, look), scene, layout, look, scale, [x, y, width, height]).draw(scene.leaders);
  canvas.toBlob((blob) => save(blob, `${NAME}.png`), "image/png");
}

function frameOf({ width, height }) {
  return [-MARGIN, -MARGIN, width + 2 * MARGIN + 60, height + 2 * MARGIN];
}
