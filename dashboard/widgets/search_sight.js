/** Which nodes have a place in the picture, and what each of them stands for beside itself. */

import { BEST } from "./search_scene.js";

const ALWAYS = new Set(["kept", "finished", "pushed out", "explored"]);

/** The shown nodes, a parent before its children: {node, parent, items, stub}; a stub counts what is not shown below a node. */
export function sightOf(scene) {
  const marked = new Set([...scene.best, ...lineOf(scene.cursor)]);
  const items = [];
  const add = (node, parent) => {
    const item = { node, parent, items: [], stub: null };
    items.push(item);
    return item;
  };
  const waiting = scene.root ? [add(scene.root, null)] : [];
  while (waiting.length) {
    const item = waiting.pop();
    const children = item.node.children.filter((child) => child.known <= scene.now);
    const shown = scene.folded.has(item.node) ? [] : children.filter((child) => isShown(scene, child, marked));
    item.stub = stubOf(scene, item.node, children, new Set(shown));
    item.items = shown.map((child) => add(child, item));
    waiting.push(...item.items.slice().reverse());
  }
  return items;
}

function lineOf(node) {
  const line = [];
  for (let one = node; one; one = one.parent) line.push(one);
  return line;
}

function isShown(scene, node, marked) {
  const status = scene.status(node);
  if (ALWAYS.has(status) || marked.has(node) || scene.opened.has(node.parent)) return true;
  if (node.children.some((child) => child.known <= scene.now)) return true;
  const place = status === "open" ? node.rank - 1 : node.prunedPlace;
  return scene.pruned === "all" || (scene.pruned === "best" && place < BEST);
}

/** How many hypotheses below a node are not shown, their probability, and how many children among them are listed; null if all are
 * shown. */
function stubOf(scene, node, children, shown) {
  const isCounted = node.taken <= scene.now || node.status === "explored";
  const [restCount, restMass] = isCounted ? [node.restCount, node.restMass] : [0, 0];
  const hidden = children.filter((child) => !shown.has(child));
  const count = restCount + hidden.reduce((sum, child) => sum + sizeOf(scene, child), 0);
  const mass = hidden.reduce((sum, child) => sum + Math.exp(child.logProb), restMass);
  return count ? { count, mass, listed: hidden.length } : null;
}

/** A node with all below it that is known, listed or counted. */
function sizeOf(scene, top) {
  let size = 0;
  const waiting = [top];
  while (waiting.length) {
    const node = waiting.pop();
    size += 1 + (node.taken <= scene.now ? node.restCount : 0);
    waiting.push(...node.children.filter((child) => child.known <= scene.now));
  }
  return size;
}
