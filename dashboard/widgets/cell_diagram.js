/** The host of the drawn cell: mounted once a page, it asks for a reading and steps through it by itself. */

import { Said } from "./cell_bar.js";
import { Drawing, legend } from "./cell_drawing.js";
import { Equations } from "./cell_equations.js";
import { SteppingHost, mounting } from "./cell_host.js";
import { CellScene } from "./cell_scene.js";
import { brief, stepOf } from "./cell_steps.js";
import { write } from "./cell_symbols.js";
import { Ticker } from "./cell_ticker.js";
import { wordsFor } from "./cell_words.js";
import { exactPlane } from "./reader_feed.js";
import { Loader } from "./reader_loader.js";
import { add } from "./reader_words.js";

class Host extends SteppingHost {
  constructor(parent) {
    super(parent, new CellScene(), ["unit", "t"]);
    this.part = null;
    const on = {
      data: () => this.drawSoon(),
      busy: (is) => this.element.classList.toggle("busy", is),
      trouble: (sentence) => this.tell(sentence),
    };
    this.loader = new Loader(this.scene, on, exactPlane);
  }

  buildBody() {
    this.ticker = new Ticker(this.element, (t) => this.go(t));
    this.said = new Said(this.element);
    this.body = add(this.element, "div", "unroll-cell-body");
    const figure = add(this.body, "div", "unroll-cell-figure");
    this.drawing = new Drawing(figure, { part: (name) => this.point(name), unit: (...place) => this.overUnit(...place) });
    legend(figure);
    this.words = add(figure, "p", "unroll-cell-words");
    this.equations = new Equations(this.body, (name) => this.point(name));
  }

  ask({ question, live }) {
    this.scene.question = question;
    this.loader.want(question, [], live);
  }

  load() {
    this.loader.load();
  }

  draw(look) {
    const { scene, given } = this;
    this.step = stepOf(scene, given.phi);
    this.drawing.shape(scene.reading.kind, scene.isReverse, given.colors);
    this.drawing.show(scene, this.step, look);
    this.ticker.show(scene, look.scales[scene.memory]);
    this.said.show(scene);
    this.equations.show(scene, this.step);
    this.point(this.part);
  }

  /** A part is pointed at, in the drawing or among the equations; null: none. */
  point(name) {
    this.part = name;
    this.drawing.point(name);
    this.equations.point(name);
    if (this.step) write(this.words, wordsFor(name, this.scene, this.step));
  }

  /** The pointer is over a unit's square, or chooses it. */
  overUnit(unit, name, isChosen) {
    const { scene } = this;
    if (unit === null) return this.point(name);
    if (isChosen) return this.choose(unit);
    const { node } = this.drawing.parts.get(name);
    const value = scene.value(node.gate, unit, node.isBefore ? scene.before : scene.t);
    write(this.words, `Unit ${unit}: ${this.drawing.named(node.symbol)} = ${brief(value)}. ${unit === scene.unit ? "It is the one shown." : "Click to look at it."}`);
  }

  destroy() {
    this.loader.end();
    super.destroy();
  }
}

export const mount = mounting(Host);
