"""Whole trainings of drawn settings, under watch or not, and all that they leave behind, bit for bit.

Axes: N batch, T timesteps, F features, H hidden units.
"""

from __future__ import annotations

import dis
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field

import torch
from drawn_models import Model, State
from drawn_settings import FEATURES, WEIGHTS, Setting
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

import core

PLACES = ("step", "training", "forward", "step twice")
"""Around what the block is; step: forward and backward; forward: the backward pass comes after the block."""


def bits(tensor: Tensor | None) -> tuple | None:
    """A tensor's type, shape and bytes: NaN equals NaN, and -0 is not 0."""
    if tensor is None or tensor.is_meta:
        return None if tensor is None else ("meta", tensor.dtype, tuple(tensor.shape))
    flat = tensor.detach().contiguous().reshape(-1)
    return tensor.dtype, tuple(tensor.shape), flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""


class Unwatched:
    """Looks at nothing."""

    def around(self, place: str, model: nn.Module):
        """What to enter around a part of the training."""
        return nullcontext()

    def read(self) -> None:
        """Read what can be read."""


@dataclass
class Watch(Unwatched):
    """Watches at one place, and reads after every backward pass all that is to be read."""

    place: str = "step"
    examples: int | None = 2
    found: int = 0
    """How many flows could be read."""
    passes: int = 0
    watched: list[core.probes.watch.Watched] = field(default_factory=list)

    @contextmanager
    def around(self, place: str, model: nn.Module) -> Iterator[None]:
        """Watch here, if this is the place."""
        if place != self.place.removesuffix(" twice"):
            yield
            return
        with ExitStack() as stack:
            layers = 2 if self.place.endswith("twice") else 1
            self.watched = [stack.enter_context(core.watch(model, examples=self.examples)) for _ in range(layers)]
            yield

    def read(self) -> None:
        """Flow and gates of every name; at first also all else that a record can be asked for."""
        self.passes += 1
        for watched in self.watched:
            for name in watched.names:
                self.found += is_readable(watched.flow.__getitem__, name)
                is_readable(watched.gates.__getitem__, name)
                if self.passes == 1:
                    for read in (watched.span, watched.life, watched.calls, watched.receipt):
                        is_readable(read, name)


def is_readable(read: Callable[[str], object], name: str) -> bool:
    """Whether a record can be read; where not, core has to say so, and not stumble over an error of torch's."""
    try:
        read(name)
    except (LookupError, RuntimeError) as error:
        if not is_raised_by_core(error):
            raise AssertionError(f"a record failed with {type(error).__name__}: {error}") from error
        return False
    return True


def is_raised_by_core(error: Exception) -> bool:
    """Whether a `raise` in core's own code is where an error began."""
    trace = error.__traceback__
    while trace.tb_next is not None:
        trace = trace.tb_next
    code = trace.tb_frame.f_code
    return code.co_code[trace.tb_lasti] == dis.opmap["RAISE_VARARGS"] and "/core/probes/" in code.co_filename


@dataclass
class Trained:
    """All that a training left behind, in its order, each with what it is."""

    facts: list[tuple[str, object]] = field(default_factory=list)
    error: Exception | None = None

    def keep(self, what: str, *tensors: Tensor | None) -> None:
        """Keep the bits of some tensors."""
        self.facts += [(f"{what} {number}", bits(tensor)) for number, tensor in enumerate(tensors)]

    def first_difference(self, other: Trained) -> str | None:
        """What differs first; None: nothing does."""
        for (what, ours), (_, theirs) in zip(self.facts, other.facts, strict=False):
            if ours != theirs:
                return what
        return None if len(self.facts) == len(other.facts) else "the number of facts"


class Training:
    """A model, its optimizer, and what is around its steps."""

    def __init__(self, setting: Setting, look: Unwatched) -> None:
        self.setting, self.look, self.trained = setting, look, Trained()
        self.model = Model(setting).to(setting.dtype)
        weights = "weight_hh" if setting.is_cell else "weight_hh_l0"
        WEIGHTS[setting.weights](self.model.rnn, weights)
        self.model.rnn.requires_grad_(setting.frozen == "nothing")
        self.model.encoder.requires_grad_(setting.frozen != "both")
        if setting.optimizer == "adam":
            self.optimizer = torch.optim.Adam(self.model.parameters(), lr=0.01, eps=1e-4)
        else:
            self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.05, momentum=0.9)
        self.carried: State = None

    def run(self, steps: int) -> None:
        """Some steps of the optimizer."""
        with self.look.around("training", self.model):
            for step in range(steps):
                self.optimizer.zero_grad()
                for _ in range(self.setting.batches):
                    with self.look.around("step", self.model):
                        self._batch()
                self._keep(f"step {step}:")
                self.optimizer.step()

    def finish(self) -> Trained:
        """All that is left at the end."""
        self._keep("end:")
        return self.trained

    def _keep(self, when: str) -> None:
        gradients = [parameter.grad for parameter in self.model.parameters()]
        self.trained.keep(f"{when} gradient", *gradients)
        self.trained.keep(f"{when} parameter or buffer", *self.model.state_dict().values())
        self.trained.keep(f"{when} random state", torch.get_rng_state())

    def _autocast(self, where: str):
        return torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.setting.autocast in ("both", where))

    def _batch(self) -> None:
        size, steps, _ = self.setting.sizes
        inputs = torch.randn(size, steps, FEATURES).to(self.setting.dtype)
        with self._autocast("both"):
            self._gradients(inputs)

    def _gradients(self, inputs: Tensor) -> None:
        way = self.setting.way
        if way.startswith("penalty"):
            return self._penalty(inputs, of_the_sum=way.endswith("sum"))
        if way == "siamese":
            return self._siamese(inputs)
        with self.look.around("forward", self.model):
            output, final = self._losses(inputs)
        if way != "twice":
            return self._back(output + final)
        self._back(output, retain_graph=True)
        return self._back(final)

    def _siamese(self, inputs: Tensor) -> None:
        with self.look.around("forward", self.model):
            one, other = (sum(self._losses(each)) for each in (inputs, inputs.flip(0)))
        self._back(one - 0.5 * other)

    def _penalty(self, inputs: Tensor, of_the_sum: bool) -> None:
        inputs.requires_grad_()
        with self.look.around("forward", self.model):
            if of_the_sum:
                loss = sum(part.sum() for part in self._forward(inputs))
            else:
                loss = sum(self._losses(inputs))
        (slope,) = torch.autograd.grad(loss, inputs, create_graph=True)
        self.look.read()
        self.trained.keep("slope", slope)
        penalty = wide(slope).square().sum()
        self._back(penalty if of_the_sum else penalty + loss)
        self.trained.keep("gradient of the inputs", inputs.grad)

    def _losses(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Of the scores and of the final states, in one forward pass."""
        with self._autocast("forward"):
            scores, *finals = self._forward(inputs)
        self.trained.keep("output", scores, *finals)
        self.carried = tuple(final.detach() for final in finals)
        is_zeroed = self.setting.behind == "zero the detached"
        output = wide(self.model.head.weight if is_zeroed else scores).square().mean()
        return output, sum(wide(final).square().mean() for final in finals)

    def _forward(self, inputs: Tensor) -> tuple[Tensor, ...]:
        state = self.model.initial_state(len(inputs), self.carried)
        if "checkpoint" not in self.setting.way:
            return self.model(inputs, state)
        again = self.setting.way.startswith("reentrant")
        return checkpoint(self.model.behind_encoder, self.model.encoder(inputs), state, use_reentrant=again)

    def _back(self, loss: Tensor, retain_graph: bool = False) -> None:
        self.trained.keep("loss", loss)
        loss.backward(retain_graph=retain_graph)
        self.look.read()


def wide(tensor: Tensor) -> Tensor:
    """In at least float32."""
    return tensor if tensor.dtype is torch.float64 else tensor.float()


def train(setting: Setting, look: Unwatched, steps: int = 20) -> Trained:
    """A whole training, to its end or to the error that ends it."""
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of projections, of second derivatives, of hooked weight norm
        training = Training(setting, look)
        try:
            training.run(steps)
        except AssertionError:
            raise
        except Exception as error:
            training.trained.error = error
            training.trained.facts.append(("error", (type(error), str(error))))
        return training.finish()
