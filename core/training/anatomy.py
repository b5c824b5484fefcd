"""Why a gradient is as it is, at any moment of a run: what workers are asked for, all called alike.

Axes: T timesteps.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from pathlib import Path

from ..models.blocks import parameter_blocks
from ..probes.jacobians import jacobian_spectrum, recurrent_spectrum
from ..probes.loss_reach import loss_reach
from ..probes.paths import gradient_paths
from ..probes.recurrent_call import RecurrentCall
from ..probes.replay import of_examples
from ..recordings.anatomy import BlockHistograms, GradientPaths, JacobianSpectrum, ReachOfText, RecurrentSpectrum
from .block_norms import flattened
from .config import MAX_MODELS
from .examples import example_losses, example_tokens
from .histograms import block_histograms
from .moment import WATCHED_LAYER, Moment, Observed, observe

MOST_STATES_KEPT = 500_000
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
    return recurrent_spectrum(_call(seen(moment, texts, with_gradient=False)), layer, direction)


def jacobians_at(moment: Moment, layer: int, direction: int, example: int, texts: Path | None) -> JacobianSpectrum:
    """Singular values of one example's Jacobians and of their products. Errors: as `paths_at`, and for the example."""
    return jacobian_spectrum(_call(seen(moment, texts, with_gradient=False)), layer, direction, example)


def loss_reach_at(moment: Moment, layer: int, direction: int, example: int, texts: Path | None) -> ReachOfText:
    """Which loss of one example reaches how far, with its tokens. Errors: as `jacobians_at`."""
    observed = seen(moment, texts)
    reach = loss_reach(of_examples(_call(observed), [example]), layer, direction)
    tokens = example_tokens(observed.task, observed.batch, example)
    losses = example_losses(observed.task, observed.outputs, observed.batch, example)
    return ReachOfText(reach, tokens, losses)


def histograms_at(moment: Moment, layer: int, direction: int, example: int, texts: Path | None) -> BlockHistograms:
    """Weights and gradients of all blocks, whichever the layer, direction and example. Errors: as `observe`."""
    model = seen(moment, texts).model
    gradients = flattened(parameter.grad for parameter in model.parameters() if parameter.grad is not None)
    return block_histograms(parameter_blocks(model), flattened(model.parameters()), gradients)


def seen(moment: Moment, texts: Path | None, with_gradient: bool = True) -> Observed:
    """As `observe`, which is spared if a question was about the same moment just now. It is only to be read."""
    parameters = None if moment.parameters is None else hashlib.sha256(moment.parameters.tobytes()).digest()
    key = (moment.config, moment.model, moment.step, parameters, texts)
    for known in ((key, True), (key, with_gradient)):
        if known in _kept:
            return _kept[known]
    observed = observe(moment, texts, with_gradient)
    while len(_kept) >= MAX_MODELS:
        del _kept[next(iter(_kept))]
    if moment.config.model_states(moment.model) <= MOST_STATES_KEPT:
        _kept[key, with_gradient] = observed
    return observed


def _call(observed: Observed) -> RecurrentCall:
    return observed.watched.calls(WATCHED_LAYER)[-1]
