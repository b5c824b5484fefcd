/** The tree's questions: a search, what may follow a hypothesis, and where the model looked while it wrote one. */

import { answer, askAhead } from "./reader_feed.js";

export { Refusal } from "./reader_feed.js";

const MOST_KEPT = 200; // answers about a hypothesis
const known = new Map(); // those, by address

/** Ask for a search while the other scripts still load. */
export function begin(question) {
  askAhead(searchAddress(question));
}

/** A search, columns of nodes: see `core.recordings.search_columns`. */
export async function search(question, signal) {
  const response = await answer(searchAddress(question), signal);
  signal.throwIfAborted();
  return response.json();
}

/** Log-probabilities of every token after generated ones, and which are filtered out: {tokens, log_probs, filtered}. */
export function following(question, tokens, signal) {
  return kept(`/unroll/search/next?${question}&tokens=${tokens.join(",")}`, signal);
}

/** The weights of attention of generated tokens, a row each, over the source: {tokens, weights}. */
export function attention(question, tokens, signal) {
  return kept(`/unroll/search/attention?${question}&tokens=${tokens.join(",")}`, signal);
}

async function kept(address, signal) {
  if (!known.has(address)) {
    if (known.size >= MOST_KEPT) known.delete(known.keys().next().value);
    known.set(address, await (await answer(address, signal)).json());
  }
  return known.get(address);
}

function searchAddress(question) {
  return `/unroll/search?${question}`;
}
