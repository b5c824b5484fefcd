"""The pictures beside the unrolled model: which states a change reaches, and one layer against two."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from core.recordings.storage import Recording
from core.tasks.catalog import make_task
from core.training.config import TrainingConfig
from core.training.measures_directions import Changes, changes
from core.training.measures_sweeps import parameter_count
from dashboard import server
from dashboard.analysis_call import call_within
from dashboard.answering import Work
from dashboard.asked import Drawn, whole
from dashboard.desk import Call
from dashboard.figures.stacking import changes_figure, stacking_figure
from dashboard.recurrence_asked import MOST_TYPED, read_unrolled
from dashboard.recurrence_readings import changes_sentence, stacking_sentence
from dashboard.summed_room import sweep_work
from dashboard.summed_sweeps import SHIPPED_STACKS, losses, sweep_of
from dashboard.sweep_progress import under_way, under_way_sentence
from dashboard.theme import model_strokes
from dashboard.unrolled_reader import unrolled_reader

OTHER_SYMBOLS = "xy"
"""What an edit puts in: the first of them that is not there already."""


def changes_work(given: Mapping[str, str]) -> Work:
    """The question of an unrolled model, with `place`, the timestep that is edited."""
    asked, place = read_unrolled(given), whole("place", given.get("place", "0"))
    if place >= MOST_TYPED:
        raise ValueError(f"the place is a timestep below {MOST_TYPED}, got {place}; choose one of the text's.")
    chosen = unrolled_reader(asked)
    place = min(place, len(asked.typed) - 1)
    symbol = next(one for one in OTHER_SYMBOLS if one != asked.typed[place])
    arguments = (chosen.reader, asked.passage, place, symbol, server.texts_root())
    key = ("changes", chosen.key, asked.passage, place)
    call = Call(key, call_within, (server.most_analysis_seconds(), changes, *arguments))

    def draw(results: list[Changes]) -> Drawn:
        (found,) = results
        figure = changes_figure(found.tokens, found.edited, found.appended, place)
        return Drawn(figure, changes_sentence(found, place))

    return Work(("answer", *key), None, (call,), draw)


def stacking_work(given: Mapping[str, str]) -> Work:
    """Of a run, or of the sweep that ships."""
    return sweep_work(draw_stacks, str(SHIPPED_STACKS), given.get("run"))


def draw_stacks(recording: Recording) -> Drawn:
    """Loss of one layer and of two, of all seeds that are done and of the one in training."""
    base = sweep_of(recording).base
    assert isinstance(base, TrainingConfig)
    task, found = make_task(base.task, server.texts_root()), losses(recording)
    labels = [model.label for model in base.models]
    by_label = dict(zip(labels, (found[name] for name in base.names), strict=True))
    strokes = model_strokes([model.cell for model in base.models])
    curves = {label: (stroke, by_label[label]) for label, stroke in zip(labels, strokes, strict=True)}
    sizes = {label: parameter_count(model, task) for label, model in zip(labels, base.models, strict=True)}
    now, named = under_way(recording, "loss"), dict(zip(base.names, labels, strict=True))
    growing = {} if now is None else {named[name]: curve for name, curve in now.curves.items()}
    said = f"{stacking_sentence(by_label, sizes)} {under_way_sentence(now, named, 'a loss of')}".strip()
    return Drawn(stacking_figure(curves, task.chance.loss, growing), said)


PICTURES: Mapping[str, Callable[[Mapping[str, str]], Work]] = {"changes": changes_work, "stacking": stacking_work}
"""By name, as the panels of the page ask for them."""
