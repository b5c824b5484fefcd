/** How the reader prints symbols and numbers. */

const TINY = 1e-5; // below, a share has an exponent
const SIGNS = { "\n": "⏎", " ": "·", "\t": "⇥", "\r": "␍" };

/** A token that can be seen. */
export function sign(token) {
  return Array.from(token, (letter) => SIGNS[letter] ?? letter).join("") || "∅";
}

/** Three decimals, as half precision holds them; large numbers and tiny ones otherwise. */
export function printed(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const text = size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(2) : value.toFixed(3);
  return text.replace("-", "−");
}

export function percent(share) {
  if (Number.isNaN(share)) return "NaN";
  if (share > 0 && share < TINY) return `${(100 * share).toExponential(0)} %`;
  return share >= 0.9995 ? "100 %" : share >= 0.0995 ? `${(100 * share).toFixed(1)} %` : `${(100 * share).toPrecision(2)} %`;
}

/** A share as the width of a bar; none where it is no number. */
export function width(share) {
  return `${100 * (Number.isNaN(share) ? 0 : share)}%`;
}

/** A round number at or above: 1, 2 or 5 times a power of ten. */
export function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= value * (1 - 1e-9));
}

/** An element with a class, appended. */
export function add(parent, tag, name = "", text = "") {
  const element = parent.appendChild(document.createElement(tag));
  if (name) element.className = name;
  if (text) element.textContent = text;
  return element;
}

/** A push button, appended. */
export function button(parent, text, label, onClick) {
  const element = add(parent, "button", "", text);
  element.type = "button";
  element.title = label;
  element.setAttribute("aria-label", label);
  element.onclick = onClick;
  return element;
}
