"""A look-up as a product, and what each costs.

Axes: V vocabulary, E length of a row, R rows shown, C columns shown, K sizes of vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.theme import CHOSEN, ELEMENTWISE, LIMIT, LSTM, SIGNED_SCALE


def product_figure(labels: Sequence[str], rows: np.ndarray, chosen: int, reach: float) -> go.Figure:
    """A window of W with the one-hot vector beside it, and the product below: the chosen row, number by number.

    Args:
        labels: Of the tokens shown, R.
        rows: Their rows, first columns, shape (R, C).
        chosen: Which of the rows shown the token is.
        reach: Largest absolute number of all of W, for the colours.
    """
    figure = make_subplots(2, 2, column_widths=[0.08, 0.92], row_heights=[0.86, 0.14], vertical_spacing=0.08,
                           horizontal_spacing=0.02, specs=[[{}, {}], [None, {}]])  # fmt: skip
    hot = np.zeros((len(labels), 1))
    hot[chosen] = 1
    _add_numbers(figure, hot, (1, 1), (0, 1), "Blues", "%{z:.0f}")
    _add_numbers(figure, rows, (1, 2), (-reach, reach), SIGNED_SCALE, "%{z:.2f}")
    _add_numbers(figure, rows[chosen][None], (2, 2), (-reach, reach), SIGNED_SCALE, "%{z:.2f}")
    for column, width in ((1, 1), (2, rows.shape[1])):
        figure.add_shape(type="rect", x0=-0.5, x1=width - 0.5, y0=chosen - 0.5, y1=chosen + 0.5, row=1, col=column,
                         line={"color": CHOSEN, "width": 3})  # fmt: skip
    places = list(range(len(labels)))
    figure.update_yaxes(autorange="reversed", tickvals=places, ticktext=list(labels), row=1, col=1)
    figure.update_yaxes(autorange="reversed", showticklabels=False, row=1, col=2)
    figure.update_yaxes(tickvals=[0], ticktext=["W<sub>v</sub>"], row=2, col=2)
    columns = list(range(rows.shape[1]))
    figure.update_xaxes(showgrid=False, tickvals=[0], ticktext=["one-hot"], row=1, col=1)
    figure.update_xaxes(showgrid=False, tickvals=columns, ticktext=[str(one + 1) for one in columns], row=1, col=2)
    return figure.update_xaxes(title="number of the row: W above, the product below", showgrid=False,
                               showticklabels=False, row=2, col=2)  # fmt: skip


def _add_numbers(
    figure: go.Figure, numbers: np.ndarray, at: tuple[int, int], ends: tuple[float, float], scale: str, shown: str
) -> None:
    figure.add_heatmap(
        z=numbers, zmin=ends[0], zmax=ends[1], colorscale=scale, showscale=False, texttemplate=shown, xgap=1, ygap=1,
        hovertemplate="%{z:.4f}<extra></extra>", row=at[0], col=at[1],
    )  # fmt: skip


def costs_figure(sizes: np.ndarray, times: dict[str, np.ndarray], title: str) -> go.Figure:
    """Seconds or bytes against V, log axes: one line a way, "look-up" and "one-hot product".

    A line that rises by one decade a decade costs in proportion to the vocabulary. A look-up's forward pass is flat;
    its backward pass is not, as PyTorch's gradient has a row for every word.
    """
    looks = {"look-up": (LSTM, "circle"), "one-hot product": (ELEMENTWISE, "diamond")}
    figure = go.Figure()
    for name, values in times.items():
        color, symbol = next(look for start, look in looks.items() if name.startswith(start))
        is_step = "backward" in name
        figure.add_scatter(
            x=sizes, y=values, mode="lines+markers", name=name, marker={"symbol": symbol, "size": 9},
            line={"color": color, "width": 2, "dash": "dash" if is_step else "solid"},
            hovertemplate=f"{name}: V = %{{x:,}}, %{{y:.3s}}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(title="V, size of the vocabulary (log axis)", type="log", tickvals=list(sizes))
    return figure.update_yaxes(title=f"{title} (log axis)", type="log", tickformat="~s", zerolinecolor=LIMIT)
