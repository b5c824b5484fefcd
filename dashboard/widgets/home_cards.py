"""A card for each view: the question that it answers, and what it looks like."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).resolve().parents[2]
THUMBNAILS = ROOT / "assets" / "thumbnails"
"""Pictures of the views, <name>-light.webp and <name>-dark.webp, as `assets/record_thumbnails.py` takes them."""
COLUMNS = 4


@dataclass(frozen=True)
class Card:
    """One view."""

    view: str
    """The name of its file."""
    title: str
    question: str
    alt: str
    """What its thumbnail shows."""


CARDS = (
    Card("recurrence", "Recurrence", "What does one step compute? And a second layer, a second direction?",
         "Copies of one cell in a row, each with its state as coloured squares."),
    Card("gradient_flow", "Gradient flow", "How much of the gradient reaches each earlier timestep, and why so little?",
         "Curves of gradient norms: a plain RNN's falls on its way back, an LSTM's arrives."),
    Card("truncation", "Truncation", "What can training on cut windows learn, and what can it never?",
         "A text cut into windows, and what gradients do at the cuts."),
    Card("gates", "Gates", "What does a model write, keep, forget and show while it reads?",
         "Heatmaps of an LSTM's gates over source code."),
    Card("decoding", "Decoding", "How does a search find a text, and what does it lose on the way?",
         "A search tree, its kept and its pruned branches."),
    Card("attention", "Sequence to sequence", "Where does a translator look, and does that explain what it says?",
         "A matrix of attention weights, target by source."),
    Card("embeddings", "Embeddings", "What do a model's rows for words come to mean?",
         "Words as points in the plane."),
    Card("summed_up", "RNNs summed up", "Is it true, what is said of every RNN? Five claims, measured.",
         "Loss at growing length, sizes, summed gradients and times as curves."),
)  # fmt: skip
"""In reading order; those whose view is there are shown."""


def present_cards() -> list[Card]:
    """The cards of the views that are there."""
    return [card for card in CARDS if (ROOT / "dashboard" / "views" / f"{card.view}.py").exists()]


def thumbnail(card: Card, theme: str) -> Path:
    """Where the picture of a view is kept, for a light or a dark page."""
    return THUMBNAILS / f"{card.view}-{theme}.webp"


def home_cards() -> None:
    """All cards, some in a row."""
    theme = "dark" if st.context.theme.type == "dark" else "light"
    cards = present_cards()
    for start in range(0, len(cards), COLUMNS):
        for column, card in zip(st.columns(COLUMNS, border=True), cards[start : start + COLUMNS], strict=False):
            with column:
                _card(card, thumbnail(card, theme))


def _card(card: Card, picture: Path) -> None:
    if picture.exists():
        st.image(str(picture), width="stretch", alt=card.alt)
    st.page_link(f"views/{card.view}.py", label=f"**{card.title}**")
    st.caption(card.question)
