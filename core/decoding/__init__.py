"""Decoding: from a step that gives log-probabilities to hypotheses and the whole search tree."""

from .beam_searches import beam_search, greedy
from .diverse import diverse_beam_search
from .exact import best_first_search, depth_first_search
from .exhaustive import exhaustive_count, exhaustive_search
from .length_penalty import NO_PENALTY, LengthPenalty, by_length, coverage_bonus, coverage_penalty, gnmt
from .presets import PRESETS, Preset
from .reranking import reranked
from .rules import FREE, Rules
from .sampling import sample
from .search_error import score_against_size, search_error
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
from .stochastic import stochastic_beam_search
from .tables import table_step

__all__ = [
    "FAIRSEQ",
    "FINISHED_STAY",
    "FREE",
    "HUGGING_FACE_CANONICAL",
    "HUGGING_FACE_DEFAULTS",
    "HUGGING_FACE_EARLY",
    "NO_PENALTY",
    "PRESETS",
    "SEMANTICS",
    "SHRINKING",
    "Horizon",
    "LengthPenalty",
    "Preset",
    "Rules",
    "Semantics",
    "Stop",
    "WhenFinished",
    "beam_search",
    "best_first_search",
    "by_length",
    "coverage_bonus",
    "coverage_penalty",
    "depth_first_search",
    "diverse_beam_search",
    "exhaustive_count",
    "exhaustive_search",
    "gnmt",
    "greedy",
    "reranked",
    "sample",
    "score_against_size",
    "search_error",
    "stochastic_beam_search",
    "table_step",
]
