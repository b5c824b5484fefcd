/** What part of the plane is in sight: pan, zoom about a point, fit. */

import { BOX } from "./search_layout.js";

const LEAST = 0.02;
const MOST = 3;
const READABLE = 0.6; // a tree that is smaller as a whole is shown from its beginning
const FIRST = 0.8;
const MARGIN = 18;

export class Viewport {
  constructor() {
    Object.assign(this, { x: 0, y: 0, scale: 1, width: 1, height: 1 });
  }

  resize(width, height) {
    Object.assign(this, { width, height });
  }

  /** [x, y, width, height] in the plane. */
  get view() {
    return [this.x, this.y, this.width / this.scale, this.height / this.scale];
  }

  /** A point of the plane from pixels. */
  point([left, top]) {
    return [this.x + left / this.scale, this.y + top / this.scale];
  }

  pan(right, down) {
    this.x -= right / this.scale;
    this.y -= down / this.scale;
  }

  /** Zoom while what is at these pixels stays there. */
  zoom(factor, [left, top]) {
    const [x, y] = this.point([left, top]);
    this.scale = Math.min(Math.max(this.scale * factor, LEAST), MOST);
    Object.assign(this, { x: x - left / this.scale, y: y - top / this.scale });
  }

  /** All of a layout, not larger than life. */
  fit(layout) {
    this.scale = Math.max(this.fitting(layout), LEAST);
    this.x = -(this.width / this.scale - layout.width) / 2;
    this.y = -(this.height / this.scale - layout.height) / 2;
  }

  /** All of it if it can be read so; else its beginning, about the row of an item. */
  begin(layout, item) {
    if (this.fitting(layout) >= READABLE) return this.fit(layout);
    const height = this.height / FIRST;
    this.scale = FIRST;
    this.x = -MARGIN / FIRST;
    const middle = (item?.y ?? 0) + BOX[1] / 2 - height / 2;
    this.y = layout.height <= height ? (layout.height - height) / 2 : Math.min(Math.max(middle, -MARGIN), layout.height + MARGIN - height);
  }

  fitting(layout) {
    return Math.min((this.width - 2 * MARGIN) / layout.width, (this.height - 2 * MARGIN) / layout.height, 1);
  }

  /** Move just as far as it takes to have an item in sight. */
  reveal({ x, y }) {
    const [left, top, width, height] = this.view;
    const margin = MARGIN / this.scale;
    this.x = held(left, x + BOX[0] + margin - width, x - margin);
    this.y = held(top, y + BOX[1] + margin - height, y - margin);
  }
}

function held(value, least, most) {
  return least > most ? most : Math.min(Math.max(value, least), most);
}
