/** An unrolled model as the host sees it: a layer and direction of it, one unit, one timestep.
 *
 * Axes: T timesteps, I input features, H hidden units, G gates; planes are row-major (H, T), weights (G·H, I) or (G·H, H).
 */

import { CellScene } from "./cell_scene.js";

export class UnrolledScene extends CellScene {
  constructor() {
    super();
    Object.assign(this, { layer: 0, direction: 0, isReverse: false, hands: [], passes: null });
  }

  /** Take an answer of the server; see `dashboard.recurrence_room`. */
  take(found) {
    this.passes = found.passes.map((directions) => directions.map(unpacked));
    this.reading = { ...found, steps: found.tokens.length, gates: [...this.passes[0][0].planes.keys()] };
    this.hold();
  }

  /** Hold layer, direction, unit and timestep within what there is. */
  hold() {
    if (!this.passes) return;
    this.layer = Math.min(Math.max(this.layer, 0), this.layers - 1);
    this.direction = Math.min(Math.max(this.direction, 0), this.directions - 1);
    this.isReverse = this.direction === 1;
    this.planes = this.pass.planes;
    super.hold();
  }

  get layers() {
    return this.passes.length;
  }

  get directions() {
    return this.passes[0].length;
  }

  /** The layer and direction that one looks at. */
  get pass() {
    return this.passes[this.layer][this.direction];
  }

  /** Whether a state is there by now, if the layer and direction that one looks at has come as far as its timestep. */
  isKnown(layer, direction, t) {
    if (this.directions === 1) return t <= this.t;
    if (layer !== this.layer) return layer < this.layer; // a layer above needs both directions of this one, whole
    return direction !== this.direction || (this.isReverse ? t >= this.t : t <= this.t);
  }

  /** A state of all units of any layer and direction at t, shape (H,). */
  states(layer, direction, name, t) {
    const { units, steps } = this.reading;
    const plane = this.passes[layer][direction].planes.get(name);
    return Float32Array.from({ length: units }, (_, unit) => plane[unit * steps + t]);
  }

  /** The parts of the unit's sum for a gate: from the input, and from the state. */
  sums(gate) {
    const place = this.unit * this.reading.steps + this.t;
    return ["from_input", "from_state"].map((kind) => this.pass[kind].get(gate)[place]);
  }

  /** The summands of U h of the unit for a gate, the largest first: {unit, weight, value}; none where weights are many. */
  terms(gate) {
    const { weights } = this.pass;
    if (!weights) return [];
    const { units } = this.reading;
    const row = [...this.pass.from_state.keys()].indexOf(gate) * units + this.unit;
    const found = Array.from({ length: units }, (_, unit) => ({
      unit,
      weight: weights.hidden[row * units + unit],
      value: this.value("hidden", unit, this.before),
    }));
    return found.sort((one, other) => Math.abs(other.weight * other.value) - Math.abs(one.weight * one.value));
  }
}

function unpacked(pass) {
  const planes = (kind) => new Map(Object.entries(pass[kind]).map(([name, text]) => [name, numbers(text)]));
  const weights = pass.weights && Object.fromEntries(Object.entries(pass.weights).map(([name, text]) => [name, numbers(text)]));
  return { shapes: pass.shapes, weights, planes: planes("planes"), from_input: planes("from_input"), from_state: planes("from_state") };
}

/** Base64 of little-endian float32. */
function numbers(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}
