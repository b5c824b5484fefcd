/** Where the parts of a graph lie, in pixels: lying on a wide page, standing on a narrow one. */

const CORNER = 9;
const HEAD = 9; // length of an arrow's head
const WIDE = {
  columns: (column) => 58 + 124 * column,
  rows: [52, 151, 262, 350],
  box: [104, 88],
  token: [104, 52],
  act: [64, 38],
  dot: [30, 30],
  isUpright: false,
};
const TALL = {
  columns: (column) => 48 + 100 * column,
  rows: [47, 141, 236, 323],
  box: [84, 86],
  token: [70, 52],
  act: [50, 36],
  dot: [26, 26],
  isUpright: true,
};

export class Geometry {
  constructor(graph, isTall) {
    Object.assign(this, { graph, form: isTall ? TALL : WIDE });
    const corners = Object.values(graph.nodes).map((node) => {
      const [x, y] = this.place(node.at);
      const [width, height] = this.form[node.shape];
      return [x + width / 2, y + height / 2];
    });
    [this.width, this.height] = [0, 1].map((axis) => Math.max(...corners.map((corner) => corner[axis])) + 5);
  }

  /** A grid place, as pixels. */
  place([column, row]) {
    const { columns, rows, isUpright } = this.form;
    const low = Math.floor(row);
    const across = rows[low] + (row - low) * ((rows[low + 1] ?? rows[low]) - rows[low]);
    return isUpright ? [across, columns(column)] : [columns(column), across];
  }

  /** Left, top, width and height of a node. */
  frame(node) {
    const [x, y] = this.place(node.at);
    const [width, height] = this.form[node.shape];
    return [x - width / 2, y - height / 2, width, height];
  }

  /** A line's path from the edge of one node to the edge of another, and its arrow's head: {d, head}. */
  line({ path, from, to }) {
    const points = path.map((point) => this.place(point));
    if (from) points[0] = this.edge(this.graph.nodes[from], points[1]);
    if (!to) return { d: rounded(points), head: "" };
    const tip = this.edge(this.graph.nodes[to], points.at(-2));
    const toward = direction(points.at(-2), tip);
    points[points.length - 1] = tip.map((value, axis) => value - toward[axis] * HEAD * 0.8);
    return { d: rounded(points), head: arrow(tip, toward) };
  }

  /** Where a line from a point at right angles to a node meets its edge. */
  edge(node, point) {
    const [x, y] = this.place(node.at);
    const [width, height] = this.form[node.shape];
    const [right, down] = direction([x, y], point);
    return [x + (right * width) / 2, y + (down * height) / 2];
  }
}

/** Left, right, up or down, as a step of one pixel. */
function direction([fromX, fromY], [toX, toY]) {
  const [x, y] = [toX - fromX, toY - fromY];
  return Math.abs(x) > Math.abs(y) ? [Math.sign(x), 0] : [0, Math.sign(y)];
}

function rounded(points) {
  const parts = points.map((point, index) => {
    if (index === 0) return `M${point}`;
    if (index === points.length - 1) return `L${point}`;
    return `L${toward(point, points[index - 1])}Q${point} ${toward(point, points[index + 1])}`;
  });
  return parts.join("");
}

/** The place a corner's radius away from a point towards another, at most half way. */
function toward([x, y], [otherX, otherY]) {
  const distance = Math.hypot(otherX - x, otherY - y) || 1;
  const share = Math.min(CORNER, distance / 2) / distance;
  return [x + share * (otherX - x), y + share * (otherY - y)];
}

function arrow([x, y], [right, down]) {
  const [backX, backY] = [x - right * HEAD, y - down * HEAD];
  const [sideX, sideY] = [down * HEAD * 0.7, right * HEAD * 0.7];
  return `M${x},${y}L${backX + sideX},${backY + sideY}L${backX - sideX},${backY - sideY}Z`;
}
