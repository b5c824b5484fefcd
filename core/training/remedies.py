"""What is known to help a model whose gradient vanishes or explodes, each as a run beside the model itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..models.config import ModelConfig
from .config import TrainingConfig

FORGET_BIAS = 3.0


@dataclass(frozen=True)
class Remedy:
    """One treatment of one model, the patient."""

    key: str
    """A slug."""
    title: str
    """For people."""
    why: str
    """One sentence: how it helps, and its source."""
    config: TrainingConfig
    """Its models are the patient and the treated, on the same batches and seed; the patient alone on a shorter task."""


def remedies(config: TrainingConfig, model: int = 0) -> tuple[Remedy, ...]:
    """The remedies that change something for `config.models[model]`.

    A remedy changes what its title says and nothing else; only another cell also begins as PyTorch initialises it.
    """
    patient = config.models[model]
    treated = [
        Remedy(key, title, why, replace(config, models=(patient, treatment)))
        for key, title, why, treatment in (*_other_weights(patient), *_other_cells(patient))
        if treatment != patient
    ]
    return (*treated, _clipping(config, patient), *_shorter(config, patient))


def _other_weights(patient: ModelConfig) -> Iterator[tuple[str, str, str, ModelConfig]]:
    yield (
        "orthogonal",
        "Orthogonal initialisation",
        "All singular values of W_hh begin at 1, so its powers neither shrink nor stretch a gradient "
        "(Saxe et al., 2014).",
        replace(patient, initialization="orthogonal", gain=1.0),
    )
    if patient.cell == "lstm":
        yield (
            "forget-bias",
            f"Forget bias {FORGET_BIAS:g}",
            "σ(3) = 0.95: the cell state begins by keeping 95 % of itself and of its gradient at every step "
            "(Gers et al., 2000; Jozefowicz et al., 2015).",
            replace(patient, forget_bias=FORGET_BIAS),
        )
    if patient.cell in ("rnn", "relu_rnn", "linear_rnn"):
        yield (
            "identity",
            "Identity initialisation and relu",
            "With W_hh = 1 a relu unit that is on hands its state, and its gradient, on unchanged "
            "(IRNN; Le et al., 2015).",
            replace(patient, cell="relu_rnn", initialization="identity", gain=1.0),
        )
    if patient.cell == "rnn":
        yield (
            "relu",
            "relu",
            "The slope of relu is 1 where a unit is on, and 0 where it is off, that of tanh at most 1; what W_hh does "
            "to a gradient stays (Le et al., 2015).",
            replace(patient, cell="relu_rnn"),
        )


def _other_cells(patient: ModelConfig) -> Iterator[tuple[str, str, str, ModelConfig]]:
    bare = replace(patient, initialization="pytorch", gain=1.0, forget_bias=None)
    if patient.cell != "lstm":
        yield (
            "lstm",
            "LSTM",
            "The cell state is added to, not multiplied by W_hh, so its gradient comes back through the forget gate "
            "alone (Hochreiter & Schmidhuber, 1997; Gers et al., 2000).",
            replace(bare, cell="lstm"),
        )
        yield (
            "lstm-forget-bias",
            f"LSTM, forget bias {FORGET_BIAS:g}",
            "The same with the forget gate open at first, σ(3) = 0.95, where PyTorch's own keeps about half "
            "(Gers et al., 2000; Jozefowicz et al., 2015).",
            replace(bare, cell="lstm", forget_bias=FORGET_BIAS),
        )
    if patient.cell != "gru":
        yield (
            "gru",
            "GRU",
            "Where the update gate z is near 1, h_t is h_{t−1}, and the gradient comes back through it unchanged "
            "(Cho et al., 2014).",
            replace(bare, cell="gru"),
        )


def _clipping(config: TrainingConfig, patient: ModelConfig) -> Remedy:
    return Remedy(
        "clipping",
        "Clipping",
        "One gradient that explodes no longer throws the weights far away; it does nothing for one that vanishes "
        "(Pascanu et al., 2013).",
        replace(
            config,
            clip="norm" if config.clip == "none" else config.clip,
            models=(replace(patient, clipped=False), replace(patient, clipped=True)),
        ),
    )


def _shorter(config: TrainingConfig, patient: ModelConfig) -> Iterator[Remedy]:
    length = max(config.task.length // 2, config.task.shortest(config.task.name))
    if length < config.task.length:
        yield Remedy(
            "shorter",
            f"Half the lag: T = {length}",
            "What a step back keeps of the gradient is multiplied by itself half as often (Bengio et al., 1994).",
            replace(config, task=replace(config.task, length=length), models=(patient,)),
        )
