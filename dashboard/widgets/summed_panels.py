"""The pictures of the claims, and what of them can be taken home."""

from __future__ import annotations

import csv
import io

import plotly.graph_objects as go

from dashboard import server
from dashboard.asked import Drawn
from dashboard.summed_analyses import CLAIMS
from dashboard.summed_asked import SummedModel, summed_question
from dashboard.widgets.live_figures import Panel

CLAIM_TITLES = {
    "length": "1 · Any length: the same weights read 1 or 1,000 timesteps",
    "size": "2 · Its size does not depend on T",
    "sharing": "3 · Weights are shared: ∂L/∂W is a sum over timesteps",
    "time": "4 · Time grows with T, and cannot be spread over it",
}
ALTS = {
    "length": "Loss of the next character against characters read, log axis; the length in training is marked.",
    "size": "Number of parameters against length, log axes: flat for RNN, GRU and LSTM, rising without a recurrence.",
    "sharing": "Bars: gradient norm of each timestep's copy of W_hh; a line: their sum from the end, up to autograd's.",
    "time": "Milliseconds against length, log axes: steps one after the other, and one matrix product below.",
}
HEIGHT = 380
COLUMNS = ("claim", "series", "x", "y")


def claim_panels(model: SummedModel) -> list[Panel]:
    """One a claim that needs no training; each is measured in a worker when it comes into sight."""
    return [
        Panel(claim, go.Figure(), "asked", title, alt=ALTS[claim], height=HEIGHT,
              question=summed_question(claim, model))
        for claim, title in CLAIM_TITLES.items()
    ]  # fmt: skip


def drawn(model: SummedModel) -> dict[str, Drawn]:
    """Every claim's picture, measured now. Errors: TimeoutError, WorkerDied, ValueError."""
    found = {}
    for claim, make in CLAIMS.items():
        work = make(model)
        assert work.draw is not None
        results = [server.analysis_pool().submit(call.function, *call.arguments).result() for call in work.calls]
        found[claim] = work.draw(results)
    return found


def claims_csv(model: SummedModel) -> str:
    """All points of all pictures as CSV, with COLUMNS."""
    rows = [
        (claim, trace.name, x, y)
        for claim, picture in drawn(model).items()
        for trace in picture.figure.data
        for x, y in zip(trace.x, trace.y, strict=True)
    ]
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows([COLUMNS, *rows])
    return table.getvalue()


def claims_html(model: SummedModel) -> str:
    """All pictures with their sentences as one page that needs nothing else."""
    parts = []
    for number, (claim, picture) in enumerate(drawn(model).items()):
        sentence = picture.reading.replace("**", "")
        plot = picture.figure.to_html(full_html=False, include_plotlyjs=number == 0)
        parts.append(f"<h2>{CLAIM_TITLES[claim]}</h2>{plot}<p>{sentence}</p>")
    return f"<!doctype html><meta charset=utf-8><title>RNNs summed up</title>{''.join(parts)}"
