"""Why a gradient is as it is, at any moment of a run: what workers are asked for, all called alike.

Axes: T timesteps.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from pathlib import Path

import numpy as np
import torch

from ..models.blocks import parameter_blocks
from ..probes.jacobians import jacobian_spectrum, recurrent_spectrum
from ..probes.loss_reach import loss_reach
from ..probes.paths import gradient_paths
from ..probes.recurrent_call import RecurrentCall
from ..probes.replay import of_examples
from ..recordings.anatomy import BlockHistograms, GradientPaths, JacobianSpectrum, ReachOfText, RecurrentSpectrum
from ..tasks.task import Batch
from .block_norms import flattened
from .config import MAX_MODELS
from .histograms import block_histograms
from .limits import states_of
from .moment import WATCHED_LAYER, Moment, Observed, observe

MOST_STATES_KEPT = 1_000_000
"""Hidden states of a pass that is kept for the next question; a larger one is made again."""
_kept: dict[Hashable, Observed] = {}
"""The passes made last, one a model of a run, as several pictures of one moment are asked for one after the other."""


def paths_at(moment: Moment, layer: int, direction: int, example: int, texts: Path | None) -> GradientPaths:
    """The gradient's parts over the batch, whichever the example. Errors: as `observe`; ValueError for a layer."""
    return gradient_paths(_call(seen(moment, texts)), layer, direction)


def recurrent_spectrum_at(
    moment: Moment, layer: int, direction: int, example: int, texts: Path | None
) -> RecurrentSpectrum:
    """Spectra of W_hh, whichever the example. Errors: as `paths_at`."""
    return recurrent_spectrum(_call(seen(moment, texts)), layer, direction)


def jacobians_at(moment: Moment, layer: int, direction: int, example: int, texts: Path | None) -> JacobianSpectrum:
    """Singular values of one example's Jacobians and of their products. Errors: as `paths_at`, and for the example."""
    return jacobian_spectrum(_call(seen(moment, texts)), layer, direction, example)


def loss_reach_at(moment: Moment, layer: int, direction: int, example: int, texts: Path | None) -> ReachOfText:
    """Which loss of one example reaches how far, with its tokens. Errors: as `jacobians_at`."""
    observed = seen(moment, texts)
    reach = loss_reach(of_examples(_call(observed), [example]), layer, direction)
    return ReachOfText(reach, _tokens(observed, example), _losses(observed, example))


def histograms_at(moment: Moment, layer: int, direction: int, example: int, texts: Path | None) -> BlockHistograms:
    """Weights and gradients of all blocks, whichever the layer, direction and example. Errors: as `observe`."""
    model = seen(moment, texts).model
    gradients = flattened(parameter.grad for parameter in model.parameters() if parameter.grad is not None)
    return block_histograms(parameter_blocks(model), flattened(model.parameters()), gradients)


def seen(moment: Moment, texts: Path | None) -> Observed:
    """As `observe`, which is spared if a question was about the same moment just now. It is only to be read."""
    parameters = None if moment.parameters is None else hashlib.sha256(moment.parameters.tobytes()).digest()
    key = (moment.config, moment.model, moment.step, parameters, texts)
    if key in _kept:
        return _kept[key]
    observed = observe(moment, texts)
    while len(_kept) >= MAX_MODELS:
        del _kept[next(iter(_kept))]
    if states_of(moment.config) <= MOST_STATES_KEPT:
        _kept[key] = observed
    return observed


def _call(observed: Observed) -> RecurrentCall:
    return observed.watched.calls(WATCHED_LAYER)[-1]


def _tokens(observed: Observed, example: int) -> tuple[str, ...]:
    """What is read at each timestep: the token as its task prints it, or the values to two digits."""
    inputs, symbols = observed.batch.inputs[example].tolist(), observed.task.symbols
    if symbols:
        return tuple(symbols[token] for token in inputs)
    return tuple(" ".join(f"{value:.2g}" for value in values) for values in inputs)


def _losses(observed: Observed, example: int) -> np.ndarray:
    """The task's own loss of each timestep by itself, shape (T,); NaN where the mask is False."""
    batch, one = observed.batch, slice(example, example + 1)
    losses = np.full(batch.mask.shape[1], np.nan)
    for step in batch.mask[example].nonzero().flatten().tolist():
        mask = torch.zeros_like(batch.mask[one])
        mask[0, step] = True
        alone = Batch(batch.inputs[one], batch.targets[one], mask)
        losses[step] = observed.task.loss(observed.outputs[one], alone).item()
    return losses
