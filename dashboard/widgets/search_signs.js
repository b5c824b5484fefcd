/** How each status is told: a shape, a word and a colour. */

const ROUND = 10;

/** Points around (0, 0), within a circle of radius 1. */
const SHAPES = {
  kept: ring(ROUND, 0.85),
  finished: [[-0.8, -0.8], [0.8, -0.8], [0.8, 0.8], [-0.8, 0.8]],
  pruned: cross(0.95, 0.26),
  "end token dropped": [[0, -1], [1, 0], [0, 1], [-1, 0]],
  "pushed out": [[-0.95, -0.75], [0.95, -0.75], [0, 0.95]],
  explored: [[-0.95, 0.75], [0.95, 0.75], [0, -0.95]],
  open: ring(6, 0.9),
};
const WORDS = { "end token dropped": "end dropped" };
const HOLLOW = new Set(["explored", "open", "pushed out"]);

/** The statuses there are, as the legend lists them. */
export const STATUSES = Object.keys(SHAPES);

/** The shape of a status about a point. */
export function shapeOf(status, x, y, size) {
  return (SHAPES[status] ?? SHAPES.pruned).map(([right, down]) => [x + right * size, y + down * size]);
}

/** The word that a node has room for. */
export function wordOf(status) {
  return WORDS[status] ?? status;
}

export function colorOf(status, colors) {
  return colors[status] ?? { "pushed out": colors.finished, open: colors.kept }[status] ?? colors.pruned;
}

/** A filled shape, or its outline. */
export function fillOf(status, color, paper) {
  return HOLLOW.has(status) ? { fill: paper, stroke: color, width: 1.6 } : { fill: color, stroke: color, width: 0.5 };
}

/** Ten points of a star, inner and outer in turn. */
export function star(x, y, size) {
  return Array.from({ length: 10 }, (_, index) => {
    const [angle, radius] = [(index * Math.PI) / 5 - Math.PI / 2, index % 2 ? 0.42 : 1];
    return [x + Math.cos(angle) * radius * size, y + Math.sin(angle) * radius * size];
  });
}

function ring(count, radius) {
  return Array.from({ length: count }, (_, index) => [Math.cos((index * 2 * Math.PI) / count) * radius, Math.sin((index * 2 * Math.PI) / count) * radius]);
}

/** A plus with arms of this length and half width, turned by an eighth. */
function cross(length, half) {
  const arm = [[half, half], [length, half], [length, -half]];
  const plus = [0, 1, 2, 3].flatMap((turns) => arm.map((point) => turned(point, (-turns * Math.PI) / 2)));
  return plus.map((point) => turned(point, Math.PI / 4));
}

function turned([x, y], angle) {
  return [x * Math.cos(angle) - y * Math.sin(angle), x * Math.sin(angle) + y * Math.cos(angle)];
}
