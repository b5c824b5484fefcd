/** Where nodes stand: a column a token, a first child in its parent's row, and no two branches in one place.
 *
 * Since a first child stands in its parent's row, nothing of a branch is above its first node; so its lower edge alone says how
 * far down the next branch has to go.
 */

export const COLUMN = 172;
export const ROW = 44;
export const BOX = [124, 34];

export class Layout {
  /** Of the items of `sightOf`; `frontier` is the depth whose nodes stand in the order of the search, or null. */
  constructor(items, frontier = null) {
    Object.assign(this, { items, frontier, cuts: [] });
    stack(items, frontier);
    for (const item of items) item.x = item.node.step * COLUMN;
    for (const item of items) item.y = item.row * ROW;
    if (frontier !== null) this.rankFrontier();
    this.columns = columnsOf(items);
    this.byNode = new Map(items.map((item) => [item.node, item]));
    const places = [...items, ...items.filter((item) => item.stub).map((item) => item.stub)];
    this.width = Math.max(...places.map((place) => place.x)) + BOX[0];
    this.height = Math.max(...places.map((place) => place.y)) + BOX[1];
  }

  /** Put the last column into the order of the search, with a line below the last one kept of each group. */
  rankFrontier() {
    const inOrder = (one, other) => one.node.group - other.node.group || (one.node.rank ?? 1e9) - (other.node.rank ?? 1e9);
    const column = this.items.filter((item) => item.node.step === this.frontier).sort(inOrder);
    const groups = Map.groupBy(column, (item) => item.node.group);
    let row = 0;
    for (const items of groups.values()) {
      const lastKept = items.findLastIndex((item) => item.node.status === "kept");
      items.forEach((item, place) => Object.assign(item, { y: (row + place) * ROW }));
      if (lastKept >= 0) this.cuts.push((row + lastKept + 1) * ROW - (ROW - BOX[1]) / 2);
      row += items.length;
    }
    for (const item of this.items.filter((one) => one.stub && one.node.step === this.frontier - 1)) {
      item.stub.y = row * ROW;
      row += 1;
    }
  }

  /** The item or stub at a point: {item, isStub}; null: none is there. */
  at(x, y) {
    const column = this.columns[Math.floor(x / COLUMN)] ?? [];
    const index = lastAbove(column, y);
    const found = column[index];
    const isInside = found && y <= found.place.y + BOX[1] && x <= found.place.x + BOX[0];
    return isInside ? { item: found.item, isStub: found.place !== found.item } : null;
  }
}

/** Rows of all items and stubs; those of the frontier have rows of their own. */
function stack(items, frontier) {
  for (let index = items.length - 1; index >= 0; index -= 1) join(items[index], items[index].node.step + 1 === frontier);
  items.forEach((item) => {
    item.row = item.parent ? item.parent.row + item.shift : 0;
    if (item.stub) Object.assign(item.stub, { y: (item.row + item.stub.shift) * ROW, x: (item.node.step + 1) * COLUMN });
  });
}

/** Place what is below an item. `edge` is the lower edge by depth, the deepest first, in rows from the item's. */
function join(item, isBeforeFrontier) {
  if (isBeforeFrontier) {
    for (const below of [...item.items, ...(item.stub ? [item.stub] : [])]) below.shift = 0;
    item.edge = [0];
    return;
  }
  const edge = branches(item.items);
  if (item.stub) {
    item.stub.shift = edge.length ? edge.at(-1) + 1 : 0;
    edge[Math.max(edge.length - 1, 0)] = item.stub.shift;
  }
  edge.push(0);
  item.edge = edge;
}

/** Shift each branch below the ones before it; the lower edge of all of them. */
function branches(items) {
  let edge = [];
  for (const item of items) {
    item.shift = edge.length ? shiftOf(edge, item.edge) : 0;
    edge = edge.length ? merged(edge, item) : item.edge;
    item.edge = null;
  }
  return edge;
}

function shiftOf(edge, below) {
  let shift = 0;
  for (let depth = 1; depth <= Math.min(edge.length, below.length); depth += 1) shift = Math.max(shift, edge.at(-depth) + 1);
  return shift;
}

function merged(edge, { edge: below, shift }) {
  const longer = edge.length >= below.length ? edge : [...below.slice(0, below.length - edge.length), ...edge];
  for (let depth = 1; depth <= below.length; depth += 1) longer[longer.length - depth] = below.at(-depth) + shift;
  return longer;
}

/** Items and stubs by depth, from the top down. */
function columnsOf(items) {
  const columns = [];
  const add = (depth, item, place) => (columns[depth] ??= []).push({ item, place });
  for (const item of items) {
    add(item.node.step, item, item);
    if (item.stub) add(item.node.step + 1, item, item.stub);
  }
  for (const column of columns) column?.sort((one, other) => one.place.y - other.place.y);
  return Array.from(columns, (column) => column ?? []);
}

/** The last of a column that begins at or above y. */
export function lastAbove(column, y) {
  let [low, high] = [0, column.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (column[middle].place.y <= y) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
