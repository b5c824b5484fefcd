/** A heatmap of one gate or state: units downwards in the order chosen, time to the right. */

import { add } from "./reader_words.js";
import { CAPTION, Picture, caption, plot, pooled } from "./reader_picture.js";

export class GateMap extends Picture {
  constructor(parent, gate) {
    super(parent, "unroll-map");
    this.gate = gate;
    this.element.dataset.gate = gate;
    this.mark = add(this.element, "div", "unroll-row-mark");
    this.image = document.createElement("canvas");
  }

  /** Draw the window, if anything of it changed; before its plane has come, an empty frame of the same size. */
  draw(scene, look, title, height) {
    this.height = height;
    const { first, stop, top, bottom, unitOf, isDark } = scene;
    const made = [scene.planes.get(this.gate), scene.units, first, stop, top, bottom, unitOf, isDark, look.width, look.ratio, look.paper, title, height];
    if (this.made?.every((part, index) => part === made[index])) return;
    this.made = made;
    this.redraw(scene, look, title, height);
  }

  redraw(scene, look, title, height) {
    const context = this.begin(look, CAPTION + height);
    const { left, width } = plot(look);
    const isHere = scene.planes.has(this.gate);
    this.element.classList.toggle("waiting", !isHere);
    const note = isHere ? this.note(scene) : "";
    caption(context, look, title, note, scene.scales[this.gate]);
    if (isHere) {
      this.paint(scene, { width: Math.round(width * look.ratio), height: Math.round(height * look.ratio) });
      context.imageSmoothingEnabled = false;
      context.drawImage(this.image, left, CAPTION, width, height);
    }
    context.strokeRect(left - 0.5, CAPTION - 0.5, width + 1, height + 1);
    if (scene.reading) this.number(context, scene, look, height);
    this.canvas.setAttribute("aria-label", `${title}: ${scene.units} units by ${scene.steps} timesteps. ${note}`);
  }

  /** The window into the small image, one pixel a value or fewer. */
  paint(scene, most) {
    const { kept, width, height } = pooled(scene.summary(this.gate), scene, most);
    Object.assign(this.image, { width, height });
    const context = this.image.getContext("2d");
    const data = context.createImageData(width, height);
    const { pixels } = scene.scales[this.gate];
    const words = new Uint32Array(data.data.buffer);
    for (let index = 0; index < kept.length; index += 1) words[index] = pixels[kept[index]];
    context.putImageData(data, 0, 0);
  }

  note(scene) {
    const { missing, beyond } = scene.summary(this.gate);
    const parts = [this.gate === "cell" ? "coloured by tanh c" : ""];
    parts.push(beyond ? `${beyond.toLocaleString("en")} beyond the scale (pink, cyan)` : "");
    parts.push(missing ? `${missing.toLocaleString("en")} NaN (grey)` : "");
    return parts.filter(Boolean).join(" · ");
  }

  /** The units of the first and the last row. */
  number(context, scene, look, height) {
    Object.assign(context, { textAlign: "right", font: `10px ${look.font}`, fillStyle: look.ink, textBaseline: "top" });
    context.fillText(scene.unitOf[scene.top], plot(look).left - 4, CAPTION);
    context.textBaseline = "bottom";
    context.fillText(scene.unitOf[scene.bottom - 1], plot(look).left - 4, CAPTION + height);
  }

  markRow(scene, look) {
    const thick = this.height / (scene.bottom - scene.top);
    const { left, width } = plot(look);
    const top = CAPTION + (scene.row - scene.top) * thick;
    Object.assign(this.mark.style, {
      transform: `translate(${left}px, ${top}px)`,
      width: `${width}px`,
      height: `${Math.max(thick, 1)}px`,
    });
  }

  /** The row at y of the picture; null outside of the map. */
  rowAt(scene, y) {
    const share = (y - CAPTION) / this.height;
    if (share < 0 || share >= 1) return null;
    return scene.top + Math.floor(share * (scene.bottom - scene.top));
  }
}
