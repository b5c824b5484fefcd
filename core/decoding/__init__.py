"""Decoding: from a step that gives log-probabilities to hypotheses and the whole search tree."""

from .beam import beam_search, greedy
from .length_penalty import NO_PENALTY, LengthPenalty, by_length, coverage_penalty, gnmt
from .rules import FREE, Rules
from .semantics import (
    FAIRSEQ,
    FINISHED_STAY,
    HUGGING_FACE_CANONICAL,
    HUGGING_FACE_DEFAULTS,
    HUGGING_FACE_EARLY,
    SEMANTICS,
    SHRINKING,
    Horizon,
    Semantics,
    Stop,
    WhenFinished,
)

__all__ = [
    "FAIRSEQ",
    "FINISHED_STAY",
    "FREE",
    "HUGGING_FACE_CANONICAL",
    "HUGGING_FACE_DEFAULTS",
    "HUGGING_FACE_EARLY",
    "NO_PENALTY",
    "SEMANTICS",
    "SHRINKING",
    "Horizon",
    "LengthPenalty",
    "Rules",
    "Semantics",
    "Stop",
    "WhenFinished",
    "beam_search",
    "by_length",
    "coverage_penalty",
    "gnmt",
    "greedy",
]
