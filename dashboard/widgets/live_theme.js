/** Streamlit's theme, read from its CSS variables, as a Plotly template. */

export function template(element) {
  const style = getComputedStyle(element);
  const token = (name, fallback) => style.getPropertyValue(`--st-${name}`).trim() || fallback;
  const text = token("text-color", "#222");
  const border = token("border-color", "#ccc");
  const background = token("background-color", "#fff");
  const axis = { gridcolor: border, zerolinecolor: border, linecolor: border, tickcolor: border, automargin: true, title: { standoff: 6 } };
  return {
    layout: {
      font: { family: token("font", "sans-serif"), size: 12, color: text },
      paper_bgcolor: background,
      plot_bgcolor: background,
      colorway: token("chart-categorical-colors", "").split(",").filter(Boolean),
      margin: { l: 8, r: 8, t: 8, b: 8 },
      xaxis: axis,
      yaxis: axis,
      hoverlabel: { bgcolor: token("secondary-background-color", background), bordercolor: border, font: { color: text } },
      legend: { orientation: "h", x: 0, xanchor: "left", y: 1.02, yanchor: "bottom", bgcolor: "rgba(0,0,0,0)" },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: border, activecolor: token("primary-color", text) },
    },
    data: { heatmap: [{ colorbar: { thickness: 12, outlinewidth: 0, title: { side: "right" } } }] },
  };
}
