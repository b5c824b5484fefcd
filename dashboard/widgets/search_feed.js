/** The tree's two questions: a search, and what may follow a hypothesis. */

const CROWDED_MS = 1000;
const MOST_KEPT = 200; // answers about what may follow
const ahead = new Map(); // searches that were asked for before anybody could take them, by question
const known = new Map(); // what may follow, by address

/** What the server says in a sentence. */
export class Refusal extends Error {}

/** Ask for a search while the other scripts still load. */
export function begin(question) {
  const coming = fetch(searchAddress(question));
  coming.catch(() => {}); // told to whoever takes it
  ahead.set(question, coming);
}

/** A search, columns of nodes: see `dashboard.search_answers`. */
export async function search(question, signal) {
  const coming = ahead.get(question);
  ahead.delete(question);
  return answer(searchAddress(question), signal, coming);
}

/** Log-probabilities of every token after generated ones, and which are filtered out: {tokens, log_probs, filtered}. */
export async function following(question, tokens, signal) {
  const address = `/unroll/search/next?${question}&tokens=${tokens.join(",")}`;
  if (!known.has(address)) {
    if (known.size >= MOST_KEPT) known.delete(known.keys().next().value);
    known.set(address, await answer(address, signal));
  }
  return known.get(address);
}

function searchAddress(question) {
  return `/unroll/search?${question}`;
}

async function answer(address, signal, coming) {
  for (;;) {
    const response = await (coming ?? fetch(address, { signal }));
    signal?.throwIfAborted();
    if (response.ok) return response.json();
    const { error } = await response.json().catch(() => ({}));
    if (response.status !== 429) throw new Refusal(error ?? "The server does not answer.");
    coming = null;
    await pause(CROWDED_MS, signal);
  }
}

function pause(duration, signal) {
  return new Promise((resolve, reject) => {
    setTimeout(resolve, duration);
    signal?.addEventListener("abort", () => reject(signal.reason));
  });
}
