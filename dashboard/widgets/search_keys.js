/** The keyboard on the picture: arrows walk, Enter inspects, space folds, , and . go through the steps, + − Escape zoom. */

const WALKS = { ArrowLeft: "parent", ArrowRight: "child", ArrowUp: "above", ArrowDown: "below", Home: "root", End: "winner" };
const STEPS = { ",": -1, ".": 1, PageUp: -1, PageDown: 1 };
const ZOOMS = { "+": 1.4, "=": 1.4, "-": 1 / 1.4 };

/** `on` has walk(way), inspect(), fold(), step(by), zoom(factor) and fit(). */
export function press(event, on) {
  const { key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const actions = {
    Enter: () => on.inspect(),
    " ": () => on.fold(),
    Escape: () => on.fit(),
    0: () => on.fit(),
  };
  const action =
    (key in WALKS && (() => on.walk(WALKS[key]))) ||
    (key in STEPS && (() => on.step(STEPS[key]))) ||
    (key in ZOOMS && (() => on.zoom(ZOOMS[key]))) ||
    (Object.hasOwn(actions, key) && actions[key]);
  if (!action) return;
  event.preventDefault();
  action();
}

/** The node that a way leads to from the cursor; the same one where it leads nowhere. */
export function walked(way, scene, layout) {
  const item = layout.byNode.get(scene.cursor);
  if (!item || way === "root") return scene.root;
  if (way === "winner") return layout.byNode.has(scene.winnerNode) ? scene.winnerNode : scene.cursor;
  if (way === "parent") return item.parent?.node ?? item.node;
  if (way === "child") return (item.items.find((child) => child.items.length) ?? item.items[0] ?? item).node;
  const column = layout.columns[item.node.step].filter(({ item: one, place }) => one === place);
  const index = column.findIndex(({ item: one }) => one === item) + (way === "below" ? 1 : -1);
  return (column[index]?.item ?? item).node;
}
