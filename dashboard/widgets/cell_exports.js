/** What one takes home of the drawn cell: a picture that needs no page, with its styles written in and its squares as an image. */

import { draw } from "./cell_symbols.js";
import { save } from "./save_file.js";

const STYLES = ["fill", "stroke", "stroke-width", "font-family", "font-size", "font-weight", "font-style", "opacity", "visibility"];
const TITLE = 26;

/** The cell as SVG, under a line that says whose it is. */
export function saveCell({ svg, canvas, geometry }, look, title, name) {
  const copy = svg.cloneNode(true);
  const [shown, copied] = [svg, copy].map((root) => [...root.querySelectorAll("*")]);
  shown.forEach((element, place) => writeStyle(copied[place], getComputedStyle(element)));
  const { width, height } = geometry;
  copy.setAttribute("viewBox", `0 ${-TITLE} ${width} ${height + TITLE}`);
  copy.style.cssText = `background:${look.paper}`;
  const heading = draw(copy, "text", { x: 8, y: -8, fill: look.ink, "font-family": look.font, "font-size": 14, "font-weight": 600 });
  heading.textContent = title;
  draw(copy, "image", { href: canvas.toDataURL("image/png"), width, height, style: "image-rendering:pixelated" });
  save(new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" }), `${name}.svg`);
}

function writeStyle(element, style) {
  for (const name of STYLES) element.style.setProperty(name, style.getPropertyValue(name));
}
