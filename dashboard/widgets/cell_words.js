/** What each part of a cell is for, in words and in this step's numbers. */

import { brief } from "./cell_steps.js";
import { percent } from "./reader_words.js";

const FIRST = "Point at a part, touch it, or move to it with the Tab key: here it says what the part is for.";

/** The words for a part by kind; `step` has the numbers, `b` names the step before. */
const WORDS = {
  lstm: {
    read: (step, b, scene) => readWords(scene),
    hiddenBefore: (step, b, scene) => hiddenBeforeWords(step, b, scene, "every gate"),
    cellBefore: (step, b, scene) =>
      `Memory before: c_{${b}} = ${brief(step.cellBefore)}${startWords(scene)}. From step to step it is only multiplied by f and added to, never pressed through σ or tanh, so it can last.`,
    forget: (step) => `Keep: f multiplies the old memory. At 1 it stays whole, at 0 it is gone; here ${percent(step.forget)} of it stays.`,
    input: (step) => `Write: i says how much of the candidate g is added to the memory, from nothing at 0 to all at 1; here ${percent(step.input)}.`,
    candidate: (step) => `What to write: g lies between −1 and 1, here ${brief(step.candidate)}. It pushes the memory ${step.candidate < 0 ? "down" : "up"}, as far as i lets it.`,
    output: (step) => `Show: o says how much of the memory the other units, the next layer and the prediction get to see; here ${percent(step.output)}.`,
    kept: (step, b) => `What stays: f · c_{${b}} = ${brief(step.kept)}.`,
    written: (step) => `What is written: i · g = ${brief(step.written)}.`,
    sum: (step, b) => `The new memory is what stays and what is written: ${sum(step.kept, step.written, step.cell)}.`,
    cell: (step, b) => `Memory: c_{t} = ${brief(step.cell)}, ${changeWords(step.cellBefore, step.cell)}. Forgetting is f near 0; holding on is f near 1 with i near 0.`,
    squashed: (step) => `tanh presses the memory into [−1, 1] before it is shown: tanh ${brief(step.cell)} = ${brief(step.squashed)}. The memory itself stays as it is.`,
    exposed: (step) => `What is shown: o · tanh(c_{t}) = ${brief(step.output)} × ${brief(step.squashed)} = ${brief(step.hidden)}.`,
    hidden: (step) => `Shown: h_{t} = ${brief(step.hidden)}. It goes to every gate of the next step, to the layer above and to the prediction.`,
  },
  gru: {
    read: (step, b, scene) => readWords(scene),
    hiddenBefore: (step, b, scene) => hiddenBeforeWords(step, b, scene, "r, z and n"),
    update: (step) => `Keep or write, in one gate: z = ${brief(step.update)} of the old state stays, and 1 − z = ${brief(step.complement)} of the new n comes in.`,
    reset: (step) => `Listen back: r says how much of what the units showed before takes part in n; here ${percent(step.reset)}. At 0 the unit starts anew from the symbol.`,
    new: (step) => `What to write: n lies between −1 and 1, here ${brief(step.new)}.`,
    kept: (step, b) => `What stays: z · h_{${b}} = ${brief(step.kept)}.`,
    complement: (step) => `1 − z = ${brief(step.complement)}: a GRU writes just as much as it does not keep.`,
    written: (step) => `What is written: (1 − z) · n = ${brief(step.written)}.`,
    sum: (step) => `The new state is what stays and what is written: ${sum(step.kept, step.written, step.hidden)}.`,
    hidden: (step) => `Memory and what is shown are one in a GRU: h_{t} = ${brief(step.hidden)}, ${changeWords(step.hiddenBefore, step.hidden)}.`,
  },
  rnn: {
    read: (step, b, scene) => readWords(scene),
    hiddenBefore: (step, b, scene) => hiddenBeforeWords(step, b, scene, "the sum"),
    sum: (step, b) => `W x_{t} + U h_{${b}} + b: the symbol and what all units showed before, weighted. There is no gate: everything goes in at every step.`,
    bent: (step) => (step.phi === "identity" ? "This RNN is linear: φ leaves the sum as it is." : `φ = ${step.phi} bends the sum, at every step again; nothing goes around it, which is why a plain RNN forgets.`),
    hidden: (step) => `Memory and what is shown are one: h_{t} = ${brief(step.hidden)}, ${changeWords(step.hiddenBefore, step.hidden)}. All of it is made anew at every step.`,
  },
};

/** What a part is for; of no part, how to ask. */
export function wordsFor(part, scene, step) {
  const words = WORDS[scene.reading.kind][part];
  if (!words) return FIRST;
  const isByHand = scene.handled.has(part) ? " A hand changes it here." : "";
  return words(step, scene.isReverse ? "t+1" : "t−1", scene) + isByHand;
}

function readWords(scene) {
  const first = scene.layer ? `What layer ${scene.layer} shows while this symbol is read` : "The symbol that is read";
  return `${first}: x_{t} goes into every gate, with weights W of the gate's own.`;
}

function hiddenBeforeWords(step, b, scene, where) {
  return `Shown before: h_{${b}} = ${brief(step.hiddenBefore)}${startWords(scene)}. The h of all units go into ${where} of each unit, with weights U: that is how units hear of each other.`;
}

/** Where there is no step before. */
function startWords({ before, reading }) {
  return before < 0 || before >= reading.steps ? ", for the layer begins with zeros" : "";
}

function changeWords(before, now) {
  const change = now - before;
  if (Number.isNaN(change)) return "no number";
  return change === 0 ? "as it was" : `${change < 0 ? "down" : "up"} by ${brief(Math.abs(change))}`;
}

function sum(one, other, whole) {
  return `${brief(one)} ${other < 0 ? "−" : "+"} ${brief(Math.abs(other))} = ${brief(whole)}`;
}
