"""What Hypothesis draws for recordings: arrays of every shape and dtype, records, scalars."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.recordings.arrays import DTYPES
from core.recordings.records import GateTrace, GradientFlow

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
arrays = st.sampled_from(sorted(DTYPES)).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=4))
)
scalars = st.dictionaries(names, st.floats(), max_size=4)


@st.composite
def gate_traces(draw) -> GateTrace:
    optional = st.none() | arrays
    parts = ("input", "forget", "candidate", "output", "cell", "reset", "update", "new")
    return GateTrace(
        kind=draw(st.sampled_from(["rnn", "lstm", "gru"])),
        hidden=draw(arrays),
        lengths=draw(arrays),
        **{part: draw(optional) for part in parts},
    )


@st.composite
def gradient_flows(draw) -> GradientFlow:
    optional = st.none() | arrays
    parts = ("cell", "cell_carousel", "cell_through_gates")
    return GradientFlow("lstm", draw(arrays), draw(arrays), **{part: draw(optional) for part in parts})


# Records' names hold no dot, so that none is by chance a part of another.
records = st.dictionaries(
    names.filter(lambda name: "." not in name), arrays | gate_traces() | gradient_flows(), max_size=4
)
