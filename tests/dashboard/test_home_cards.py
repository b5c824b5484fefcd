from __future__ import annotations

import pytest

from core.models.config import ModelConfig
from core.recordings.storage import RecordingWriter
from core.tasks.config import TaskConfig
from core.training.config import TrainingConfig
from core.training.measures_sweeps import LAG_PATH
from core.training.sweep import Factor, SweepConfig
from dashboard.widgets.home_cards import ROOT, present_cards, thumbnail
from tests.dashboard.test_views import text

BASE = TrainingConfig(TaskConfig(length=5), (ModelConfig("rnn", 4),), steps=2)
SWEEPS = {
    "summed-up": SweepConfig(BASE, (Factor(LAG_PATH, (5, 8)),)),
    "recurrence": SweepConfig(BASE, (), seeds=(0, 1)),
    "gradient-flow": SweepConfig(BASE, (Factor("learning_rate", (0.1, 0.01)),)),
}
"""Address of the page that shows a sweep → such a sweep."""


def test_every_view_but_home_has_a_card_with_a_picture_for_light_and_dark_pages():
    views = {path.stem for path in (ROOT / "dashboard" / "views").glob("[a-z]*.py")} - {"home"}
    assert {card.view for card in present_cards()} == views
    missing = [
        card.view for card in present_cards() for theme in ("light", "dark") if not thumbnail(card, theme).exists()
    ]
    assert missing == []


def test_home_shows_each_cards_question(open_view):
    page = open_view("home")
    said = text(page)
    assert all(card.question in said for card in present_cards()) and not page.error


@pytest.mark.parametrize("address", SWEEPS)
def test_a_sweep_is_linked_to_the_page_that_shows_it(open_view, runs, address: str):
    with RecordingWriter.create(runs, config=SWEEPS[address].to_dict(), seed=0) as writer:
        writer.close(status="finished")
    links = [link.proto for link in open_view("home").get("page_link")]
    (found,) = [link for link in links if writer.header.id in link.query_string]
    assert found.page == address and not found.disabled
