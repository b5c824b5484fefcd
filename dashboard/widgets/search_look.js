/** What drawing needs to know of the page: its pixels, the theme's colours and its fonts. */
export function lookOf(element, colors) {
  const style = getComputedStyle(element);
  const token = (name, fallback) => style.getPropertyValue(`--st-${name}`).trim() || fallback;
  return {
    ratio: window.devicePixelRatio || 1,
    ink: token("text-color", "#222"),
    paper: token("background-color", "#fff"),
    font: token("font", "sans-serif"),
    mono: token("code-font", "monospace"),
    colors,
  };
}
