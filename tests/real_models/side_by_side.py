"""Trains a real model twice from equal seeds, plain and watched, and notes everything that a training leaves behind.

A training is a function of one argument, the `Look`: it calls `look(model)` around forward and backward of every step,
as a user would `core.watch(model)`, and `look.step(loss, optimizer)` after it.
"""

from __future__ import annotations

import contextlib
import hashlib
import pickle
import random
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import core

STEPS = 20
SIGMOIDS = ("input", "forget", "output", "reset", "update")
INSTALL = "install it as tests/real_models/requirements.txt says"

Training = Callable[["Look"], None]


def needed(package: str, *more: str) -> ModuleType:
    """A module of a package, or a skip that says what to install; `more` are modules that have to import too."""
    for name in (*more, package):
        reason = f"{name} does not import: {INSTALL}"
        module = pytest.importorskip(name, reason=reason, exc_type=(ImportError, OSError))  # type: ignore[arg-type]
    return module


@dataclass(frozen=True)
class Seen:
    """What the record of one layer told at one step."""

    norms: tuple[float, ...]
    """‖∂L/∂h‖ of each sequence of calls."""
    is_finite: bool
    """Whether all gradients, gates and states are."""
    is_in_range: bool
    """Whether sigmoids are in [0, 1]."""


@dataclass
class Told:
    """Everything that watch told at one step, by layer."""

    seen: dict[str, Seen] = field(default_factory=dict)
    errors: dict[str, Exception] = field(default_factory=dict)
    receipts: dict[str, Any] = field(default_factory=dict)
    """Receipts, or the errors that were raised instead."""


class Look:
    """One training as it is looked at: what was noted at every step, and what watch told."""

    receipts_at: tuple[int, ...] = (0, 10)
    """Steps at which receipts are asked for."""

    def __init__(self, is_watched: bool, receipts: tuple[str, ...] = ()) -> None:
        self.is_watched, self._receipts = is_watched, receipts
        self.diary: list[dict[str, str]] = []
        """Bits of everything by name, one entry a step."""
        self.told: list[Told] = []
        self._model: nn.Module | None = None
        self._watch: core.Watched | None = None
        self.block = contextlib.ExitStack()
        """Left when the training has ended."""

    @contextlib.contextmanager
    def __call__(self, model: nn.Module) -> Iterator[None]:
        """Around forward and backward of one step; the records are read behind it."""
        with self.around(model):
            yield
        self.read()

    @contextlib.contextmanager
    def around(self, model: nn.Module) -> Iterator[None]:
        """Around several steps; `read` is called before each."""
        self._model = model
        with core.watch(model) if self.is_watched else contextlib.nullcontext() as self._watch:
            yield

    def read(self) -> None:
        """Read every record of the last pass; at some steps, receipts too."""
        if self._watch is not None:
            asked = self._receipts if len(self.told) in self.receipts_at else ()
            self.told.append(read(self._watch, asked))

    def step(self, loss: Tensor, optimizer: torch.optim.Optimizer, **more: Any) -> None:
        """Note loss and gradients, let the optimizer step, note what it left and `more`."""
        self.before_step(loss)
        optimizer.step()
        self.after_step(optimizer, **more)

    def before_step(self, loss: Tensor | None = None) -> None:
        """Note what a backward pass leaves."""
        assert self._model is not None  # it has been looked at
        gradients = {name: parameter.grad for name, parameter in self._model.named_parameters()}
        self.diary.append(dict(bits_of({"loss": loss, "gradients": gradients})))

    def note(self, **more: Any) -> None:
        """Add to what was noted of the last step."""
        self.diary[-1] |= dict(bits_of(more))

    def after_step(self, optimizer: Any, **more: Any) -> None:
        """Note the rest: parameters, buffers, whatever modules hold, the optimizer's state, random generators."""
        assert self._model is not None
        everything = {
            "parameters": dict(self._model.named_parameters(remove_duplicate=False)),
            "buffers": dict(self._model.named_buffers(remove_duplicate=False)),
            "modules": {name: _held(module) for name, module in self._model.named_modules()},
            "optimizer": optimizer.state_dict(),
            "random": [torch.get_rng_state(), np.random.get_state(), random.getstate()],
        }
        self.note(**everything, **more)


class LongLook(Look):
    """One watch from the first step to the last, in which pass follows pass."""

    receipts_at = (0,)
    """Later, weights are no longer those with which earlier windows ran."""

    @contextlib.contextmanager
    def around(self, model: nn.Module) -> Iterator[None]:
        """Begin to watch, if it is the first step."""
        self._model = model
        if self.is_watched and self._watch is None:
            self._watch = self.block.enter_context(core.watch(model))
        yield


def _held(module: nn.Module) -> dict[str, Any]:
    """What hangs on a module beside parameters, buffers and modules: tensors in full, of others that they are there."""
    ours = ("_parameters", "_buffers", "_modules")
    held = {name: value for name, value in vars(module).items() if name not in ours}
    return {name: value if _is_plain(value) else str(type(value)) for name, value in held.items()}


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict | list | tuple):
        return all(map(_is_plain, value.values() if isinstance(value, dict) else value))
    return isinstance(value, Tensor | np.ndarray | int | float | str | None)


def bits_of(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Digests of all leaves by path: of a tensor its type, shape and bytes, so that NaN equals NaN and -0 is not 0."""
    if isinstance(value, Mapping):
        yield path, str(list(value))
        for key, inner in value.items():
            yield from bits_of(inner, f"{path} {key}")
    elif isinstance(value, list | tuple):
        yield path, f"{len(value)} items"
        for key, inner in enumerate(value):
            yield from bits_of(inner, f"{path} {key}")
    else:
        yield path, hashlib.blake2b(_bytes(value), digest_size=16).hexdigest()


def _bytes(value: Any) -> bytes:
    if isinstance(value, Tensor):
        flat = value.detach().contiguous().reshape(-1)
        return repr((value.dtype, tuple(value.shape))).encode() + flat.view(torch.uint8).numpy().tobytes()
    if isinstance(value, np.ndarray):
        return repr((value.dtype, value.shape)).encode() + np.ascontiguousarray(value).tobytes()
    return pickle.dumps(value)


def read(watched: core.Watched, receipts: tuple[str, ...]) -> Told:
    """Read every record, as a user would after the backward pass."""
    told = Told()
    for name in watched.names:
        try:
            told.seen[name] = _seen(watched, name)
        except Exception as error:  # told by the test that asks for this layer
            told.errors[name] = error
    for name in receipts:
        try:
            told.receipts[name] = watched.receipt(name)
        except Exception as error:
            told.receipts[name] = error
    return told


def _seen(watched: core.Watched, name: str) -> Seen:
    flows, traces = [watched.flow[name]], [watched.gates[name]]
    with contextlib.suppress(LookupError):  # the last sequence was read
        while True:
            flows.append(watched.flow[name, len(flows)])
            traces.append(watched.gates[name, len(traces)])
    arrays = [array for one in (*flows, *traces) for array in vars(one).values() if isinstance(array, np.ndarray)]
    sigmoids = [gate for trace in traces for gate in (getattr(trace, each) for each in SIGMOIDS) if gate is not None]
    return Seen(
        norms=tuple(float(np.sqrt(np.square(flow.hidden, dtype=np.float64).sum())) for flow in flows),
        is_finite=all(bool(np.isfinite(array).all()) for array in arrays),
        is_in_range=all(bool(((gate >= 0) & (gate <= 1)).all()) for gate in sigmoids),
    )


def trained(training: Training, look: Look) -> Look:
    """Run a training under a look, from seeds that are always the same."""
    torch.manual_seed(0)
    np.random.seed(0)
    random.seed(0)
    with look.block, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries about each other
        training(look)
    return look


@dataclass(frozen=True)
class Pair:
    """A plain and a watched training of the same model."""

    plain: Look
    watched: Look
    layers: tuple[str, ...]
    """Recurrent layers that ran and that a gradient reached."""
    unreached: tuple[str, ...]
    """Those that ran for values alone, or did not run."""

    def differences(self) -> list[str]:
        """Where the two first differ: the step and the names of all that does."""
        if len(self.plain.diary) != len(self.watched.diary):
            return [f"{len(self.plain.diary)} steps plain, {len(self.watched.diary)} watched"]
        for step, (plain, watched) in enumerate(zip(self.plain.diary, self.watched.diary, strict=True)):
            names = [name for name in {**plain, **watched} if plain.get(name) != watched.get(name)]
            if names:
                return [f"step {step}:{name}" for name in names]
        return []

    def faults(self) -> list[str]:
        """Which layers were not seen as they should be, at which step."""
        found = []
        for step, told in enumerate(self.watched.told):
            found += [f"step {step}: {name} is watched, and nobody said so" for name in _unnamed(self, told)]
            found += [f"step {step}: {name}: {fault}" for name in self.layers if (fault := _fault(told, name))]
            found += [
                f"step {step}: {name}: no LookupError, but {told.errors.get(name)!r}"
                for name in self.unreached
                if not isinstance(told.errors.get(name), LookupError)
            ]
        return found if self.watched.told else ["nothing was watched"]

    def bad_receipts(self) -> list[str]:
        """Receipts that do not agree, or could not be had."""
        given = [
            (step, name, one) for step, told in enumerate(self.watched.told) for name, one in told.receipts.items()
        ]
        assert given  # some were asked for
        return [f"step {step}: {name}: {one}" for step, name, one in given if not getattr(one, "agrees", False)]


def _unnamed(pair: Pair, told: Told) -> set[str]:
    return {*told.seen, *told.errors} - {*pair.layers, *pair.unreached}


def _fault(told: Told, name: str) -> str | None:
    if name not in told.seen:
        return f"not seen: {told.errors.get(name)!r}"
    seen = told.seen[name]
    if not seen.is_finite:
        return "a number is not finite"
    if not seen.is_in_range:
        return "a gate is outside [0, 1]"
    return None if all(seen.norms) else f"no gradient flows: {seen.norms}"


def both(
    training: Training,
    layers: tuple[str, ...],
    unreached: tuple[str, ...] = (),
    looking: type[Look] = Look,
) -> Pair:
    """Train plain and watched; a receipt is asked of all `layers`."""
    plain = trained(training, Look(is_watched=False))
    watched = trained(training, looking(is_watched=True, receipts=layers))
    return Pair(plain, watched, layers, unreached)
