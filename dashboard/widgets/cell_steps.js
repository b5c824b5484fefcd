/** The numbers of one step of one unit, from what the model has: products, sums, and how far they are from the model's own. */

import { printed } from "./reader_words.js";

const ROUNDING = 1e-6; // of sums and products of numbers in single precision, beside the largest of them
const SATURATED = 1e-5; // nearer to its end a gate does not tell what went in, as single precision holds it
const INVERSES = {
  σ: (value) => Math.log(value / (1 - value)),
  tanh: Math.atanh,
  relu: (value) => (value > 0 ? value : NaN),
  identity: (value) => value,
};
const ENDS = { σ: 1, tanh: 1 };

/** Every number of the step by the name of its part. `phi` is what a plain RNN bends its sum with. */
export function stepOf(scene, phi) {
  const { unit, t, before, reading } = scene;
  const now = Object.fromEntries(reading.gates.map((gate) => [gate, scene.value(gate, unit, t)]));
  const hiddenBefore = scene.value("hidden", unit, before);
  if (reading.kind === "lstm") return lstmStep(now, hiddenBefore, scene.value("cell", unit, before));
  return reading.kind === "gru" ? gruStep(now, hiddenBefore) : { ...now, hiddenBefore, phi, memory: [now.hidden], checks: {} };
}

function lstmStep(now, hiddenBefore, cellBefore) {
  const kept = now.forget * cellBefore;
  const written = now.input * now.candidate;
  const squashed = Math.tanh(now.cell);
  const checks = { cell: check(kept + written, now.cell, [kept, written]), hidden: check(now.output * squashed, now.hidden, [squashed]) };
  return { ...now, hiddenBefore, cellBefore, kept, written, squashed, checks, memory: [cellBefore, kept, written, now.cell] };
}

function gruStep(now, hiddenBefore) {
  const kept = now.update * hiddenBefore;
  const complement = 1 - now.update;
  const written = complement * now.new;
  const checks = { hidden: check(kept + written, now.hidden, [kept, written]) };
  return { ...now, hiddenBefore, kept, complement, written, checks, memory: [hiddenBefore, kept, written, now.hidden] };
}

/** A number calculated from others beside the model's own. */
function check(calculated, found, parts) {
  const off = Math.abs(calculated - found);
  const size = Math.max(Math.abs(found), ...parts.map(Math.abs));
  return { calculated, found, off, agrees: off <= ROUNDING * size };
}

/** What must have gone into σ, tanh or φ to give a value: as text, or a bound where the value does not tell. */
export function inverse(name, value, print) {
  if (name === "relu" && value === 0) return "≤ 0";
  const end = ENDS[name];
  if (end && end - Math.abs(value) < SATURATED) {
    const bound = INVERSES[name](end - SATURATED).toFixed(1);
    return value > 0 ? `> ${bound}` : `< −${bound}`;
  }
  return print(INVERSES[name](value));
}

/** Three decimals, or one digit and a power of ten where those would be zeros. */
export function brief(value) {
  const isTiny = value !== 0 && Math.abs(value) < 5e-4;
  return isTiny ? rough(value, 0) : printed(value);
}

/** Six significant digits, so that a sum can be checked by hand. */
export function exact(value) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const isTiny = value !== 0 && Math.abs(value) < 1e-4;
  return (isTiny ? value.toExponential(4) : String(Number(value.toPrecision(6)))).replaceAll("-", "−");
}

/** The same as a factor: a negative number in brackets. */
export function factor(value) {
  return value < 0 ? `(${exact(value)})` : exact(value);
}

/** A small number by its first digits: one, and so many decimals. */
export function rough(value, decimals = 1) {
  return value.toExponential(decimals).replaceAll("-", "−");
}
