/** The host of the unrolled model: mounted once a page, it asks for the numbers and steps through them by itself. */

import { Said } from "./cell_bar.js";
import { Equations } from "./cell_equations.js";
import { SteppingHost, mounting } from "./cell_host.js";
import { stepOf } from "./cell_steps.js";
import { Refusal, answer } from "./reader_feed.js";
import { add } from "./reader_words.js";
import { Chain, expectedHeight } from "./unrolled_chain.js";
import { UnrolledScene } from "./unrolled_scene.js";
import { Sums } from "./unrolled_sums.js";

const ROWS = { ArrowUp: 1, ArrowDown: -1 };

class Host extends SteppingHost {
  constructor(parent) {
    super(parent, new UnrolledScene(), ["unit", "t", "layer", "direction"]);
    this.element.classList.add("unroll-unrolled");
  }

  buildBody() {
    this.said = new Said(this.element);
    this.body = add(this.element, "div");
    this.drawing = new Chain(this.body, (place) => this.pick(place));
    const below = add(this.body, "div", "unroll-unrolled-below");
    this.sums = new Sums(below);
    this.equations = new Equations(below, () => {});
  }

  ask(data, before) {
    this.body.style.minHeight = `${expectedHeight(data.layers, data.directions)}px`;
    if (data.question !== before.question) this.load();
  }

  async load() {
    this.loading?.abort();
    const loading = (this.loading = new AbortController());
    this.element.classList.add("busy");
    try {
      const found = await answer(`/unroll/unrolled?${this.given.question}`, loading.signal);
      this.scene.take(await found.json());
      this.tell(null);
    } catch (error) {
      if (loading.signal.aborted) return;
      if (!(error instanceof Refusal)) console.warn(error);
      this.tell(error instanceof Refusal ? error.message : "The server does not answer.");
    }
    this.element.classList.remove("busy");
    this.drawSoon();
  }

  draw(look) {
    const { scene } = this;
    const { phi } = scene.reading;
    this.step = stepOf(scene, phi);
    this.said.show(scene);
    this.drawing.show(scene, look);
    this.sums.show(scene, phi);
    this.equations.show(scene, this.step);
  }

  /** Beside the keys of all such hosts: Shift goes through layers and directions, Enter through the table's gates. */
  press(event) {
    const { scene } = this;
    const isOwn = scene.isWhole && event.target === this.element && (event.key === "Enter" || (event.shiftKey && event.key in ROWS));
    if (!isOwn) return super.press(event);
    event.preventDefault();
    if (event.key === "Enter") return this.sums.advance(scene);
    const row = scene.layer * scene.directions + scene.direction + ROWS[event.key];
    if (row < 0 || row >= scene.layers * scene.directions) return;
    this.move({ layer: Math.floor(row / scene.directions), direction: row % scene.directions });
  }

  /** A copy of the cell is clicked, or one of its units. */
  pick(place) {
    this.play(false);
    this.move(place);
    this.element.focus({ preventScroll: true });
  }

  destroy() {
    this.loading?.abort();
    super.destroy();
  }
}

export const mount = mounting(Host);
