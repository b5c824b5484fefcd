/** What shapes, lines and stars mean, with how many nodes of each status there are. */

import { STATUSES, colorOf, fillOf, shapeOf, star } from "./search_signs.js";
import { SvgPen, svgSheet } from "./search_pens.js";
import { add } from "./reader_words.js";

const SIDE = 16;
const HINT = "Drag to move, click a node to look at it, double click to fold; once clicked, the wheel zooms and the arrow keys walk.";

export class Legend {
  constructor(parent) {
    this.element = add(parent, "div", "unroll-search-legend");
    add(parent, "p", "unroll-search-hint", HINT);
    this.notes = add(parent, "p", "unroll-search-notes");
  }

  show(scene, look) {
    this.element.replaceChildren();
    const counts = countsOf(scene);
    for (const status of STATUSES.filter((one) => counts.get(one))) {
      const color = colorOf(status, look.colors);
      this.entry([shapeOf(status, SIDE / 2, SIDE / 2, 6)], fillOf(status, color, look.paper), `${status} ${counts.get(status).toLocaleString("en")}`);
    }
    const line = [[0, 5], [SIDE, 5], [SIDE, 11], [0, 11]];
    if (scene.front.length) this.entry([star(SIDE / 2, SIDE / 2, 7)], { fill: look.colors.winner }, `${scene.step === null ? "winner" : "best finished so far"}, solid line`);
    if (scene.best.size) this.entry([star(SIDE / 2, SIDE / 2, 7)], { fill: look.colors["true best"] }, `true best, dashed line${scene.bestNode ? "" : ": its beginning"}`);
    this.entry([line], { fill: look.colors.kept }, "edge: wide = a likely token, pale = far behind the best of its step");
    this.notes.textContent = notesOf(scene);
  }

  entry(polygons, style, words) {
    const entry = add(this.element, "span");
    const sheet = svgSheet([0, 0, SIDE, SIDE]);
    sheet.setAttribute("aria-hidden", "true");
    new SvgPen(sheet, {}).shapes(polygons, style);
    entry.append(sheet, words);
  }
}

function countsOf(scene) {
  const counts = new Map();
  const waiting = scene.root ? [scene.root] : [];
  while (waiting.length) {
    const node = waiting.pop();
    if (node.known > scene.now) continue;
    const status = scene.status(node);
    counts.set(status, (counts.get(status) ?? 0) + 1);
    waiting.push(...node.children);
  }
  return counts;
}

function notesOf({ answer }) {
  const left = answer.hidden?.count ? `${answer.hidden.count.toLocaleString("en")} more candidates are not listed, only counted where they branch off. ` : "";
  return `${left}${answer.best_status ?? ""} ${answer.method[0].toUpperCase()}${answer.method.slice(1)}. Stopped: ${answer.stopped}.`.trim();
}
