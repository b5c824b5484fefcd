"""The controls of the gradient-flow view: task, models and training, as one `TrainingConfig`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from core.models.config import INITIALIZATIONS, TITLES, ModelConfig
from core.tasks.config import BUNDLED_TEXTS, OWN_TEXT, VARIANTS, TaskConfig
from core.tasks.texts import TextError, store_text
from core.training.config import CLIPS, MAX_SEED, OPTIMIZERS, TrainingConfig
from core.training.limits import Limits
from dashboard.widgets.address import Choice, Field, Flag, Number, set_values

MOST_MODELS = 4
TASKS = {
    "recall": "Recall the first symbol",
    "adding": "Adding problem",
    "temporal_order": "Temporal order",
    "copy_memory": "Copy memory",
    "next_character": "Next character of text",
}
LOSS_PLACES = {"task": "as published", "last": "last timestep", "all": "every timestep"}
CLIP_TITLES = dict(zip(CLIPS, ("by norm", "by value", "not at all"), strict=True))
TEXTS = {"python-reference": "Python's language reference", "python-source": "Python's standard library"}
BIASES = {"pytorch": "as PyTorch draws it", **{str(bias): str(bias) for bias in range(-1, 6)}}
SLOTS = (("rnn", "pytorch"), ("lstm", "3"), ("lstm", "pytorch"), ("gru", "pytorch"))
"""Cell and forget bias of each model slot at first."""

SITUATIONS: dict[str, dict[str, Any]] = {
    "RNN against LSTM": {},
    "PyTorch's own LSTM": {"models": 3},
    "Exploding": {"m1_init": "orthogonal", "m1_gain": 2.0, "clip": "none", "T": 60},
    "Remedies": {
        "models": 4,
        "m2_cell": "rnn",
        "m2_init": "orthogonal",
        "m3_bias": "1",
        "m4_cell": "lstm",
        "m4_bias": "3",
    },
    "Real text": {"task": "next_character", "loss_at": "last", "T": 50},
}
"""What each situation sets; everything else goes to its default."""


@dataclass(frozen=True)
class TextField:
    """Which text is read: a bundled one, or a person's own by its id."""

    key: str
    label: str
    default: str
    folder: Path

    def read(self, text: str) -> str:
        """The text's id. Errors: ValueError with the rule."""
        own = OWN_TEXT.fullmatch(text) and (self.folder / f"{text.removeprefix('sha256:')}.txt").is_file()
        if text not in BUNDLED_TEXTS and not own:
            raise ValueError(f"one of {', '.join(BUNDLED_TEXTS)} or a text that was given to this server")
        return text

    def write(self, value: Any) -> str:
        """The id as the address holds it."""
        return str(value)


def gradient_fields(limits: Limits, texts: Path) -> list[Field]:
    """Every control, with bounds no wider than the server's limits."""
    slots = [field for slot, (cell, bias) in enumerate(SLOTS, start=1) for field in _slot_fields(slot, cell, bias)]
    variants = {name: name for name in VARIANTS["adding"]}
    return [
        Choice("task", "Task", "recall", TASKS),
        Number("T", "Timesteps T", min(20, limits.max_length), 5, limits.max_length),
        Choice("variant", "Variant", "unit", variants),
        TextField("text", "Text", BUNDLED_TEXTS[0], texts),
        Choice("loss_at", "Loss at", "task", LOSS_PLACES),
        Number("models", "Models", min(2, limits.max_models), 1, min(MOST_MODELS, limits.max_models)),
        *slots,
        Number("H", "Hidden units H", min(32, limits.max_hidden_size), 1, limits.max_hidden_size),
        Number("layers", "Layers", 1, 1, limits.max_layers),
        Flag("both", "Both directions", False),
        Number("steps", "Training steps", min(300, limits.max_steps), 1, limits.max_steps),
        Number("batch", "Examples in a batch", min(64, limits.max_batch_size), 1, limits.max_batch_size),
        Choice("optimizer", "Optimizer", "adam", dict(zip(OPTIMIZERS, ("Adam", "SGD", "RMSprop"), strict=True))),
        Number("lr", "Learning rate", 3e-3, 1e-6, 100.0),
        Choice("clip", "Clip the gradient", "norm", CLIP_TITLES),
        Number("max_norm", "Clip at", 1.0, 1e-4, 1e4),
        Number("seed", "Seed", 0, 0, MAX_SEED),
    ]


def _slot_fields(slot: int, cell: str, bias: str) -> list[Field]:
    initializations = dict(zip(INITIALIZATIONS, ("PyTorch's own", "orthogonal × gain", "identity × gain"), strict=True))
    return [
        Choice(f"m{slot}_cell", f"Model {slot}", cell, TITLES),
        Choice(f"m{slot}_init", f"Initialisation {slot}", "pytorch", initializations),
        Number(f"m{slot}_gain", f"Gain {slot}", 1.0, 0.0, 10.0),
        Choice(f"m{slot}_bias", f"Forget bias {slot}", bias, BIASES),
    ]


def situation_control(fields: list[Any]) -> None:
    """A row of presets; choosing one sets every control. The one that the controls show is lit."""
    st.session_state["situation"] = _current_situation(fields)

    def choose() -> None:
        name = st.session_state["situation"]
        if name in SITUATIONS:
            set_values(fields, situation(name, fields))

    st.segmented_control("Situation", list(SITUATIONS), key="situation", on_change=choose, label_visibility="collapsed")


def _current_situation(fields: list[Any]) -> str | None:
    values = {field.key: st.session_state[field.key] for field in fields}
    return next((name for name in SITUATIONS if values == situation(name, fields)), None)


def situation(name: str, fields: list[Any]) -> dict[str, Any]:
    """The value of every control in a situation, no larger than this server's limits."""
    values = {field.key: field.default for field in fields} | SITUATIONS[name]
    bounds = {field.key: field.high for field in fields if isinstance(field, Number)}
    return {key: min(value, bounds[key]) if key in bounds else value for key, value in values.items()}


def gradient_controls(fields: list[Any]) -> None:
    """Draw the controls: three popovers and the two that are used most."""
    by_key = {field.key: field for field in fields}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _number(by_key["T"], width=190)
        _number(by_key["seed"], width=130)
        with st.popover("Models", icon=":material/hub:"):
            _model_controls(by_key)
        with st.popover("Task", icon=":material/flag:"):
            _task_controls(by_key)
        with st.popover("Training", icon=":material/tune:"):
            for key in ("steps", "batch", "optimizer", "lr", "clip", "max_norm"):
                _draw(by_key[key])


def _model_controls(by_key: Mapping[str, Any]) -> None:
    _draw(by_key["models"])
    for slot in range(1, st.session_state["models"] + 1):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            _choice(by_key[f"m{slot}_cell"], width=130)
            _choice(by_key[f"m{slot}_init"], width=170)
            if st.session_state[f"m{slot}_init"] != "pytorch":
                _number(by_key[f"m{slot}_gain"], width=110)
            if st.session_state[f"m{slot}_cell"] == "lstm":
                _choice(by_key[f"m{slot}_bias"], width=160)
    for key in ("H", "layers", "both"):
        _draw(by_key[key])


def _task_controls(by_key: Mapping[str, Any]) -> None:
    _draw(by_key["task"])
    if st.session_state["task"] == "adding":
        _draw(by_key["variant"])
    if st.session_state["task"] == "next_character":
        _text_controls(by_key["text"])
    _draw(by_key["loss_at"])


def _text_controls(field: TextField) -> None:
    options = [*BUNDLED_TEXTS, *([st.session_state["text"]] if st.session_state["text"] not in BUNDLED_TEXTS else [])]
    st.selectbox(field.label, options, format_func=lambda value: TEXTS.get(value, "Your own text"), key=field.key)
    st.file_uploader("Your own text (UTF-8)", key="own_text", on_change=_keep_text, args=(field,))
    if problem := st.session_state.pop("own_text_problem", None):
        st.error(problem)


def _keep_text(field: TextField) -> None:
    file = st.session_state["own_text"]
    if file is None:
        return
    try:
        st.session_state[field.key] = store_text(file.getvalue(), field.folder)
    except (TextError, OSError) as error:
        st.session_state["own_text_problem"] = str(error)


def _draw(field: Any) -> None:
    if isinstance(field, Number):
        _number(field)
    elif isinstance(field, Choice):
        _choice(field)
    else:
        st.toggle(field.label, key=field.key)


def _choice(field: Choice, width: Any = "stretch") -> None:
    options = dict(field.options)
    st.selectbox(field.label, list(options), format_func=options.__getitem__, key=field.key, width=width)


def _number(field: Number, width: Any = "stretch") -> None:
    step = 1 if isinstance(field.default, int) else None
    form = None if isinstance(field.default, int) else "%g"
    st.number_input(field.label, field.low, field.high, step=step, format=form, key=field.key, width=width)


def layer_controls(config: TrainingConfig) -> tuple[int, int]:
    """Which layer and direction the pictures show, where there is more than one."""
    first = config.models[0]
    layer, direction = 0, 0
    with st.container(horizontal=True):
        if first.layers > 1:
            layer = st.segmented_control("Layer", range(first.layers), format_func=lambda i: str(i + 1), default=0,
                                         key="layer", required=True)  # fmt: skip
        if first.bidirectional:
            direction = st.segmented_control("Direction", (0, 1), format_func=("forward", "backward").__getitem__,
                                             default=0, key="direction", required=True)  # fmt: skip
    return layer, direction


def config_of(values: Mapping[str, Any]) -> TrainingConfig:
    """The run that the controls describe. Errors: ValueError for a combination that no run can have."""
    task = TaskConfig(
        name=values["task"],
        length=max(values["T"], TaskConfig.shortest(values["task"])),
        variant=values["variant"] if values["task"] == "adding" else "",
        text=values["text"],
        loss_at=values["loss_at"],
    )
    models = tuple(_model(values, slot) for slot in range(1, values["models"] + 1))
    return TrainingConfig(
        task,
        models,
        values["steps"],
        values["batch"],
        values["optimizer"],
        values["lr"],
        values["clip"],
        values["max_norm"],
        values["seed"],
    )


def _model(values: Mapping[str, Any], slot: int) -> ModelConfig:
    cell, init, bias = values[f"m{slot}_cell"], values[f"m{slot}_init"], values[f"m{slot}_bias"]
    return ModelConfig(
        cell=cell,
        hidden_size=values["H"],
        layers=values["layers"],
        bidirectional=values["both"],
        initialization=init,
        gain=1.0 if init == "pytorch" else values[f"m{slot}_gain"],
        forget_bias=float(bias) if cell == "lstm" and bias != "pytorch" else None,
    )


def values_of(config: TrainingConfig) -> dict[str, Any]:
    """The controls' values that describe a run; the inverse of `config_of`."""
    first, task = config.models[0], config.task
    values: dict[str, Any] = {
        "task": task.name, "T": task.length, "variant": task.variant or "unit", "text": task.text,
        "loss_at": task.loss_at, "models": len(config.models), "H": first.hidden_size, "layers": first.layers,
        "both": first.bidirectional, "steps": config.steps, "batch": config.batch_size, "optimizer": config.optimizer,
        "lr": config.learning_rate, "clip": config.clip, "max_norm": config.max_norm, "seed": config.seed,
    }  # fmt: skip
    for slot, model in enumerate(config.models, start=1):
        bias = "pytorch" if model.forget_bias is None else f"{model.forget_bias:g}"
        values |= {f"m{slot}_cell": model.cell, f"m{slot}_init": model.initialization, f"m{slot}_gain": model.gain}
        values[f"m{slot}_bias"] = bias
    return values
