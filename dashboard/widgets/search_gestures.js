/** Pointers on the picture: drag pans, two fingers and the wheel zoom, a click looks, a double click folds. */

const STILL = 5; // pixels that a click may move
const WHEEL = 0.0016;
const DOUBLE_MS = 350;

export class Gestures {
  /** `on` has pan(right, down), zoom(factor, at), click(at), fold(at), point(at or null); `at` is [left, top] in pixels. */
  constructor(element, on) {
    Object.assign(this, { element, on, pointers: new Map(), moved: 0, clicked: null });
    element.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    element.onpointerdown = (event) => this.press(event);
    element.onpointermove = (event) => this.move(event);
    element.onpointerup = (event) => this.release(event);
    element.onpointercancel = (event) => this.forget(event);
    element.onpointerleave = () => on.point(null);
  }

  /** The wheel zooms; sideways it pans. A page that scrolls past is let go by, until the picture is entered. */
  wheel(event) {
    const isFocused = this.element.contains(document.activeElement) || event.ctrlKey;
    if (!isFocused) return;
    event.preventDefault();
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.on.pan(-event.deltaX, 0);
    else this.on.zoom(Math.exp(-event.deltaY * WHEEL * (event.ctrlKey ? 4 : 1)), this.at(event));
  }

  press(event) {
    if (event.button) return;
    this.element.focus({ preventScroll: true });
    this.element.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.at(event));
    if (this.pointers.size === 1) this.moved = 0;
  }

  move(event) {
    const at = this.at(event);
    const before = this.pointers.get(event.pointerId);
    if (!before) return this.on.point(at);
    const [right, down] = [at[0] - before[0], at[1] - before[1]];
    this.moved += Math.hypot(right, down);
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.pointers.set(event.pointerId, at);
    if (other) this.pinch(before, at, other);
    else if (this.moved > STILL) this.on.pan(right, down);
  }

  pinch(before, at, other) {
    const far = (point) => Math.hypot(point[0] - other[0], point[1] - other[1]);
    this.on.pan((at[0] - before[0]) / 2, (at[1] - before[1]) / 2);
    this.on.zoom(far(at) / Math.max(far(before), 1), [(at[0] + other[0]) / 2, (at[1] + other[1]) / 2]);
  }

  release(event) {
    const isClick = this.pointers.size === 1 && this.moved <= STILL;
    this.forget(event);
    if (!isClick) return;
    const [at, now] = [this.at(event), event.timeStamp];
    const { clicked } = this;
    const isDouble = clicked && now - clicked.now < DOUBLE_MS && Math.hypot(at[0] - clicked.at[0], at[1] - clicked.at[1]) <= STILL;
    this.clicked = isDouble ? null : { at, now };
    if (isDouble) this.on.fold(at);
    else this.on.click(at);
  }

  forget(event) {
    this.pointers.delete(event.pointerId);
  }

  at(event) {
    const box = this.element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }
}
