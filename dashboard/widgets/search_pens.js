/** Two pens with one grip: on a canvas, for the screen and PNG, and in SVG.
 *
 * A style is {stroke, fill, width, dash, alpha}; lengths are those of the tree's plane.
 */

const SVG = "http://www.w3.org/2000/svg";
const PORTION = 100; // pieces of one path
const BEND = 0.5; // of the way across, where a curve has its handles

export class CanvasPen {
  constructor(context, fonts) {
    Object.assign(this, { context, fonts });
  }

  /** Curves [x1, y1, x2, y2] that leave and arrive level; straight ones where they are too small to bend. */
  curves(curves, style, isStraight) {
    const { context } = this;
    this.take(style);
    for (const some of portions(curves)) {
      context.beginPath();
      for (const [x1, y1, x2, y2] of some) {
        const bend = (x2 - x1) * BEND;
        context.moveTo(x1, y1);
        if (isStraight) context.lineTo(x2, y2);
        else context.bezierCurveTo(x1 + bend, y1, x2 - bend, y2, x2, y2);
      }
      context.stroke();
    }
  }

  /** Closed shapes, each a list of points. */
  shapes(polygons, style) {
    const { context } = this;
    this.take(style);
    for (const some of portions(polygons)) {
      context.beginPath();
      for (const points of some) {
        points.forEach(([x, y], index) => (index ? context.lineTo(x, y) : context.moveTo(x, y)));
        context.closePath();
      }
      this.finish(style);
    }
  }

  box([x, y, width, height], round, style) {
    this.take(style);
    this.context.beginPath();
    this.context.roundRect(x, y, width, height, round);
    this.finish(style);
  }

  text(text, x, y, { size, fill, weight = 400, isMono = false, align = "left", alpha = 1 }) {
    const { context, fonts } = this;
    Object.assign(context, { font: `${weight} ${size}px ${isMono ? fonts.mono : fonts.font}`, fillStyle: fill, textAlign: align, globalAlpha: alpha, textBaseline: "middle" });
    context.fillText(text, x, y);
  }

  take({ stroke, fill, width = 1, dash = [], alpha = 1 }) {
    Object.assign(this.context, { strokeStyle: stroke ?? "#000", fillStyle: fill ?? "#000", lineWidth: width, globalAlpha: alpha });
    this.context.setLineDash(dash);
  }

  finish({ stroke, fill }) {
    if (fill) this.context.fill();
    if (stroke) this.context.stroke();
  }
}

export class SvgPen {
  constructor(root, fonts) {
    Object.assign(this, { root, fonts });
  }

  curves(curves, style, isStraight) {
    const path = ([x1, y1, x2, y2]) => {
      const bend = (x2 - x1) * BEND;
      return isStraight ? `M${x1} ${y1}L${x2} ${y2}` : `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
    };
    this.element("path", { d: curves.map(path).join("") }, { ...style, fill: null });
  }

  shapes(polygons, style) {
    this.element("path", { d: polygons.map((points) => `M${points.map((point) => point.join(" ")).join("L")}Z`).join("") }, style);
  }

  box([x, y, width, height], round, style) {
    this.element("rect", { x, y, width, height, rx: round }, style);
  }

  text(text, x, y, { size, fill, weight = 400, isMono = false, align = "left", alpha = 1 }) {
    const anchor = { left: "start", center: "middle", right: "end" }[align];
    const family = isMono ? this.fonts.mono : this.fonts.font;
    const element = this.element("text", { x, y, "font-size": size, "font-weight": weight, "font-family": family, "text-anchor": anchor, "dominant-baseline": "central" }, { fill, alpha });
    element.textContent = text;
  }

  element(tag, attributes, { stroke = null, fill = null, width = 1, dash = [], alpha = 1 }) {
    const element = this.root.appendChild(document.createElementNS(SVG, tag));
    const drawn = { stroke: stroke ?? "none", fill: fill ?? "none", "stroke-width": width, opacity: alpha, "stroke-dasharray": dash.join(" ") || "none" };
    for (const [name, value] of Object.entries({ ...attributes, ...drawn })) element.setAttribute(name, value);
    return element;
  }
}

/** A path of very many pieces takes browsers longer than several. */
function portions(pieces) {
  return Array.from({ length: Math.ceil(pieces.length / PORTION) }, (_, index) => pieces.slice(index * PORTION, (index + 1) * PORTION));
}

/** An empty sheet of SVG that shows a part of the plane. */
export function svgSheet([x, y, width, height]) {
  const root = document.createElementNS(SVG, "svg");
  for (const [name, value] of Object.entries({ xmlns: SVG, viewBox: `${x} ${y} ${width} ${height}`, width, height })) root.setAttribute(name, value);
  return root;
}
