/** The whole text as a bar, with the window that the maps show: its ends and its middle can be dragged or moved by keys. */

import { plot, LEFT } from "./reader_picture.js";
import { add } from "./reader_words.js";

const MOVES = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -0.1, PageUp: 0.1, Home: -Infinity, End: Infinity };

export class Range {
  /** `onZoom` is told the wanted first and stop. */
  constructor(parent, onZoom) {
    this.onZoom = onZoom;
    this.element = add(parent, "div", "unroll-range");
    this.window = add(this.element, "div", "unroll-range-window");
    this.ends = ["First timestep shown", "Last timestep shown"].map((label, index) => this.end(label, index));
    this.element.onpointerdown = (event) => this.grab(event);
  }

  end(label, index) {
    const end = add(this.element, "div", "unroll-range-end");
    Object.assign(end, { tabIndex: 0, onkeydown: (event) => this.press(event, index) });
    end.setAttribute("role", "slider");
    end.setAttribute("aria-label", label);
    end.setAttribute("aria-valuemin", "0");
    return end;
  }

  show(scene, look) {
    this.scene = scene;
    const { width } = plot(look);
    this.width = width;
    Object.assign(this.element.style, { marginLeft: `${LEFT}px`, width: `${width}px` });
    const [from, to] = [scene.first, scene.stop].map((t) => (t / scene.steps) * width);
    Object.assign(this.window.style, { transform: `translateX(${from}px)`, width: `${to - from}px` });
    this.ends.forEach((end, index) => {
      end.style.transform = `translateX(${index ? to : from}px)`;
      end.setAttribute("aria-valuemax", String(scene.steps - 1));
      end.setAttribute("aria-valuenow", String(index ? scene.stop - 1 : scene.first));
    });
  }

  press(event, index) {
    const move = MOVES[event.key];
    if (move === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const { first, stop, steps } = this.scene;
    const by = Math.abs(move) < 1 ? Math.round(move * steps) || Math.sign(move) : move;
    if (index) this.onZoom(first, Math.min(Math.max(stop + by, first + 1), steps));
    else this.onZoom(Math.max(Math.min(first + by, stop - 1), 0), stop);
  }

  /** Drag what is under the pointer; a press beside the window brings it there. */
  grab(event) {
    event.preventDefault();
    const timeOf = (moved) => ((moved.clientX - this.element.getBoundingClientRect().left) / this.width) * this.scene.steps;
    const { first, stop } = this.scene;
    const start = timeOf(event);
    const end = this.ends.indexOf(event.target);
    const offset = start >= first && start < stop ? 0 : start - (first + stop) / 2;
    const move = (moved) => {
      const by = timeOf(moved) - start;
      if (end === 0) this.onZoom(Math.min(first + by, stop - 1), stop);
      else if (end === 1) this.onZoom(first, Math.max(stop + by, first + 1));
      else this.onZoom(first + offset + by, stop + offset + by);
    };
    move(event);
    this.element.setPointerCapture(event.pointerId);
    this.element.onpointermove = move;
    this.element.onpointerup = this.element.onpointercancel = () => (this.element.onpointermove = null);
  }
}
