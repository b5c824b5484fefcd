/** What is known of one node: its text, its factors, its place among the others, why it is what it is, and what may follow. */

import { Looked } from "./search_attention.js";
import { Bars } from "./search_bars.js";
import { colorOf, fillOf, shapeOf } from "./search_signs.js";
import { SvgPen, svgSheet } from "./search_pens.js";
import { sentenceOf } from "./search_trouble.js";
import { fateOf, number, probability } from "./search_words.js";
import { lineage } from "./search_scene.js";
import { add, button, percent, sign } from "./reader_words.js";

const SIDE = 18;

export class Inspector {
  /** `on` has force(), explore(), fold(), open() and leave(). */
  constructor(parent, on) {
    this.element = add(parent, "aside", "unroll-search-inspector");
    Object.assign(this.element, { tabIndex: -1 });
    this.element.setAttribute("aria-label", "The hypothesis that is looked at");
    this.element.onkeydown = (event) => event.key === "Escape" && on.leave();
    this.status = add(this.element, "h3");
    this.text = add(this.element, "p", "text");
    this.fate = add(this.element, "p", "fate");
    this.numbers = add(this.element, "dl");
    this.product = add(this.element, "p", "product");
    const buttons = add(this.element, "div", "unroll-search-group");
    this.force = button(buttons, "Decode from here", "Search again, with these tokens forced as the beginning", on.force);
    this.explore = button(buttons, "Explore below", "Ask the model what would have followed", on.explore);
    this.fold = button(buttons, "Fold", "Hide or show what is below this node", on.fold);
    this.open = button(buttons, "", "Give a node to each listed token that may follow", on.open);
    this.looked = new Looked(this.element);
    this.bars = new Bars(this.element);
  }

  /** Show the cursor's node; `stub` is what is not drawn below it. */
  show(scene, look, stub) {
    const { cursor: node } = scene;
    const status = scene.status(node);
    this.title(status, look);
    this.hypothesis(scene, node);
    this.fate.textContent = fateOf(node, scene);
    this.fill(node, scene.isOneByOne);
    this.factors(scene, node);
    const isFolded = scene.folded.has(node);
    Object.assign(this.fold, { hidden: node.children.length === 0, textContent: isFolded ? "Unfold" : "Fold" });
    Object.assign(this.open, { hidden: isFolded || !stub?.listed, textContent: `Show ${stub?.listed} more` });
    this.force.disabled = !node.parent;
    this.explore.hidden = !canExplore(node, scene.answer.end);
  }

  /** Show where the model looked and what may follow, as `asks.attention` and `asks.following` give it for a path. */
  ask(scene, look, asks, signal) {
    this.looked.ask(scene, scene.cursor, look, asks.attention, signal);
    this.askNext(scene, look, asks.following, signal);
  }

  /** Show what may follow; of what has ended, what could have come in place of the end. */
  async askNext(scene, look, ask, signal) {
    const { cursor: node } = scene;
    const hasEnded = node.token === scene.answer.end;
    const about = hasEnded ? node.parent : node;
    try {
      const next = await ask(scene.path(about));
      const title = hasEnded ? "It has ended; what could have come instead" : "What may follow";
      if (!signal.aborted) this.bars.show(scene, about, next, look, title);
    } catch (error) {
      if (!signal.aborted) this.bars.tell(sentenceOf(error));
    }
  }

  title(status, look) {
    const sheet = svgSheet([0, 0, SIDE, SIDE]);
    sheet.setAttribute("aria-hidden", "true");
    new SvgPen(sheet, {}).shapes([shapeOf(status, SIDE / 2, SIDE / 2, 7)], fillOf(status, colorOf(status, look.colors), look.paper));
    this.status.replaceChildren(sheet, status);
  }

  /** The prefix, and behind it what was generated. */
  hypothesis(scene, node) {
    this.text.replaceChildren();
    add(this.text, "span", "prefix", scene.answer.prefix.map((token) => sign(scene.answer.symbols[token])).join(scene.gap));
    const generated = scene.path(node).map((token) => sign(scene.answer.symbols[token]));
    add(this.text, "mark", "", generated.join(scene.gap) || "∅");
  }

  fill(node, isOneByOne) {
    const rows = [["log P", number(node.logProb)], ["P", probability(node.logProb)]];
    if (node.parent) rows.push(["step log P", number(node.stepLogProb)]);
    if (node.parent && node.status !== "explored") rows.push(["score", number(node.score)], ["rank", node.rank]);
    if (node.parent && node.status !== "explored" && !isOneByOne) rows.push(["gap", number(node.gap)]);
    this.numbers.replaceChildren();
    for (const [name, value] of rows) {
      add(this.numbers, "dt", "", name);
      add(this.numbers, "dd", "", String(value));
    }
  }

  /** P(y | x) as the product of its factors. */
  factors(scene, node) {
    this.product.replaceChildren();
    const line = lineage(node).slice(0, -1).reverse();
    this.product.hidden = line.length === 0;
    add(this.product, "span", "", "P(y | x) = ");
    line.forEach((one, place) => {
      if (place) this.product.append(" × ");
      const factor = add(this.product, "span", "factor");
      add(factor, "code", "", sign(scene.symbol(one)));
      factor.append(` ${percent(scene.probability(one))}`);
    });
    this.product.append(` = ${probability(node.logProb)}`);
  }
}

/** Whether the search did not look below a node, and something may be there. */
export function canExplore(node, end) {
  return node.token !== end && node.children.every((child) => child.status === "explored") && (node.children.length === 0 ? node.restCount === 0 : node.restCount > 0);
}
