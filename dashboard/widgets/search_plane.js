/** The tree's plane: a canvas that pans, zooms and is walked on. */

import { CanvasPen } from "./search_pens.js";
import { Drawing } from "./search_drawing.js";
import { Gestures } from "./search_gestures.js";
import { press, walked } from "./search_keys.js";
import { Viewport } from "./search_viewport.js";
import { add } from "./reader_words.js";

export class Plane {
  /** `on` has choose(node), open(item), fold(node), inspect() and step(by); `measure()` gives what drawing needs of the page. */
  constructor(parent, scene, measure, on) {
    Object.assign(this, { scene, measure, on, viewport: new Viewport(), layout: null, hasBegun: false });
    this.element = add(parent, "div", "unroll-search-plane");
    this.element.tabIndex = 0;
    this.element.setAttribute("role", "application");
    this.canvas = add(this.element, "canvas");
    this.canvas.setAttribute("aria-hidden", "true");
    this.listen();
    this.sizes = new ResizeObserver(() => this.resize());
    this.sizes.observe(this.element);
  }

  listen() {
    const { viewport, on } = this;
    new Gestures(this.element, {
      pan: (right, down) => this.move(() => viewport.pan(right, down)),
      zoom: (factor, at) => this.move(() => viewport.zoom(factor, at)),
      click: (at) => this.click(at),
      fold: (at) => on.fold(this.found(at)?.item.node),
      point: (at) => this.element.classList.toggle("pointing", Boolean(at && this.found(at))),
    });
    const keys = {
      walk: (way) => on.choose(walked(way, this.scene, this.layout)),
      inspect: on.inspect,
      fold: () => on.fold(this.scene.cursor),
      step: on.step,
      zoom: (factor) => this.zoom(factor),
      fit: () => this.fit(),
    };
    this.element.onkeydown = (event) => this.layout && event.target === this.element && press(event, keys);
  }

  /** Show another layout; of another search, from its beginning. */
  show(layout, isOther) {
    this.layout = layout;
    if (isOther) this.hasBegun = false;
    this.begin();
    this.drawSoon();
  }

  /** The first look at a search, once the plane has a size. */
  begin() {
    const { viewport, layout, scene } = this;
    if (this.hasBegun || viewport.width <= 1) return;
    this.hasBegun = true;
    viewport.begin(layout, layout.byNode.get(scene.root));
    this.revealStep();
  }

  /** Have in sight what came at the step that is shown. */
  revealStep() {
    const latest = this.layout.items.filter((item) => item.node.known === this.scene.step);
    if (latest.length) this.viewport.reveal(latest.reduce((top, item) => (item.y < top.y ? item : top)));
  }

  reveal(node) {
    const item = this.layout.byNode.get(node);
    if (item) this.move(() => this.viewport.reveal(item));
  }

  resize() {
    this.viewport.resize(this.element.clientWidth, this.element.clientHeight);
    if (!this.layout) return;
    this.begin();
    this.drawSoon();
  }

  drawSoon() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      if (this.layout && this.element.clientWidth) this.draw();
    });
  }

  draw() {
    const { canvas, viewport, scene, layout } = this;
    const look = this.measure();
    const [width, height] = [viewport.width, viewport.height].map((side) => Math.round(side * look.ratio));
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    const scale = viewport.scale * look.ratio;
    context.setTransform(scale, 0, 0, scale, -viewport.x * scale, -viewport.y * scale);
    new Drawing(new CanvasPen(context, look), scene, layout, look, viewport.scale, viewport.view).draw(scene.leaders);
  }

  found(at) {
    return this.layout?.at(...this.viewport.point(at)) ?? null;
  }

  click(at) {
    const found = this.found(at);
    if (!found) return;
    if (found.isStub) this.on.open(found.item);
    else this.on.choose(found.item.node);
  }

  zoom(factor) {
    const { width, height } = this.viewport;
    this.move(() => this.viewport.zoom(factor, [width / 2, height / 2]));
  }

  fit() {
    this.move(() => this.viewport.fit(this.layout));
  }

  move(change) {
    if (!this.layout) return;
    change();
    this.drawSoon();
  }

  end() {
    cancelAnimationFrame(this.frame);
    this.sizes.disconnect();
  }
}
