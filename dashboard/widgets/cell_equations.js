/** The equations of a cell with this step's numbers put in, and whether they add up. */

import { exact, factor, inverse, rough } from "./cell_steps.js";
import { write } from "./cell_symbols.js";
import { add } from "./reader_words.js";

const NOTE = "The number inside σ, tanh or relu is read back from its result; the sum that made it has a weight for every unit's h.";

/** Lines by part: the rule, then the same with numbers. `b` is the step before. */
const EQUATIONS = {
  lstm: (step, b) => [
    bent("input", "i", "σ", step.input, b),
    bent("forget", "f", "σ", step.forget, b),
    bent("candidate", "g", "tanh", step.candidate, b),
    bent("output", "o", "σ", step.output, b),
    {
      part: "cell",
      rule: `c_{t} = f · c_{${b}} + i · g`,
      lines: [
        `${factor(step.forget)} × ${factor(step.cellBefore)} + ${factor(step.input)} × ${factor(step.candidate)}`,
        `${exact(step.kept)} + ${factor(step.written)}`,
        exact(step.checks.cell.calculated),
      ],
    },
    {
      part: "hidden",
      rule: "h_{t} = o · tanh(c_{t})",
      lines: [`${factor(step.output)} × ${factor(step.squashed)}`, exact(step.checks.hidden.calculated)],
    },
  ],
  gru: (step, b) => [
    bent("reset", "r", "σ", step.reset, b),
    bent("update", "z", "σ", step.update, b),
    {
      part: "new",
      rule: `n = tanh(W_{n} x_{t} + b_{n} + r · (U_{n} h_{${b}} + b′_{n}))`,
      lines: [`tanh(${inverse("tanh", step.new, exact)})`, exact(step.new)],
    },
    {
      part: "hidden",
      rule: `h_{t} = (1 − z) · n + z · h_{${b}}`,
      lines: [
        `${factor(step.complement)} × ${factor(step.new)} + ${factor(step.update)} × ${factor(step.hiddenBefore)}`,
        `${exact(step.written)} + ${factor(step.kept)}`,
        exact(step.checks.hidden.calculated),
      ],
    },
  ],
  rnn: (step, b) => {
    const sum = `W x_{t} + U h_{${b}} + b`;
    if (step.phi === "identity") return [{ part: "hidden", rule: `h_{t} = ${sum}`, lines: [exact(step.hidden)] }];
    const lines = [`${step.phi}(${inverse(step.phi, step.hidden, exact)})`, exact(step.hidden)];
    return [{ part: "hidden", rule: `h_{t} = ${step.phi}(${sum})`, lines }];
  },
};

/** A gate: σ or tanh of a sum. */
function bent(part, name, by, value, b) {
  return {
    part,
    rule: `${name} = ${by}(W_{${name}} x_{t} + U_{${name}} h_{${b}} + b_{${name}})`,
    lines: [`${by}(${inverse(by, value, exact)})`, exact(value)],
  };
}

export class Equations {
  /** `onPart` is told the part whose equation is pointed at, or null. */
  constructor(parent, onPart) {
    this.element = add(parent, "section", "unroll-cell-equations");
    this.element.setAttribute("aria-label", "Equations with this step's numbers");
    this.list = add(this.element, "ol");
    add(this.element, "p", "unroll-cell-note", NOTE);
    this.onPart = onPart;
    this.items = new Map();
  }

  show(scene, step) {
    const given = EQUATIONS[scene.reading.kind](step, scene.isReverse ? "t+1" : "t−1");
    if (given.map(({ part }) => part).join() !== [...this.items.keys()].join()) this.build(given);
    const { handled } = scene;
    for (const equation of given) this.fill(equation, step, handled.has(equation.part));
  }

  build(given) {
    this.list.replaceChildren();
    this.items = new Map(given.map(({ part }) => [part, this.item(part)]));
  }

  item(part) {
    const item = add(this.list, "li");
    item.dataset.part = part;
    item.onpointerenter = () => this.onPart(part);
    item.onpointerleave = () => this.onPart(null);
    return { item, rule: add(item, "p", "rule"), lines: add(item, "div"), check: add(item, "p", "check") };
  }

  fill({ part, rule, lines }, step, isByHand) {
    const { item, rule: above, lines: below, check: verdict } = this.items.get(part);
    write(above, rule);
    const shown = isByHand ? [`${exact(step[part])} by hand`] : lines;
    while (below.children.length < shown.length) add(below, "p");
    while (below.children.length > shown.length) below.lastChild.remove();
    shown.forEach((line, index) => write(below.children[index], `= ${line}`));
    const check = isByHand ? null : step.checks[part];
    verdict.hidden = !check;
    item.classList.toggle("by-hand", isByHand);
    if (check) judge(verdict, check, part === "cell" ? "c_{t}" : "h_{t}");
  }

  point(name) {
    for (const [part, { item }] of this.items) item.classList.toggle("pointed", part === name);
  }
}

function judge(verdict, { found, off, agrees }, symbol) {
  verdict.classList.toggle("fails", !agrees);
  const apart = off === 0 ? "exactly" : Number.isNaN(off) ? "no number" : `off by ${rough(off)}`;
  write(verdict, `${agrees ? "✓" : "✗"} the model's ${symbol} = ${exact(found)}, ${apart}`);
}
