/** The tree with a pen: edges as wide as a token is likely, nodes by status, the winner's path, the true best, cut lines. */

import { BOX, COLUMN, ROW, lastAbove } from "./search_layout.js";
import { isGoing } from "./search_scene.js";
import { colorOf, fillOf, shapeOf, star, wordOf } from "./search_signs.js";
import { percent, sign } from "./reader_words.js";

const WIDEST = 7; // of an edge whose token is certain; a unit less for each nat
const BEHIND = 6; // nats behind the best of its step, at which an edge is palest
const PALEST = 0.25;
const TEXT_SCALE = 0.55; // below it a node is a sign alone
const STRAIGHT_SCALE = 0.22;
const LEAST_SIGN = 3; // pixels
const LEAST_EDGE = 0.9;
const LONGEST = 7; // letters of a token in its box

export class Drawing {
  /** `look` is {colors, ink, line, paper}; `scale` is pixels a unit of the plane, `view` what is in sight, [x, y, width, height]. */
  constructor(pen, scene, layout, look, scale, view) {
    Object.assign(this, { pen, scene, layout, look, scale, view });
    this.front = scene.front;
    this.isDetailed = scale >= TEXT_SCALE;
  }

  draw(leaders) {
    const items = this.itemsInSight();
    this.path(this.scene.best, this.look.colors["true best"], [9, 6], 13);
    this.path(this.front, this.look.colors.winner, [], 9);
    this.edges(items, leaders);
    this.cuts();
    if (this.isDetailed) this.boxes(items);
    else this.signs(items);
    this.stars();
  }

  /** Items and stubs of the columns in sight, with a column more at the left for the edges that lead in. */
  itemsInSight() {
    const [x, y, width, height] = this.view;
    const found = [];
    const last = Math.min(Math.floor((x + width) / COLUMN), this.layout.columns.length - 1);
    for (let depth = Math.max(Math.floor(x / COLUMN), 0); depth <= last + 1; depth += 1) {
      const column = this.layout.columns[depth] ?? [];
      for (let index = Math.max(lastAbove(column, y - ROW), 0); index < column.length && column[index].place.y <= y + height; index += 1) {
        const { item, place } = column[index];
        found.push({ item, place, isStub: place !== item });
      }
      this.longEdges(depth, found);
    }
    return found;
  }

  /** What an edge crosses the picture to reach is drawn although it stands outside of it. */
  longEdges(depth, found) {
    const [, y, , height] = this.view;
    const parents = (this.layout.columns[depth - 1] ?? []).filter(({ item, place }) => place === item && place.y <= y + height && item.items.length);
    for (const { item } of parents) {
      const crossing = item.items.filter((child) => Math.max(child.y, item.y) > y - ROW && (child.y < y - ROW || child.y > y + height));
      for (const child of crossing) found.push({ item: child, place: child, isStub: false, isEdge: true });
    }
  }

  /** Edges of one look are drawn together, those that went on over the others. */
  edges(items, leaders) {
    const buckets = new Map();
    for (const { item, isStub } of items) {
      const edge = isStub ? this.stubEdge(item) : item.parent && this.edge(item, leaders);
      if (!edge) continue;
      if (!buckets.has(edge.look)) buckets.set(edge.look, { style: edge.style(), curves: [] });
      buckets.get(edge.look).curves.push(edge.curve);
    }
    for (const [, { style, curves }] of [...buckets].sort(([one], [other]) => (one < other ? -1 : 1))) this.pen.curves(curves, style, this.scale < STRAIGHT_SCALE);
  }

  edge(item, leaders) {
    const { node } = item;
    const status = this.scene.status(node);
    const behind = Math.min(Math.max((leaders[node.step] ?? node.logProb) - node.logProb, 0), BEHIND) / BEHIND;
    const alpha = Math.round((1 - (1 - PALEST) * behind) * 8) / 8;
    const width = Math.max(edgeWidth(node.stepLogProb), LEAST_EDGE / this.scale);
    const dash = status === "explored" ? [9, 4] : [];
    const style = () => ({ stroke: colorOf(status, this.look.colors), width, alpha, dash });
    return { look: `${isGoing(node) ? 2 : 1} ${status} ${width} ${alpha}`, curve: this.curve(item.parent, item), style };
  }

  stubEdge(item) {
    const style = () => ({ stroke: this.look.ink, width: 1, dash: [2, 4], alpha: 0.4 });
    return this.isDetailed ? { look: "0", curve: this.curve(item, item.stub), style } : null;
  }

  curve(from, to) {
    const [width, height] = this.isDetailed ? BOX : [BOX[1], BOX[1]];
    return [from.x + width, from.y + height / 2, to.x, to.y + height / 2];
  }

  /** A marked way, under the edges. */
  path(nodes, color, dash, width) {
    const { byNode } = this.layout;
    const items = [...nodes].map((node) => byNode.get(node)).filter((item) => item?.parent);
    const level = items.flatMap((item) => [this.curve(item.parent, item), this.across(item)]);
    if (items.length) this.pen.curves(level, { stroke: color, width: Math.max(width, LEAST_SIGN / this.scale), dash, alpha: 0.75 }, this.scale < STRAIGHT_SCALE);
  }

  /** A marked way goes on under its boxes. */
  across({ x, y }) {
    return [x, y + BOX[1] / 2, x + (this.isDetailed ? BOX[0] : BOX[1]), y + BOX[1] / 2];
  }

  cuts() {
    const { frontier, cuts } = this.layout;
    for (const y of cuts) {
      const [from, to] = [frontier * COLUMN - 18, frontier * COLUMN + BOX[0] + 12];
      this.pen.curves([[from, y, to, y]], { stroke: this.look.ink, width: 2, dash: [7, 4] }, true);
      if (this.isDetailed) this.pen.text("cut", to + 4, y, { size: 11, fill: this.look.ink, weight: 600 });
    }
  }

  /** Nodes as signs alone. */
  signs(items) {
    const { colors, paper } = this.look;
    const least = Math.min(LEAST_SIGN, Math.max(LEAST_SIGN / 2.5, 0.4 * COLUMN * this.scale)); // smaller where columns touch
    const size = Math.max(BOX[1] / 2.6, least / this.scale);
    const groups = new Map();
    for (const { item, isStub, isEdge } of items) {
      if (isStub || isEdge) continue;
      const status = this.scene.status(item.node);
      if (!groups.has(status)) groups.set(status, []);
      groups.get(status).push(shapeOf(status, item.x + BOX[1] / 2, item.y + BOX[1] / 2, size));
    }
    for (const [status, shapes] of groups) this.pen.shapes(shapes, fillOf(status, colorOf(status, colors), paper));
    const cursor = this.layout.byNode.get(this.scene.cursor);
    if (cursor) this.pen.shapes([shapeOf("kept", cursor.x + BOX[1] / 2, cursor.y + BOX[1] / 2, 2 * size)], { stroke: this.look.ink, width: 2 / this.scale });
  }

  boxes(items) {
    for (const { item, isStub, isEdge } of items) {
      if (isStub) this.stub(item);
      else if (!isEdge) this.box(item);
    }
  }

  /** A node with its token, its probability, and what became of it. */
  box(item) {
    const { scene, look, pen } = this;
    const { node, x, y } = item;
    const status = scene.status(node);
    const color = colorOf(status, look.colors);
    const isCursor = node === scene.cursor;
    const dash = status === "explored" ? [5, 3] : [];
    pen.box([x, y, ...BOX], 7, { fill: look.paper, stroke: isCursor ? look.ink : color, width: isCursor ? 3 : status === "finished" ? 2.4 : 1.4, dash });
    pen.shapes([shapeOf(status, x + 13, y + BOX[1] / 2, 6.5)], fillOf(status, color, look.paper));
    if (!item.parent) return pen.text("start", x + 28, y + BOX[1] / 2, { size: 13, fill: look.ink, weight: 600 });
    const token = sign(scene.symbol(node));
    pen.text(token.length > LONGEST ? `${token.slice(0, LONGEST - 1)}…` : token, x + 26, y + 12, { size: 13, fill: look.ink, weight: 700, isMono: true });
    pen.text(percent(scene.probability(node)), x + BOX[0] - 6, y + 12, { size: 11, fill: look.ink, align: "right" });
    pen.text(wordOf(status), x + 26, y + 25, { size: 10.5, fill: look.ink });
    if (node.rank) pen.text(`#${node.rank}`, x + BOX[0] - 6, y + 25, { size: 10.5, fill: look.ink, align: "right" });
  }

  /** What is not drawn below a node, counted. */
  stub(item) {
    const { x, y, count, mass } = item.stub;
    const { ink } = this.look;
    this.pen.text(`+${count.toLocaleString("en")}`, x + 2, y + 11, { size: 12, fill: ink, weight: 600 });
    this.pen.text(`mass ${brief(mass)}`, x + 2, y + 25, { size: 10.5, fill: ink, alpha: 0.85 });
  }

  stars() {
    const { byNode } = this.layout;
    const { colors, paper } = this.look;
    const size = Math.max(9, 7 / this.scale);
    const { bestNode } = this.scene;
    for (const [node, color, side] of [[this.front[0], colors.winner, 0], [bestNode, colors["true best"], 1]]) {
      const item = byNode.get(node);
      const right = this.isDetailed ? BOX[0] : BOX[1];
      if (item) this.pen.shapes([star(item.x + right - side * 2 * size, item.y, size)], { fill: color, stroke: paper, width: 1.5 });
    }
  }
}

/** Pixels of an edge at scale 1: a unit less for each nat, in halves. */
export function edgeWidth(stepLogProb) {
  return Math.max(1, Math.round(2 * (WIDEST + stepLogProb)) / 2);
}

/** A probability in few characters. */
export function brief(mass) {
  return mass === 0 ? "0" : mass >= 0.00095 ? mass.toFixed(3).replace(/0+$/, "") : mass.toExponential(0).replace("-", "−");
}
