"""Show the code: PyTorch that reads as the page does, gate by gate, with the same weights and the same hands.

Of the shipped model it needs nothing of this project; of a run's it opens the recording.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from core.models.config import ModelConfig
from core.probes.intervention import NAMES, Intervention
from dashboard.reading_asked import AskedReading

LETTERS = {
    "input": "i", "forget": "f", "candidate": "g", "output": "o", "cell": "c",
    "reset": "r", "update": "z", "new": "n", "hidden": "h",
}  # fmt: skip
LINE = 66
"""Characters of a text in one line of code."""
ACTIVATED = {"rnn": ".tanh()", "relu_rnn": ".relu()", "linear_rnn": ""}


def reading_code(asked: AskedReading, config: ModelConfig, unit: int, text: Sequence[str]) -> str:
    """About 35 lines that print one unit's gates and states at each timestep.

    Args:
        asked: The reading; its edits are those of `text`.
        config: Of the model that reads.
        unit: From 0.
        text: The characters that are read; empty for a model that reads examples of its task.
    """
    return _shipped(asked, unit, text) if asked.run is None else _of_run(asked, config, unit, text)


def _shipped(asked: AskedReading, unit: int, text: Sequence[str]) -> str:
    return f"""import json
import torch
from safetensors import safe_open

path = "assets/character-lstm.safetensors"
with safe_open(path, "pt") as file:
    symbols = json.loads(file.metadata()["unroll"])["vocabulary"]
    weights = {{name: file.get_tensor(name).double() for name in file.keys()}}
W, U = weights["recurrent.weight_ih_l0"], weights["recurrent.weight_hh_l0"]
b, d = weights["recurrent.bias_ih_l0"], weights["recurrent.bias_hh_l0"]
known = {{symbol: place for place, symbol in enumerate(symbols)}}

{_text(text)}
h = c = torch.zeros(U.shape[1], dtype=torch.double)
for t, character in enumerate(text):
    x = weights["embedding.weight"][known.get(character, known["[unk]"])]
{textwrap.indent(_step("lstm", asked.hands), " " * 4)}
    log_probs = (weights["readout.weight"] @ h + weights["readout.bias"]).log_softmax(0)
    values = " ".join(f"{{value[{unit}]:+.4f}}" for value in (i, f, g, o, c, h))
    print(t, repr(character), values, "next:", repr(symbols[log_probs.argmax()]))
"""


def _of_run(asked: AskedReading, config: ModelConfig, unit: int, text: Sequence[str]) -> str:
    letters = ", ".join(LETTERS[name] for name in NAMES[_kind(config.cell)])
    start = "h = c = " if config.cell == "lstm" else "h = "
    return f"""{_opened(asked, text)}
unit, layer, direction = {unit}, {asked.layer}, {asked.direction}


@torch.no_grad()
def read(x, weights, here):  # one layer, one direction: {letters}
    W, U, b, d = weights
    {start}torch.zeros(U.shape[1], dtype=torch.double)
    seen = {{}}
    for t in reversed(range(len(x))) if here[1] else range(len(x)):
{textwrap.indent(_step(config.cell, asked.hands, "x[t]", "here == (layer, direction) and "), " " * 8)}
        seen[t] = torch.stack([{letters}])
    return torch.stack([seen[t] for t in range(len(x))])


x, D = one.model.embedding(inputs), 1 + stack.bidirectional
for depth in range(stack.num_layers):
    ways = [read(x, stack.all_weights[depth * D + way], (depth, way)) for way in range(D)]
    x = torch.cat([way[:, -1] for way in ways], dim=-1)  # every layer shows h to the next one
    if depth == layer:
        shown = ways[direction][:, :, unit]
{_printed(text)}"""


def _opened(asked: AskedReading, text: Sequence[str]) -> str:
    """Code that makes one, stack, symbols of what is read, and inputs."""
    assert asked.run is not None
    run_id, name = asked.run
    step = "" if asked.step is None else f", {asked.step}"
    names = "Moment" if text else "Moment, draw"
    return f"""from pathlib import Path
import torch
from core import open_recording
{"" if text else "from core.training.examples import example_tokens" + chr(10)}\
from core.training.config import TrainingConfig
from core.training.moment import {names}
from core.training.reading import {"encode, opened" if text else "opened"}

with open_recording("runs/{run_id}") as recording:
    config = TrainingConfig.from_dict(recording.header.config)
    at, parameters = recording.dated_record("{name}/parameters"{step})
moment = Moment(config, config.names.index("{name}"), at, parameters)
one = opened(moment, Path("runs/.texts"))
stack = one.model.recurrent
{_text(text) + chr(10) + "inputs = encode(one.symbols, text)" if text else _example(asked)}"""


def _example(asked: AskedReading) -> str:
    edits = "".join(
        f"batch.inputs[{asked.passage.example}, {step}] = one.symbols.index({symbol!r})\n"
        for step, symbol in asked.passage.edits
    )
    return f"""batch = draw(one.task, config, 0).batch
{edits}text = example_tokens(one.task, batch, {asked.passage.example})
inputs = batch.inputs[{asked.passage.example}]
inputs = inputs.double() if inputs.is_floating_point() else inputs"""


def _printed(text: Sequence[str]) -> str:
    if not text:
        return """for t, (symbol, values) in enumerate(zip(text, shown)):
    print(t, repr(symbol), " ".join(f"{value:+.4f}" for value in values))
"""
    return """expected = one.model.readout(x).argmax(-1)
for t, (symbol, values) in enumerate(zip(text, shown)):
    numbers = " ".join(f"{value:+.4f}" for value in values)
    print(t, repr(symbol), numbers, "next:", repr(one.symbols[expected[t]]))
"""


def _text(text: Sequence[str]) -> str:
    """The text as code, in lines that one can read."""
    whole = "".join(text)
    lines = [repr(whole[start : start + LINE]) for start in range(0, len(whole), LINE)]
    return f"text = {lines[0]}" if len(lines) == 1 else "\n".join(["text = (", *(f"    {one}" for one in lines), ")"])


def _kind(cell: str) -> str:
    return next(kind for kind in NAMES if cell.endswith(kind))


def _step(cell: str, hands: Sequence[Intervention], x: str = "x", where: str = "") -> str:
    """The equations of one step, each gate or state touched as soon as it is there."""
    pre = f"W @ {x} + b + U @ h + d"
    if cell == "lstm":
        lines = [
            (f"i, f, g, o = ({pre}).chunk(4)\ni, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()", "ifgo"),
            ("c = f * c + i * g", "c"),
            ("h = o * c.tanh()", "h"),
        ]
    elif cell == "gru":
        lines = [
            (f"(r_x, z_x, n_x), (r_h, z_h, n_h) = (W @ {x} + b).chunk(3), (U @ h + d).chunk(3)\n"
             "r, z = (r_x + r_h).sigmoid(), (z_x + z_h).sigmoid()", "rz"),
            ("n = (n_x + r * n_h).tanh()", "n"),
            ("h = (1 - z) * n + z * h", "h"),
        ]  # fmt: skip
    else:
        lines = [(f"h = ({pre}){ACTIVATED[cell]}", "h")]
    return "\n".join(line + _touched(hands, letters, where) for line, letters in lines)


def _touched(hands: Sequence[Intervention], letters: str, where: str) -> str:
    """What hands do to values that have just been computed, in their order."""
    return "".join(
        f"\nif {where}{_span(hand)}:\n    {LETTERS[hand.what]}{_changed(hand)}"
        for hand in hands
        if LETTERS[hand.what] in letters
    )


def _span(hand: Intervention) -> str:
    return f"t >= {hand.first}" if hand.last is None else f"{hand.first} <= t <= {hand.last}"


def _changed(hand: Intervention) -> str:
    units = ":" if hand.units is None else repr(list(hand.units))
    return f"[{units}] {'=' if hand.how == 'set' else '*='} {hand.value:g}"
