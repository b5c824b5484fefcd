/** Where the copies of the cell lie, in pixels: a column a timestep, a row a layer and direction, the first layer below. */

const COLUMN = 158;
const NARROWEST = 108;
const LEAST = 3; // columns
export const GAP = 46; // between two copies, for the arrow that hands the state on
export const ROW = 116;
export const BOX = 76;
export const TOP = 44; // for what is expected
const BOTTOM = 52; // for the symbol

export class Geometry {
  constructor(scene, width) {
    const { steps } = scene.reading;
    const fit = Math.max(LEAST, Math.floor(width / COLUMN));
    this.count = Math.min(steps, fit - (1 - (fit % 2)));
    this.first = Math.min(Math.max(scene.t - (this.count - 1) / 2, 0), steps - this.count);
    this.column = Math.max(NARROWEST, Math.min(width / this.count, 1.4 * COLUMN));
    this.width = this.column * this.count;
    this.directions = scene.directions;
    this.rows = scene.layers * scene.directions;
    this.height = TOP + this.rows * ROW + BOTTOM;
    this.box = [this.column - GAP, BOX];
  }

  /** The timesteps in sight. */
  get times() {
    return Array.from({ length: this.count }, (_, index) => this.first + index);
  }

  /** Middle of a timestep's column. */
  x(t) {
    return (t - this.first + 0.5) * this.column;
  }

  /** Top of a layer's and direction's row of boxes. */
  y(layer, direction) {
    const row = layer * this.directions + direction;
    return TOP + (this.rows - 1 - row) * ROW + (ROW - BOX) / 2;
  }

  /** Left, top, width and height of a copy. */
  frame(layer, direction, t) {
    return [this.x(t) - this.box[0] / 2, this.y(layer, direction), ...this.box];
  }

  /** Top of the row of symbols. */
  get tokens() {
    return TOP + this.rows * ROW + 8;
  }
}
