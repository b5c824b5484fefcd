/** The keyboard: ← → timestep, ↑ ↓ unit, with Shift a span, + − 0 zoom. */

const STEPS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity };
const ROWS = { ArrowUp: -1, ArrowDown: 1 };
const ZOOMS = { "+": 1 / 1.5, "=": 1 / 1.5, "-": 1.5 };

export class Keys {
  /** `on` has choose(unit, t), brush(span), zoomAbout(t, factor) and zoom(first, stop). */
  constructor(scene, on) {
    Object.assign(this, { scene, on, anchor: null });
  }

  press(event) {
    if (!this.scene.reading || event.ctrlKey || event.metaKey || event.altKey || event.target !== event.currentTarget) return;
    const { key } = event;
    const isHandled = key in STEPS || key in ROWS || key in ZOOMS || key === "0" || (key === "Escape" && this.scene.brush);
    if (!isHandled) return;
    event.preventDefault();
    if (key in STEPS) this.step(STEPS[key], event.shiftKey);
    else if (key in ROWS) this.on.choose(this.scene.unitOf[held(this.scene.row + ROWS[key], this.scene.units)], this.scene.cursor);
    else if (key in ZOOMS) this.on.zoomAbout(this.scene.cursor, ZOOMS[key]);
    else if (key === "0") this.on.zoom(0, this.scene.steps);
    else this.on.brush(null);
  }

  step(by, isBrush) {
    const from = this.scene.cursor;
    const to = held(from + by, this.scene.steps);
    this.anchor = isBrush ? this.anchor ?? from : null;
    this.on.choose(this.scene.unit, to);
    if (isBrush) this.on.brush([Math.min(this.anchor, to), Math.max(this.anchor, to)]);
  }
}

function held(value, count) {
  return Math.min(Math.max(value, 0), count - 1);
}
