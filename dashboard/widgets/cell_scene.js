/** A reading as the drawn cell sees it: one unit at one timestep, the step before it, and the hands in it.
 *
 * Axes: T timesteps, H units; planes are row-major (H, T). A layer that reads backwards has its step before at t + 1.
 */

export class CellScene {
  constructor() {
    Object.assign(this, { unit: 0, t: 0, reading: null, planes: new Map(), question: "" });
  }

  take(reading, planes) {
    Object.assign(this, { reading, planes });
    this.readQuestion();
    this.hold();
  }

  /** What the question says beside the reading itself: layer, direction and hands. */
  readQuestion() {
    const asked = new URLSearchParams(this.question);
    this.layer = Number(asked.get("layer") ?? 0);
    this.isReverse = asked.get("direction") === "1";
    const hands = JSON.parse(asked.get("hands") || "[]");
    this.hands = hands.filter((hand) => (hand.layer ?? 0) === this.layer && Boolean(hand.direction ?? 0) === this.isReverse);
  }

  /** Hold unit and timestep within the reading. */
  hold() {
    if (!this.reading) return;
    this.unit = Math.min(Math.max(this.unit, 0), this.reading.units - 1);
    this.t = Math.min(Math.max(this.t, 0), this.reading.steps - 1);
  }

  /** Whether all numbers have come. */
  get isWhole() {
    return this.reading !== null && this.planes.size === this.reading.gates.length;
  }

  /** The gate or state that a step hands on as its memory. */
  get memory() {
    return this.reading.kind === "lstm" ? "cell" : "hidden";
  }

  /** The timestep before this one as the layer reads; −1 or T where it begins with zeros. */
  get before() {
    return this.t + (this.isReverse ? 1 : -1);
  }

  /** A gate or state of a unit at t; zero before the first step. */
  value(gate, unit, t) {
    const { steps } = this.reading;
    return t < 0 || t >= steps ? 0 : this.planes.get(gate)[unit * steps + t];
  }

  /** A gate or state of all units at t, shape (H,). */
  column(gate, t) {
    return Float32Array.from({ length: this.reading.units }, (_, unit) => this.value(gate, unit, t));
  }

  /** The gates and states that a hand changes, of this unit at this timestep. */
  get handled() {
    const { unit, t } = this;
    const isHere = ({ first = 0, last, units }) => first <= t && t <= (last ?? Infinity) && (units ?? [unit]).includes(unit);
    return new Set(this.hands.filter(({ what }) => what !== "token").filter(isHere).map(({ what }) => what));
  }

  /** Whether the token that is read here was put there. */
  get isEdited() {
    return (this.reading.edited ?? []).includes(this.t);
  }
}
