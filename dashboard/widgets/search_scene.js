/** A search as the browser holds it: nodes that know each other, and what is looked at.
 *
 * Two clocks: a beam's is the step, so a node is known at its depth; an exact search takes hypotheses up one by one, so a node is
 * known when its parent was taken up, and its step here counts those.
 */

const ONE_BY_ONE = new Set(["best-first", "depth-first"]);
export const BEST = 5; // pruned hypotheses of a step that have a node with the filter "best"

export class Scene {
  constructor() {
    Object.assign(this, { answer: null, nodes: [], byId: new Map(), cursor: null, step: null, pruned: "best" });
    Object.assign(this, { folded: new Set(), opened: new Set(), winner: new Set(), best: new Set(), front: [], explored: 0 });
  }

  /** The best log-probability of each step, by which others are behind. */
  leadersOf() {
    const leaders = [];
    for (const node of this.nodes) leaders[node.step] = Math.max(leaders[node.step] ?? -Infinity, node.logProb);
    return leaders;
  }

  /** Adopt an answer; who looked at a hypothesis looks at the same one, if it is still there. */
  take(answer, method) {
    const path = this.cursor && this.path(this.cursor);
    Object.assign(this, { answer, nodes: nodesOf(answer), folded: new Set(), opened: new Set(), explored: 0 });
    this.byId = new Map(this.nodes.map((node) => [node.id, node]));
    this.adoptChildren();
    this.placePruned();
    this.isOneByOne = ONE_BY_ONE.has(method);
    this.clock();
    this.leaders = this.leadersOf();
    const [first] = answer.hypotheses;
    this.winnerNode = first ? this.byId.get(first.node) : null;
    this.winner = new Set(lineage(this.winnerNode));
    this.gap = answer.symbols.every((symbol) => symbol.length === 1 || symbol.startsWith("[")) ? "" : " ";
    this.sortChildren();
    this.bestNode = this.byId.get(answer.best?.node) ?? null;
    this.best = new Set(lineage(this.byId.get(answer.best?.path?.at(-1))));
    this.cursor = (path && this.find(path)) ?? this.winnerNode ?? this.root;
    this.settle();
  }

  adoptChildren() {
    for (const node of this.nodes) {
      node.parent = this.byId.get(node.parentId) ?? null;
      node.parent?.children.push(node);
    }
  }

  /** The likeliest first; before all others the winner's line, which so is straight. */
  sortChildren() {
    const isWinner = (node) => Number(this.winner.has(node));
    for (const node of this.nodes) node.children.sort((one, other) => isWinner(other) - isWinner(one) || byLikelihood(one, other));
  }

  /** The place of each pruned node among the pruned of its step and group, from 0. */
  placePruned() {
    const counts = new Map();
    for (const node of [...this.nodes].sort((one, other) => one.rank - other.rank)) {
      if (isGoing(node)) continue;
      const step = `${node.step} ${node.group}`;
      node.prunedPlace = counts.get(step) ?? 0;
      counts.set(step, node.prunedPlace + 1);
    }
  }

  /** When each node came to be known, and was taken up itself. */
  clock() {
    if (!this.isOneByOne) {
      for (const node of this.nodes) Object.assign(node, { known: node.step, taken: node.step + 1 });
      this.steps = this.answer.steps;
      return;
    }
    let count = 0;
    for (const node of this.nodes) node.taken = Infinity;
    for (const node of this.nodes) {
      if (node.parent?.taken === Infinity) node.parent.taken = count += 1;
      node.known = node.parent?.taken ?? 0;
    }
    this.steps = count;
  }

  get root() {
    return this.nodes[0] ?? null;
  }

  /** The step that is shown; the last one where the search is shown as it ended. */
  get now() {
    return this.step ?? Infinity;
  }

  /** Make step and cursor ones that can be, and find the best answer as of then. */
  settle() {
    if (this.step !== null) this.step = Math.min(Math.max(this.step, 1), this.steps);
    if (this.step !== null) while (this.cursor?.parent && this.cursor.known > this.step) this.cursor = this.cursor.parent;
    this.front = this.frontNow();
  }

  /** The best answer as far as the search knew, with its ancestors: the winner once it has ended. */
  frontNow() {
    if (this.step === null) return lineage(this.winnerNode);
    const answers = this.nodes.filter((node) => node.known <= this.step && this.status(node) === "finished");
    return lineage(answers.reduce((best, node) => (best && best.score >= node.score ? best : node), null));
  }

  /** Generated tokens from the root to a node. */
  path(node) {
    return lineage(node).slice(0, -1).reverse().map((one) => one.token);
  }

  /** The node of generated tokens; null if none is listed. */
  find(tokens) {
    let nodes = this.root ? [this.root] : [];
    for (const token of tokens) nodes = nodes.flatMap((node) => node.children.filter((child) => child.token === token));
    return nodes[0] ?? null;
  }

  /** What became of a node, as far as the search knew. */
  status(node) {
    if (node.left && node.left <= this.now) return "pushed out";
    if (this.isOneByOne && this.step !== null && node.taken > this.step && node.status !== "finished") return "open";
    return node.status;
  }

  symbol(node) {
    return node.parent ? this.answer.symbols[node.token] ?? `#${node.token}` : "start";
  }

  probability(node) {
    return Math.exp(node.stepLogProb);
  }

  /** Put in what may follow a node, the likeliest `count` of it; the others are counted. */
  explore(node, next, count) {
    const order = next.log_probs.map((_, token) => token).sort((one, other) => next.log_probs[other] - next.log_probs[one]);
    const have = new Set(node.children.map((child) => child.token));
    const fresh = order.filter((token) => !have.has(token) && next.log_probs[token] !== null).slice(0, count);
    for (const token of fresh) node.children.push(this.exploredNode(node, token, next.log_probs[token]));
    node.children.sort(byLikelihood);
    const listed = new Set(node.children.map((child) => child.token));
    const rest = order.filter((token) => !listed.has(token));
    node.restCount = rest.length;
    node.restMass = rest.reduce((sum, token) => sum + Math.exp(node.logProb + (next.log_probs[token] ?? -Infinity)), 0);
    this.folded.delete(node);
  }

  exploredNode(parent, token, stepLogProb) {
    this.explored += 1;
    const logProb = parent.logProb + stepLogProb;
    const unknown = { score: null, rank: null, gap: null, left: 0, group: parent.group, restCount: 0, restMass: 0 };
    const said = { status: "explored", reason: "not looked at by the search: you asked for it" };
    const place = { id: `explored ${this.explored}`, step: parent.step + 1, known: 0, taken: 0, prunedPlace: 0 };
    return { ...unknown, ...said, ...place, parent, token, stepLogProb, logProb, children: [] };
  }
}

/** Whether a node is an answer or on the way of the search. */
export function isGoing(node) {
  return node.status === "kept" || node.status === "finished";
}

/** A node and its ancestors, the root last; none of null. */
export function lineage(node) {
  const nodes = [];
  for (let one = node; one; one = one.parent) nodes.push(one);
  return nodes;
}

function byLikelihood(one, other) {
  return (other.stepLogProb ?? -Infinity) - (one.stepLogProb ?? -Infinity) || one.token - other.token;
}

/** Nodes from columns; null is no finite number, which a log-probability has at −∞. */
function nodesOf({ nodes, statuses, reasons }) {
  return nodes.id.map((id, place) => ({
    id,
    parentId: nodes.parent[place],
    step: nodes.step[place],
    token: nodes.token[place],
    stepLogProb: nodes.step_log_prob[place] ?? -Infinity,
    logProb: nodes.log_prob[place] ?? -Infinity,
    score: nodes.score[place],
    rank: nodes.rank[place],
    gap: nodes.gap[place],
    status: statuses[nodes.status[place]],
    reason: reasons[nodes.reason[place]],
    left: nodes.left[place],
    group: nodes.group[place],
    restCount: nodes.rest_count[place],
    restMass: nodes.rest_mass[place],
    prunedPlace: 0,
    children: [],
  }));
}
