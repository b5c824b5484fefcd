"""The fields of the page that sums RNNs up: which model the claims are measured on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.models.config import TITLES
from core.training.config import MAX_SEED
from core.training.limits import Limits
from dashboard.summed_asked import SummedModel
from dashboard.widgets.address import Choice, Field, Number, set_values

SUMMED = "summed"
"""The group of the fields."""
CELLS = {cell: TITLES[cell] for cell in ("rnn", "gru", "lstm")}
SITUATIONS: dict[str, dict[str, Any]] = {
    "A small LSTM": {},
    "A small RNN": {"s_cell": "rnn"},
    "A small GRU": {"s_cell": "gru"},
    "A wide LSTM": {"s_units": 128},
    "A long task": {"s_length": 100},
}
"""What each situation sets; everything else goes to its default."""


def summed_fields(limits: Limits) -> list[Field]:
    """Every control that shapes the pictures, with bounds no wider than the server's limits."""
    return [
        Choice("s_cell", "Cell", "lstm", CELLS),
        Number("s_units", "Hidden units H", min(32, limits.max_hidden_size), 1, limits.max_hidden_size),
        Number("s_length", "Timesteps T", min(20, limits.max_length), 5, limits.max_length),
        Number("s_seed", "Seed", 0, 0, MAX_SEED),
    ]


def model_of(values: Mapping[Any, Any]) -> SummedModel:
    """The model that the controls describe."""
    return SummedModel(values["s_cell"], int(values["s_units"]), int(values["s_length"]), int(values["s_seed"]))


def situation_control(fields: list[Field]) -> None:
    """A row of presets; the one that the controls show is lit."""
    values = {name: {field.key: field.default for field in fields} | one for name, one in SITUATIONS.items()}
    now = {field.key: st.session_state[field.key] for field in fields}
    st.session_state["s_situation"] = next((name for name, one in values.items() if one == now), None)

    def choose() -> None:
        if (name := st.session_state["s_situation"]) is not None:
            set_values(fields, SITUATIONS[name], SUMMED)

    st.segmented_control("Situation", list(SITUATIONS), key="s_situation", on_change=choose,
                         label_visibility="collapsed")  # fmt: skip


def summed_controls(fields: list[Field]) -> None:
    """Cell, size, length, seed."""
    _, units, length, seed = fields
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control("Cell", list(CELLS), format_func=CELLS.__getitem__, key="s_cell", required=True)
        for field, step in ((units, 8), (length, 5), (seed, 1)):
            assert isinstance(field, Number)
            st.number_input(field.label, field.low, field.high, key=field.key, step=step, width=150)
