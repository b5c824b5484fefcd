/** Symbols with subscripts, such as c_{t−1}, in text and in drawings. */

const SVG = "http://www.w3.org/2000/svg";
const DROP = 4; // pixels that a drawn subscript stands lower

/** A drawn element with attributes, appended. */
export function draw(parent, tag, attributes = {}) {
  const element = parent.appendChild(document.createElementNS(SVG, tag));
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** Text with c_{t−1} as subscripts, in place of what an element holds. */
export function write(element, text) {
  const parts = split(text).map(([part, isLow]) => (isLow ? low(part) : part));
  element.replaceChildren(...parts);
}

/** The same in a drawn text. */
export function writeDrawn(element, text) {
  element.replaceChildren();
  let isUp = true;
  for (const [part, isLow] of split(text)) {
    const span = draw(element, "tspan", { dy: isLow === !isUp ? 0 : isLow ? DROP : -DROP });
    span.textContent = part;
    if (isLow) span.setAttribute("class", "low");
    isUp = !isLow;
  }
}

/** The same as plain text, to be spoken. */
export function plain(text) {
  return split(text).map(([part, isLow]) => (isLow ? ` ${part}` : part)).join("");
}

function low(text) {
  const element = document.createElement("sub");
  element.textContent = text;
  return element;
}

/** Parts of a text, each with whether it stands low. */
function split(text) {
  return text.split(/_\{([^}]*)\}/).map((part, index) => [part, index % 2 === 1]).filter(([part]) => part !== "");
}
