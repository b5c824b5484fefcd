from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from dashboard.theme import CELL_COLORS, CHANCE, NAIVE, NOT_A_NUMBER, model_strokes

CONFIG = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text())
COLORS = {CHANCE, NAIVE, NOT_A_NUMBER, *(color for colors in CELL_COLORS.values() for color in colors)}


def luminance(color: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("color", sorted(COLORS))
def test_every_colour_of_a_line_stands_out_from_the_background(mode: str, color: str) -> None:
    assert contrast(color, CONFIG["theme"][mode]["backgroundColor"]) >= 3


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_and_button_labels_can_be_read(mode: str) -> None:
    theme = CONFIG["theme"][mode]
    assert contrast(theme["textColor"], theme["backgroundColor"]) >= 7
    assert contrast("#ffffff", theme["primaryColor"]) >= 4.5


def test_models_of_one_cell_differ_in_colour_and_dash_and_those_of_two_cells_in_colour() -> None:
    rnn, lstm, second = model_strokes(["rnn", "lstm", "rnn"])
    assert rnn.color != lstm.color
    assert rnn.color != second.color and rnn.dash != second.dash
