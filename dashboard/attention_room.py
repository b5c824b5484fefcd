"""GET /unroll/asked/attention/{name}: a picture of sequence to sequence, drawn from a run or computed in a worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from core.recordings.storage import RecordNotFoundError
from core.training.config import TrainingConfig
from core.training.moment import Moment
from core.training.translation_moment import PairMoment
from dashboard import server
from dashboard.analysis_call import call_within
from dashboard.answering import Snapshot, Work, answer, snapshot
from dashboard.asked import Drawn
from dashboard.attention_asked import PairsAsked, read_pairs_question
from dashboard.attention_calls import context_trace, first_snapshots, order_of_words, pulled, tried_by_hand
from dashboard.attention_drawings import (
    SEEN_PICTURES,
    draw_by_hand,
    draw_by_itself,
    draw_contexts,
    draw_pull,
    draw_seen_at,
    draw_word_order,
)
from dashboard.attention_over_training import RECORDED_PICTURES
from dashboard.attention_seen import Seen, recording_of
from dashboard.attention_shipped import shipped_name
from dashboard.attention_side import (
    DRAWN,
    SideAsked,
    config_in,
    draw_cheat,
    honesty,
    losses_in,
    read_side_question,
    side_recording,
)
from dashboard.desk import Call
from dashboard.packing import packed
from dashboard.replies import answered, refusal

OF_EXAMPLE: dict[str, tuple[Callable, Callable]] = {
    "contexts": (draw_contexts, context_trace), "pull": (draw_pull, pulled),
}  # fmt: skip
"""Of one shown pair, by name: what draws it, and what a worker computes."""
HAND_PICTURES = {"by-itself": draw_by_itself, "by-hand": draw_by_hand}
SIDE_PICTURES = (*DRAWN, "cheat")
NOTHING_YET = "This picture is of training over time, and nothing is trained yet; train a model first."


def seen_work(name: str, asked: PairsAsked) -> Work:
    """A picture of all models at one step; where nothing is trained, as they are at first."""
    if asked.run_id is None and shipped_name(asked.config) is not None:
        return Work((), None, body=_shipped(name, asked))
    with recording_of(asked) as recording:
        if recording is not None:
            try:
                drawn, step = draw_seen_at(name, asked, recording)
                return Work((), step, body=packed(drawn, step))
            except RecordNotFoundError:
                pass  # a run whose first row is not there yet
    call = _call(("first", asked.config), first_snapshots, asked.config)
    key = ("answer", name, replace(asked, run_id=None, step=None))
    return Work(key, None, (call,), lambda results: _untrained(SEEN_PICTURES[name], asked, results[0]))


@lru_cache(maxsize=64)
def _shipped(name: str, asked: PairsAsked) -> bytes:
    """Of a recording that ships, which no run changes."""
    with recording_of(asked) as recording:
        assert recording is not None
        return packed(*draw_seen_at(name, asked, recording))


def _untrained(draw: Callable, asked: PairsAsked, found: Any) -> Drawn:
    drawn = draw(asked, Seen(asked.config, 0, found))
    return replace(drawn, reading=f"Before training. {drawn.reading}")


def recorded_work(name: str, asked: PairsAsked) -> Work:
    """A picture of a run over all its steps. Errors: ValueError without one."""
    with recording_of(asked) as recording:
        if recording is None:
            raise ValueError(NOTHING_YET)
        step = recording.last_step
        return Work((), step if asked.run_id else None, body=packed(RECORDED_PICTURES[name](asked, recording), step))


def asked_of_model(name: str, asked: PairsAsked) -> Work:
    """A picture that a model is asked for."""
    found, identity = _weights(asked)
    step, parameters = found
    moment = PairMoment(asked.config, asked.model, parameters)
    key = (identity, asked.config, asked.model, step, asked.example)
    draw: Callable[[PairsAsked, Any], Drawn]
    if name == "word-order":
        draw, call = draw_word_order, _call((name, *key[:-1]), order_of_words, moment)
    elif name in OF_EXAMPLE:
        draw, function = OF_EXAMPLE[name]
        call = _call((name, *key), function, moment, asked.example)
    else:
        call = _call(("hand", *key, asked.hand), tried_by_hand, moment, asked.example, asked.hand)
        draw = HAND_PICTURES[name]
    dated = None if asked.run_id is None else step
    return Work(("answer", name, call.key), dated, (call,), lambda results: draw(asked, results[0]))


def _weights(asked: PairsAsked) -> tuple[Snapshot, str | None]:
    """Step and parameters of the model that is asked, and whose they are; those that ship are of the last step."""
    with recording_of(asked) as recording:
        if recording is None:
            return (0, None), None
        step = asked.step if asked.run_id is not None else None
        return snapshot(recording, asked.model_name, step), asked.run_id or shipped_name(asked.config)


def _call(key: tuple, function: Callable, *arguments: Any) -> Call:
    return Call(key, call_within, (server.most_analysis_seconds(), function, *arguments, server.texts_root()))


def side_work(name: str, given: Mapping[str, str]) -> Work:
    """A picture of a section with a run of its own."""
    asked = read_side_question(name, given)
    if name == "cheat":
        return _cheat_work(asked)
    shipped, draw = DRAWN[name]
    with side_recording(asked, shipped) as recording:
        step = recording.last_step if asked.step is None else min(asked.step, recording.last_step)
        return Work((), step, body=packed(draw(asked, recording), step))


def _cheat_work(asked: SideAsked) -> Work:
    with side_recording(asked, "both-ways") as recording:
        config = config_in(recording, TrainingConfig)
        found = [snapshot(recording, name, asked.step) for name in config.names]
        losses = losses_in(recording, config)
    calls = tuple(
        _call(("honesty", asked.run_id, config, place, step), honesty, Moment(config, place, step, parameters))
        for place, (step, parameters) in enumerate(found)
    )
    key = ("answer", "cheat", *(call.key for call in calls))
    return Work(key, found[0][0], calls, lambda results: draw_cheat(config, losses, results))


async def _picture(request: Request) -> Response:
    name, given = request.path_params["name"], dict(request.query_params)
    works: dict[str, Callable[[str, PairsAsked], Work]] = {
        **dict.fromkeys(SEEN_PICTURES, seen_work),
        **dict.fromkeys(RECORDED_PICTURES, recorded_work),
        **dict.fromkeys((*OF_EXAMPLE, "word-order", *HAND_PICTURES), asked_of_model),
    }
    if name in SIDE_PICTURES:
        return await answer(request, lambda: side_work(name, given))
    if name not in works:
        return refusal("There is no such picture; reload the page.", 404)

    def work() -> Work:
        asked = read_pairs_question(name, given, server.runs_root())
        server.jobs().limits.check(asked.config)
        return works[name](name, asked)

    return await answer(request, work)


picture = answered(_picture)
