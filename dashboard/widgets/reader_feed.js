/** The reader's two questions: what was read, and the numbers of one gate. */

const CROWDED_MS = 1000;
const ahead = new Map(); // answers that were asked for before anybody could take them, by address

/** What the server says in a sentence. */
export class Refusal extends Error {}

/** Ask for a reading and its planes while the other scripts still load. */
export function begin(question, gates) {
  if (isMoving(question)) return;
  const addresses = [readingAddress(question), ...gates.map((gate) => planeAddress(question, gate))];
  addresses.forEach(askAhead);
}

/** Ask for an address before anybody can take its answer. */
export function askAhead(address) {
  const coming = fetch(address);
  coming.catch(() => {}); // told to whoever takes it
  ahead.set(address, coming);
}

/** The reading: {kind, gates, steps, units, layers, directions, tokens, losses, next, step, label, edited}; a loss is null where
 * there is none. */
export async function reading(question, signal) {
  const found = await (await answer(readingAddress(question), signal)).json();
  found.losses = found.losses.map(number);
  for (const row of found.next ?? []) for (const likely of row) likely[1] = number(likely[1]);
  return found;
}

/** What is not finite comes as a word, as JSON has no such numbers. */
function number(value) {
  return typeof value === "string" ? Number(value) : value;
}

/** One gate or state, row-major (H, T): bits of half precision. */
export async function plane(question, gate, signal) {
  const response = await answer(planeAddress(question, gate), signal);
  return new Uint16Array(await response.arrayBuffer());
}

/** The same in single precision. */
export async function exactPlane(question, gate, signal) {
  const response = await answer(`${planeAddress(question, gate)}&precision=single`, signal);
  return new Float32Array(await response.arrayBuffer());
}

/** Whether the question means the newest snapshot of a run, which another may follow at any time. */
export function isMoving(question) {
  const asked = new URLSearchParams(question);
  return (asked.get("model") ?? "").startsWith("run:") && (asked.get("step") ?? "newest") === "newest";
}

/** The question with the snapshot that an answer is of. */
export function settled(question, step) {
  const asked = new URLSearchParams(question);
  if (step !== null) asked.set("step", step);
  return asked.toString();
}

function readingAddress(question) {
  return `/unroll/reading?${question}`;
}

function planeAddress(question, gate) {
  return `/unroll/reading/plane?${question}&gate=${gate}`;
}

/** An answer of the server; where it is crowded, asked again. Throws a Refusal with what it says. */
export async function answer(address, signal) {
  for (;;) {
    const coming = ahead.get(address) ?? fetch(address, { signal });
    ahead.delete(address);
    const response = await coming;
    if (response.ok) return response;
    const { error } = await response.json().catch(() => ({}));
    if (response.status !== 429) throw new Refusal(error ?? "The server does not answer.");
    await pause(CROWDED_MS, signal);
  }
}

function pause(duration, signal) {
  return new Promise((resolve, reject) => {
    setTimeout(resolve, duration);
    signal?.addEventListener("abort", () => reject(signal.reason));
  });
}
