"""What a step does to a gradient: singular values of its Jacobian, of products of Jacobians, and the recurrent weights.

Axes: T timesteps, S units of the state, G gates, H hidden units.
"""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.recordings.anatomy import JacobianSpectrum, RecurrentSpectrum
from dashboard.figures.log_axis import decades_of, log_axis, measured
from dashboard.theme import GATE_MARKS, LIMIT, Mark, Stroke

STEP_FLOOR, PRODUCT_FLOOR = 1e-6, 1e-150
RANKS = (("largest", 0.0, "solid", 2.5), ("median", 0.5, "dash", 1.5), ("smallest", 1.0, "dot", 1.5))
"""Name, place in the order of singular values, dash and width of a line."""


def jacobian_figure(spectrum: JacobianSpectrum, stroke: Stroke, is_reverse: bool = False) -> go.Figure:
    """Singular values of each step's Jacobian, and below those of the product from t to the end (to the start).

    Look above for the dotted line at 1: below it a step shrinks every gradient, above it there are directions that
    grow. Below, the largest is the most of any gradient that can survive from the end back to t; lines end where
    rounding begins.
    """
    figure = make_subplots(rows=2, shared_xaxes=True, vertical_spacing=0.08)
    timesteps = len(spectrum.steps) + 1
    early, late = np.arange(1, timesteps), np.arange(2, timesteps + 1)
    steps_at, products_at = (early, late) if is_reverse else (late, early)
    _add_ranks(figure, steps_at, spectrum.steps, STEP_FLOOR, stroke, row=1)
    resolved = np.where(spectrum.products < spectrum.resolved[:, None], np.nan, spectrum.products)
    _add_ranks(figure, products_at, resolved, PRODUCT_FLOOR, stroke, row=2)
    figure.add_scatter(x=products_at, y=np.maximum(spectrum.resolved, PRODUCT_FLOOR), name="rounding below", row=2,
                       col=1, mode="lines", line={"color": LIMIT, "dash": "dot", "width": 1},
                       hovertemplate="%{y:.1e}")  # fmt: skip
    figure.update_xaxes(range=[0.5, timesteps + 0.5])
    figure.add_hline(1, line={"color": LIMIT, "dash": "dot", "width": 1}, row=1)
    state = "s" if spectrum.kind == "lstm" else "h"
    other, end = ("t+1", "1") if is_reverse else ("t−1", "T")
    figure.update_yaxes(log_axis(f"σ of ∂{state}<sub>t</sub>/∂{state}<sub>{other}</sub>",
                                 decades_of([spectrum.steps], STEP_FLOOR, 2)), row=1)  # fmt: skip
    figure.update_yaxes(log_axis(f"σ of ∂{state}<sub>{end}</sub>/∂{state}<sub>t</sub>",
                                 decades_of([spectrum.products[:, 0]], PRODUCT_FLOOR)), row=2)  # fmt: skip
    return figure.update_xaxes(title="timestep t", row=2)


def _add_ranks(
    figure: go.Figure, times: np.ndarray, values: np.ndarray, floor: float, stroke: Stroke, row: int
) -> None:
    for name, place, dash, width in RANKS:
        chosen = values[:, round(place * (values.shape[1] - 1))]
        figure.add_scatter(
            x=times,
            y=np.maximum(chosen, floor),
            customdata=[measured(value, floor) for value in chosen],
            name=f"{name} of {values.shape[1]}",
            legendgroup=name,
            showlegend=row == 1,
            mode="lines",
            line={"color": stroke.color, "dash": dash, "width": width},
            hovertemplate="%{customdata}",
            row=row,
            col=1,
        )


def unit_circle_figure(spectrum: RecurrentSpectrum, stroke: Stroke) -> go.Figure:
    """Eigenvalues of the recurrent weights about the unit circle, a mark for each gate; rings at ρ and at σ_max.

    Look at the two rings: all eigenvalues may lie inside the unit circle (ρ < 1) while σ_max > 1, so that some
    gradients grow for a step although powers of the matrix fade in the end.
    """
    figure = go.Figure()
    reach = 1.1 * max(1.0, float(spectrum.spectral_norms.max()))
    figure.add_scatter(**_ring(1.0), name="unit circle", line={"color": LIMIT, "width": 1.5}, hoverinfo="skip")
    for gate, values, radius, norm in zip(
        spectrum.gates, spectrum.eigenvalues, spectrum.spectral_radii, spectrum.spectral_norms, strict=True
    ):
        mark = GATE_MARKS.get(gate, Mark(stroke.color, "circle"))
        label = "W_hh" if gate == "hidden" else gate
        figure.add_scatter(x=values.real, y=values.imag, mode="markers", customdata=np.abs(values),
                           name=f"{label}: ρ {radius:.2f}, σ_max {norm:.2f}", legendgroup=gate,
                           marker={"color": mark.color, "symbol": mark.symbol, "size": 6, "opacity": 0.8},
                           hovertemplate="%{x:.3f} + %{y:.3f} i, modulus %{customdata:.3f}")  # fmt: skip
    if len(spectrum.gates) == 1:
        rings = (("ρ", spectrum.spectral_radii[0], "dash"), ("σ_max", spectrum.spectral_norms[0], "dot"))
        for name, radius, dash in rings:
            figure.add_scatter(**_ring(radius), name=f"ring at {name}", hoverinfo="skip",
                               line={"color": stroke.color, "dash": dash, "width": 1.5})  # fmt: skip
    figure.update_xaxes(title="real part", range=[-reach, reach], zeroline=True)
    return figure.update_yaxes(title="imaginary part", range=[-reach, reach], scaleanchor="x")


def _ring(radius: float) -> dict[str, object]:
    angles = np.linspace(0, 2 * np.pi, 121)
    return {"x": radius * np.cos(angles), "y": radius * np.sin(angles), "mode": "lines"}
