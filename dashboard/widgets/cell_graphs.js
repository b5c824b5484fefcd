/** The cells as computation graphs, by kind: parts on a grid (column, row), and the lines between them.
 *
 * Columns run with the flow of one step, rows across it; upright, on a phone, they change places. A part's name is that of
 * its number in `stepOf`. A node with `gate` shows that gate or state of all units; `isBefore`: of the step before. A line's
 * width is its number beside 1, or, of the memory, beside the memory's largest number.
 */

const HIDDEN_BEFORE = { shape: "box", gate: "hidden", isBefore: true, symbol: "h_{b}", role: "shown before" };
const READ = { shape: "token", symbol: "x_{t}", role: "is read" };

const LSTM = {
  nodes: {
    cellBefore: { at: [0, 0], shape: "box", gate: "cell", isBefore: true, symbol: "c_{b}", role: "memory before" },
    hiddenBefore: { at: [0, 2], ...HIDDEN_BEFORE },
    read: { at: [0, 3], ...READ },
    forget: { at: [1, 2], shape: "box", gate: "forget", symbol: "f", role: "keep" },
    input: { at: [2, 2], shape: "box", gate: "input", symbol: "i", role: "write" },
    candidate: { at: [3, 2], shape: "box", gate: "candidate", symbol: "g", role: "what to write" },
    output: { at: [4, 2], shape: "box", gate: "output", symbol: "o", role: "show" },
    kept: { at: [1, 0], shape: "act", symbol: "×", role: "what stays" },
    written: { at: [2.5, 1], shape: "act", symbol: "×", role: "what is written" },
    sum: { at: [2.5, 0], shape: "dot", symbol: "+", role: "what stays and what is written" },
    squashed: { at: [4, 0.5], shape: "act", symbol: "tanh", role: "of the memory" },
    exposed: { at: [4, 1], shape: "dot", symbol: "×", role: "what is shown" },
    cell: { at: [5, 0], shape: "box", gate: "cell", symbol: "c_{t}", role: "memory" },
    hidden: { at: [5, 1], shape: "box", gate: "hidden", symbol: "h_{t}", role: "shown" },
  },
  lines: [
    { number: "cellBefore", path: [[0, 0], [1, 0]], from: "cellBefore", to: "kept", isMemory: true },
    { number: "kept", path: [[1, 0], [2.5, 0]], from: "kept", to: "sum", isMemory: true },
    { number: "cell", path: [[2.5, 0], [5, 0]], from: "sum", to: "cell", isMemory: true },
    { number: "written", path: [[2.5, 1], [2.5, 0]], from: "written", to: "sum", isMemory: true },
    { number: "forget", path: [[1, 2], [1, 0]], from: "forget", to: "kept", isGate: true },
    { number: "input", path: [[2, 2], [2, 1], [2.5, 1]], from: "input", to: "written", isGate: true },
    { number: "candidate", path: [[3, 2], [3, 1], [2.5, 1]], from: "candidate", to: "written" },
    { number: "cell", path: [[4, 0], [4, 0.5]], to: "squashed", isMemory: true },
    { number: "squashed", path: [[4, 0.5], [4, 1]], from: "squashed", to: "exposed" },
    { number: "output", path: [[4, 2], [4, 1]], from: "output", to: "exposed", isGate: true },
    { number: "hidden", path: [[4, 1], [5, 1]], from: "exposed", to: "hidden" },
  ],
  wires: [
    { path: [[0, 2], [0.5, 2], [0.5, 3]], from: "hiddenBefore" },
    { path: [[0, 3], [4, 3], [4, 2]], from: "read", to: "output" },
    ...["forget", "input", "candidate"].map((to, index) => ({ path: [[index + 1, 3], [index + 1, 2]], to })),
  ],
};

const GRU = {
  nodes: {
    hiddenBefore: { at: [0, 0], ...HIDDEN_BEFORE },
    read: { at: [0, 3], ...READ },
    update: { at: [1, 2], shape: "box", gate: "update", symbol: "z", role: "keep" },
    reset: { at: [2, 2], shape: "box", gate: "reset", symbol: "r", role: "listen back" },
    new: { at: [3, 2], shape: "box", gate: "new", symbol: "n", role: "what to write" },
    kept: { at: [1, 0], shape: "act", symbol: "×", role: "what stays" },
    complement: { at: [2, 1], shape: "act", symbol: "1 −", role: "room to write" },
    written: { at: [3, 1], shape: "act", symbol: "×", role: "what is written" },
    sum: { at: [3, 0], shape: "dot", symbol: "+", role: "what stays and what is written" },
    hidden: { at: [4, 0], shape: "box", gate: "hidden", symbol: "h_{t}", role: "memory, shown" },
  },
  lines: [
    { number: "hiddenBefore", path: [[0, 0], [1, 0]], from: "hiddenBefore", to: "kept", isMemory: true },
    { number: "kept", path: [[1, 0], [3, 0]], from: "kept", to: "sum", isMemory: true },
    { number: "hidden", path: [[3, 0], [4, 0]], from: "sum", to: "hidden", isMemory: true },
    { number: "written", path: [[3, 1], [3, 0]], from: "written", to: "sum", isMemory: true },
    { number: "update", path: [[1, 2], [1, 0]], from: "update", to: "kept", isGate: true },
    { number: "update", path: [[1, 1], [2, 1]], to: "complement", isGate: true },
    { number: "complement", path: [[2, 1], [3, 1]], from: "complement", to: "written", isGate: true },
    { number: "new", path: [[3, 2], [3, 1]], from: "new", to: "written" },
    { number: "reset", path: [[2, 2], [3, 2]], from: "reset", to: "new", isGate: true },
  ],
  wires: [
    { path: [[0, 0], [0, 1.5], [0.5, 1.5], [0.5, 3]], from: "hiddenBefore" },
    { path: [[0, 3], [3, 3], [3, 2]], from: "read", to: "new" },
    ...["update", "reset"].map((to, index) => ({ path: [[index + 1, 3], [index + 1, 2]], to })),
  ],
};

const RNN = {
  nodes: {
    hiddenBefore: { at: [0, 0], ...HIDDEN_BEFORE },
    read: { at: [0, 2], ...READ },
    sum: { at: [1, 1], shape: "dot", symbol: "+", role: "all that comes in" },
    bent: { at: [2, 1], shape: "dot", symbol: "φ", role: "what bends the sum" },
    hidden: { at: [3, 1], shape: "box", gate: "hidden", symbol: "h_{t}", role: "memory, shown" },
  },
  lines: [{ number: "hidden", path: [[2, 1], [3, 1]], from: "bent", to: "hidden", isMemory: true }],
  wires: [
    { path: [[0, 0], [1, 0], [1, 1]], from: "hiddenBefore", to: "sum" },
    { path: [[0, 2], [1, 2], [1, 1]], from: "read", to: "sum" },
    { path: [[1, 1], [2, 1]], from: "sum", to: "bent" },
  ],
};

export const GRAPHS = { lstm: LSTM, gru: GRU, rnn: RNN };
