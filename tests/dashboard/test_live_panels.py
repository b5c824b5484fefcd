from __future__ import annotations

import json

import numpy as np
import plotly.graph_objects as go
import pytest

from dashboard.widgets.live_figures import Panel, Source, _panel_data


def test_an_asked_panel_has_a_question_and_no_other_has() -> None:
    for kind, question in (("asked", None), ("curves", "paths?")):
        with pytest.raises(ValueError, match="an asked panel has a question"):
            Panel("a", go.Figure(), kind, "A", alt="", question=question)


def test_a_source_is_a_scalar_or_a_whole_array_or_one_layer_and_direction() -> None:
    sources = (Source("rnn/loss"), None, Source("rnn/hidden_norms", 0), Source("rnn/hidden_norms", 1, 1))
    data = _panel_data(Panel("a", go.Figure(), "curves", "A", alt="", sources=sources), 320)
    assert data["sources"] == ["rnn/loss", None, "rnn/hidden_norms[0,0]", "rnn/hidden_norms[1,1]"]


def test_the_browser_hears_which_axis_is_time() -> None:
    axes = {}
    for kind in ("curves", "heatmap", "blocks", "scalars", "static"):
        axes[kind] = _panel_data(Panel("a", go.Figure(), kind, "A", alt=""), 320)["timeAxis"]
    assert axes == {"curves": "x", "heatmap": "y", "blocks": None, "scalars": None, "static": None}
    asked = Panel("a", go.Figure(), "asked", "A", alt="", question="paths?", time_axis="y")
    assert _panel_data(asked, 320)["timeAxis"] == "y"


def test_a_figure_travels_with_its_numbers_and_without_streamlit_s_template() -> None:
    figure = go.Figure(go.Scatter(y=np.arange(3.0)), layout={"template": "plotly_dark"})
    sent = json.loads(_panel_data(Panel("a", figure, "static", "A", alt=""), 320)["figure"])
    assert "template" not in sent["layout"] and sent["data"][0]["y"]["dtype"] == "f8"
