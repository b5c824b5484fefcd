/** Where nodes stand: a column a token, and in it one below the other in the order of their parents, so that no edges cross.
 *
 * No node stands above its parent, and each as high as that allows; so what comes first of a branch is a straight line.
 */

export const COLUMN = 148;
export const ROW = 44;
export const BOX = [116, 34];

export class Layout {
  /** Of the items of `sightOf`; `frontier` is the depth whose nodes stand in the order of the search, or null. */
  constructor(items, frontier = null) {
    Object.assign(this, { items, frontier, cuts: [] });
    stack(items);
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

/** Places of all items and stubs, each as high as its column and its parent allow. */
function stack(items) {
  const free = []; // the next free row of each column
  const put = (place, depth, least) => {
    const row = Math.max(free[depth] ?? 0, least);
    free[depth] = row + 1;
    Object.assign(place, { row, x: depth * COLUMN, y: row * ROW });
  };
  if (items.length) put(items[0], 0, 0);
  for (const { node, items: below, stub, row } of items) for (const place of stub ? [...below, stub] : below) put(place, node.step + 1, row);
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
