/** What may follow a hypothesis: the likeliest tokens as bars, what the search made of each, and where it cut. */

import { colorOf, fillOf, shapeOf } from "./search_signs.js";
import { SvgPen, svgSheet } from "./search_pens.js";
import { brief } from "./search_drawing.js";
import { isGoing } from "./search_scene.js";
import { add, percent, sign } from "./reader_words.js";

const MOST = 12;
const SIDE = 12;

export class Bars {
  constructor(parent) {
    this.element = add(parent, "div", "unroll-search-next");
  }

  tell(sentence) {
    this.element.replaceChildren();
    add(this.element, "p", "", sentence);
  }

  /** `next` is as `following` gives it, of `node`. */
  show(scene, node, next, look, title = "What may follow") {
    this.element.replaceChildren();
    add(this.element, "h4", "", title);
    const order = next.log_probs.map((_, token) => token).sort((one, other) => (next.log_probs[other] ?? -Infinity) - (next.log_probs[one] ?? -Infinity));
    const children = new Map(node.children.filter((child) => child.known <= scene.now).map((child) => [child.token, child]));
    const list = add(this.element, "ol");
    const cut = cutOf(order, children, next.filtered);
    order.slice(0, MOST).forEach((token, place) => {
      if (cut?.place === place) this.cutLine(list, cut.words);
      this.bar(list, scene, token, next.log_probs[token], children.get(token), look);
    });
    const rest = order.slice(MOST);
    const mass = rest.reduce((sum, token) => sum + Math.exp(next.log_probs[token] ?? -Infinity), 0);
    if (rest.length) add(this.element, "p", "rest", `${rest.length.toLocaleString("en")} more · mass ${brief(mass)}${cut?.place >= MOST ? `; the cut is after ${cut.place}` : ""}`);
  }

  bar(list, scene, token, logProb, child, look) {
    const row = add(list, "li");
    const status = child ? scene.status(child) : null;
    const sheet = row.appendChild(svgSheet([0, 0, SIDE, SIDE]));
    sheet.setAttribute("aria-hidden", "true");
    const color = status ? colorOf(status, look.colors) : look.ink;
    if (status) new SvgPen(sheet, {}).shapes([shapeOf(status, SIDE / 2, SIDE / 2, 5)], fillOf(status, color, look.paper));
    add(row, "code", "", sign(scene.answer.symbols[token]));
    const track = add(row, "div", "track");
    Object.assign(add(track, "div").style, { width: `${100 * Math.exp(logProb ?? -Infinity)}%`, background: color });
    add(row, "output", "", percent(Math.exp(logProb ?? -Infinity)));
    row.title = status ?? "not listed";
    add(row, "span", "unroll-search-spoken", status ?? "not listed");
  }

  cutLine(list, words) {
    add(list, "li", "cut", words);
  }
}

/** Before which place of the order the cut is, and what cut; null: nothing was. */
function cutOf(order, children, filtered) {
  const firstFiltered = order.findIndex((token) => filtered?.[token]);
  if (firstFiltered >= 0) return { place: firstFiltered, words: "cut by top k or top p" };
  if (![...children.values()].some((child) => child.status !== "explored")) return null;
  const last = order.findLastIndex((token) => children.has(token) && isGoing(children.get(token)));
  return { place: last + 1, words: last < 0 ? "nothing of it was kept" : "cut: nothing below was kept" };
}
