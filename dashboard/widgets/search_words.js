/** Sentences about a node and about a step, with their numbers. */

import { brief } from "./search_drawing.js";
import { percent, sign } from "./reader_words.js";

const NATS = 3; // decimals

/** The words for each reason of `core.recordings.search_tree.Reason`. */
const REASONS = {
  "among the best": (node, isOneByOne) =>
    isOneByOne ? `rank ${node.rank} of its siblings; the search looked below it` : `rank ${node.rank} of its step, so the search went on from it${margin(node)}`,
  "ends with the end token": (node) => (node.left ? `it ended, and at step ${node.left} better ones pushed it out` : "it ends with the end token"),
  "cut at the greatest length": () => "it has the greatest length and counts as it is, without an end token",
  "below the last one kept": (node) => `rank ${node.rank} of its step${shortfall(node)}`,
  "end token below the beam's size: neither kept nor finished": (node) =>
    `an end token of rank ${node.rank}: it was taken up to refill the beam, yet is below the beam's size, so it neither finished nor went on`,
  "end token after the last place for finished hypotheses was taken": () => "it ends, but the last place for finished hypotheses was taken",
  "end token before the least length": () => "its end token comes before the least length",
  "would repeat an n-gram": () => "its last token would repeat an n-gram",
  "not the forced prefix": () => "another token is forced here",
  "only the end token is allowed at the greatest length": () => "at the greatest length only the end token is allowed",
  "probability zero": () => "the model gives it probability zero",
  "not drawn": () => "it was not drawn",
  "outside the top k": () => "it is outside the top k",
  "outside the nucleus": () => "it is outside the nucleus of top p",
  "cannot beat the best found": () => "whatever follows, it cannot beat the best one found",
};

/** What became of a node, and why. */
export function fateOf(node, scene) {
  const status = scene.status(node);
  if (!node.parent) return "The beginning: no token is generated yet.";
  if (status === "open") return "Open: not yet taken up at this moment of the search.";
  const why = REASONS[node.reason]?.(node, scene.isOneByOne) ?? node.reason;
  return `${status[0].toUpperCase()}${status.slice(1)}: ${why}.`;
}

function margin({ gap }) {
  return gap > 0 ? `, ${number(gap)} above the last one kept` : gap === 0 ? ": the last one kept" : "";
}

function shortfall({ gap }) {
  if (gap === null) return "; none was kept here";
  return gap < 0 ? `; its score is ${number(-gap)} below the last one kept` : gap > 0 ? `; its score is ${number(gap)} above the last one kept` : "; as good as the last one kept";
}

/** A node for those who hear the page. */
export function spokenOf(scene) {
  const { cursor: node } = scene;
  const what = node.parent ? `${sign(scene.symbol(node))}, ${percent(scene.probability(node))}, token ${node.step}. ` : "";
  return what + fateOf(node, scene);
}

/** What the search knew at the step shown. */
export function stepWords(scene) {
  const { answer, step, steps, isOneByOne } = scene;
  if (step === null) return `${steps.toLocaleString("en")} ${isOneByOne ? "hypotheses taken up" : steps === 1 ? "step" : "steps"}, ${answer.calls.toLocaleString("en")} model calls`;
  if (isOneByOne) return `after ${step.toLocaleString("en")} of ${steps.toLocaleString("en")} hypotheses taken up`;
  const [kept, finished, pruned] = answer.mass[step - 1].map(share);
  return `after step ${step} of ${steps}: kept ${kept}, finished ${finished}, pruned ${pruned} of all probability`;
}

function share(mass) {
  return mass === null ? "NaN" : mass > 0.9995 && mass < 1 ? "> 0.999" : brief(mass);
}

/** Three decimals; −∞ and NaN as such. */
export function number(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const isTiny = value !== 0 && Math.abs(value) < 0.0005;
  return (isTiny ? value.toExponential(1) : value.toFixed(NATS)).replaceAll("-", "−");
}

/** A probability from its logarithm, also where it is too small for a number. */
export function probability(logProb) {
  if (!Number.isFinite(logProb)) return "0";
  const exponent = Math.floor(logProb / Math.LN10);
  if (exponent >= -3) return Math.exp(logProb).toPrecision(3);
  return `${Math.exp(logProb - exponent * Math.LN10).toFixed(2)} · 10${raised(exponent)}`;
}

function raised(exponent) {
  return [...String(exponent)].map((digit) => ({ "-": "⁻" })[digit] ?? "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]).join("");
}
