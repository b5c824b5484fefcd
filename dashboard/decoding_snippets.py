"""Show the code: what reproduces a search with `core.decoding`, and the same beam search in plain PyTorch."""

from __future__ import annotations

import re
from typing import Any

import core.decoding
from core.decoding.presets import PRESETS
from core.decoding.rules import FREE
from core.decoding.settings import RANKED, SearchSettings
from core.decoding.tables import Tokens
from dashboard.decoding_asked import END, NO_END, AskedSearch
from dashboard.decoding_sources import FULL_STOP
from dashboard.reading_asked import AskedReading
from dashboard.shipped_pairs import shipped_place

FUNCTIONS = {
    "greedy": "greedy",
    "sample": "sample",
    "beam": "beam_search",
    "diverse": "diverse_beam_search",
    "stochastic": "stochastic_beam_search",
    "exhaustive": "exhaustive_search",
    "best-first": "best_first_search",
    "depth-first": "depth_first_search",
}
SIZED = {"sample": "count", "beam": "beam_size", "diverse": "beam_size", "stochastic": "beam_size"}
"""Method → what its function calls the size."""


def search_code(asked: AskedSearch, has_source: bool = False) -> str:
    """Code that runs this very search, and prints the same hypotheses and tree; `has_source`: of a model of pairs."""
    one, function = asked.settings, FUNCTIONS[asked.settings.method]
    given, first = _arguments(one), ""
    names = {function} | _imported(given)
    if one.method == "depth-first":
        bounding = _arguments(one, "beam")
        names |= {"beam_search"} | _imported(bounding)
        first = f"beam = {_call('beam_search', bounding)}\n"
        given["bound"] = "beam.hypotheses[0].score if beam.hypotheses else -float('inf')"
    return f"""from core.decoding import {", ".join(sorted(names))}
{_pairs(asked) if has_source else _model(asked)}
{first}search = {_call(function, given)}
print(search.method, "·", search.stopped, "·", search.calls, "calls of the model")
for one in search.hypotheses:
    print(repr([symbols[token] for token in one.tokens]), one.log_prob, one.score)
for node in search.tree.nodes[:20]:
    print(node)
print(search.tree.mass())
"""


def _call(function: str, given: dict[str, str]) -> str:
    lines = "".join(f"    {name}={value},\n" for name, value in given.items())
    return f"{function}(\n    step, state, start=start, eos=eos,\n{lines})"


def _arguments(one: SearchSettings, method: str = "") -> dict[str, str]:
    """What a method's function is given, as code."""
    method = method or one.method
    given = {SIZED[method]: str(one.size)} if method in SIZED else {}
    given["max_length"] = str(one.max_length)
    if method in ("beam", "diverse"):
        given |= {"semantics": _name_of(one.meaning)}
    if method in RANKED and (one.length_penalty is not None or method not in ("beam", "diverse")):
        given["length_penalty"] = repr(one.penalty)
    if method == "beam" and one.method == "beam" and one.coverage:
        given["bonus"] = f"coverage_bonus({one.coverage}, lambda state: state.coverage)"
    if method in ("exhaustive", "best-first", "depth-first"):
        given["horizon"] = f"Horizon.{one.horizon.name}"
    if method in ("exhaustive", "best-first"):
        given["returned"] = str(one.returned)
    return (
        given
        | _drawn(one, method)
        | ({} if method == "stochastic" or one.rules == FREE else {"rules": repr(one.rules)})
    )


def _drawn(one: SearchSettings, method: str) -> dict[str, str]:
    given = {"seed": str(one.seed)} if method in ("sample", "stochastic") else {}
    if method == "sample":
        filters = one.filters
        given |= {"temperature": str(filters.temperature), "top_k": str(filters.top_k), "top_p": str(filters.top_p)}
    if method == "diverse":
        given |= {"groups": str(one.groups), "strength": str(one.strength)}
    return given


def _name_of(value: Any) -> str:
    """The name under which `core.decoding` has it."""
    return next(name for name in core.decoding.__all__ if getattr(core.decoding, name) == value)


def _imported(given: dict[str, str]) -> set[str]:
    """The names of `core.decoding` with which values begin."""
    return {re.split(r"\W", value)[0] for value in given.values()} & set(core.decoding.__all__)


def _model(asked: AskedSearch) -> str:
    """Code that makes step, state, start, eos and symbols."""
    if asked.preset is not None:
        preset = PRESETS[asked.preset]
        prefix = "".join(f", {preset.symbols.index(symbol)}" for symbol in asked.prefix.split())
        return f"""from core.decoding import PRESETS

preset = PRESETS[{asked.preset!r}]
symbols, (step, state) = preset.symbols, preset.model()
start, eos = (preset.start{prefix}{"" if prefix else ","}), preset.eos
"""
    prefix, end = f"list({asked.prefix!r})", "None" if asked.end == NO_END else f"symbols.index({asked.end!r})"
    words = ""
    if AskedReading(asked.model).run is not None:
        words = "from core.tasks.word_corpus import words_of\n"
        prefix = f"words_of({asked.prefix!r}) if model.task.name == 'next_word' else {prefix}"
    if AskedReading(asked.model).run is not None and asked.end == END:
        end = f"symbols.index({END!r} if {END!r} in symbols else {FULL_STOP!r})"
    return f"""from core.models.language_model import language_step
{words}from core.training.reading import encode, opened
{_reader(asked)}
symbols, (step, state) = model.symbols, language_step(model.model)
start = encode(symbols, {prefix}).tolist()
eos = {end}
"""


def _reader(asked: AskedSearch) -> str:
    run = AskedReading(asked.model, asked.step).run
    if run is None:
        return """from core.training.start import SHIPPED

model = opened(SHIPPED)"""
    run_id, name = run
    return f"""from core import open_recording
from core.training.config import TrainingConfig
from core.training.moment import Moment

with open_recording("runs/{run_id}") as recording:
    config = TrainingConfig.from_dict(recording.header.config)
    at, parameters = recording.dated_record("{name}/parameters", {asked.step})
model = opened(Moment(config, config.names.index("{name}"), at, parameters))"""


def _pairs(asked: AskedSearch) -> str:
    """Code that makes the same of a run on pairs."""
    folder, name = _recording(asked.model)
    source = repr(asked.source) if asked.source else "task.source.print(task.held_out().source[0].tolist())"
    return f"""from core import open_recording
from core.models.seq2seq import START, STOP
from core.models.seq2seq_step import seq2seq_step
from core.training.translation_config import TranslationConfig
from core.training.translation_moment import PairMoment, opened_pairs

with open_recording("{folder}") as recording:
    config = TranslationConfig.from_dict(recording.header.config)
    _, parameters = recording.dated_record("{name}/parameters", {asked.step})
pairs = opened_pairs(PairMoment(config, config.names.index("{name}"), parameters))
task, symbols = pairs.task, pairs.task.target_symbols
step, state = seq2seq_step(pairs.model, task.encode({source}))
start, eos = (START, *task.target.encode({asked.prefix!r})[:-1]), STOP
"""


def _recording(model: str) -> tuple[str, str]:
    """The folder of a recording on pairs, and the name of its model."""
    place = shipped_place(model)
    if place is not None:
        return f"assets/attention/{place[0]}", place[1]
    run_id, name = AskedReading(model).run or ("", "")
    return f"runs/{run_id}", name


def plain_code(asked: AskedSearch) -> str | None:
    """The same beam search without this project, its ranking and end as Hugging Face's canonical; None for others."""
    one = asked.settings
    is_plain = one.rules.no_repeat_ngram == 0 and not one.rules.prefix
    is_canonical = one.semantics == SearchSettings().semantics and one.length_penalty is None
    if one.method not in ("beam", "greedy") or not is_plain or not is_canonical:
        return None
    if asked.step is not None or shipped_place(asked.model) is not None:
        return None
    size = 1 if one.method == "greedy" else one.size
    table = None if asked.preset is None else PRESETS[asked.preset]
    model = _plain_lstm(asked) if table is None else _plain_table(table.table, table.otherwise, table.symbols, asked)
    return f"""{model}
k, most, least = {size}, {one.max_length}, {one.rules.min_length}
beam, finished = [(0.0, (), begin(prefix))], []
for length in range(1, most + 1):
    candidates = []
    for parent, (total, tokens, (log_probs, state)) in enumerate(beam):
        for token, log_prob in enumerate(log_probs):
            if log_prob > -math.inf and not (token == end and length <= least):
                candidates.append((total + log_prob, parent, token))
    candidates.sort(key=lambda one: (-one[0], one[1], one[2]))  # ties: the better parent, then the lower token
    new = []
    for rank, (total, parent, token) in enumerate(candidates[: 2 * k]):
        tokens = beam[parent][1] + (token,)
        if token == end or length == most:
            finished += [(total, tokens)] if rank < k else []
        elif len(new) < k:
            new.append((total, tokens, parent))
    finished = sorted(finished, key=lambda one: -one[0])[:k]
    if not new or (len(finished) == k and new[0][0] <= finished[-1][0]):
        break
    beam = [(total, tokens, go_on(beam[parent][2][1], tokens)) for total, tokens, parent in new]
for total, tokens in finished:
    print(repr([symbols[token] for token in tokens]), total)
"""


def _plain_table(table: Any, otherwise: Any, symbols: tuple[str, ...], asked: AskedSearch) -> str:
    prefix: Tokens = tuple(symbols.index(symbol) for symbol in asked.prefix.split())
    return f"""import math

symbols, end, prefix = {symbols!r}, {symbols.index("[stop]")}, {prefix!r}
table = {dict(table)!r}
otherwise = {dict(otherwise)!r}  # by length, where the table names no row


def begin(tokens):
    row = table.get(tokens) or otherwise[max((n for n in otherwise if n <= len(tokens)), default=min(otherwise))]
    return [math.log(p) if p else -math.inf for p in row], None


def go_on(state, tokens):
    return begin(prefix + tokens)

"""


def _plain_lstm(asked: AskedSearch) -> str:
    end = "None" if asked.end == NO_END else f"symbols.index({asked.end!r})"
    return f"""import json
import math
import torch
from safetensors import safe_open

with safe_open("assets/character-lstm.safetensors", "pt") as file:
    symbols = json.loads(file.metadata()["unroll"])["vocabulary"]
    weights = {{name: file.get_tensor(name).double() for name in file.keys()}}
cell = [weights[f"recurrent.{{name}}_l0"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
prefix, end = [symbols.index(character) for character in {asked.prefix!r}], {end}


def go_on(state, tokens):
    h, c = torch.lstm_cell(weights["embedding.weight"][[tokens[-1]]], state, *cell)
    logits = h @ weights["readout.weight"].T + weights["readout.bias"]
    return logits.log_softmax(-1)[0].tolist(), (h, c)


def begin(tokens):
    state = (torch.zeros(1, cell[1].shape[1], dtype=torch.double),) * 2
    for token in tokens:
        log_probs, state = go_on(state, [token])
    return log_probs, state

"""
