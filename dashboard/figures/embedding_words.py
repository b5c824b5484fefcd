"""Words of a source of vectors, ranked by their cosine with a place.

Axes: K words.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.theme import CHOSEN, LSTM


def ranked_figure(words: Sequence[str], cosines: np.ndarray, place: str) -> go.Figure:
    """A bar a word, nearest on top and marked.

    Look at the step from the first to the second: an analogy holds where the right word stands out.
    """
    figure = go.Figure(
        go.Bar(
            x=cosines, y=list(words), orientation="h", text=[f"{cosine:.2f}" for cosine in cosines], cliponaxis=False,
            marker={"color": [CHOSEN, *[LSTM] * (len(words) - 1)]},
            hovertemplate="%{y}: cosine %{x:.3f}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title=f"cosine with {place}", range=[min(0.0, float(np.min(cosines, initial=0))), 1.05])
    return figure.update_yaxes(autorange="reversed", type="category", dtick=1)
