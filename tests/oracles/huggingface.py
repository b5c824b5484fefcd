"""Hugging Face's `generate` over one of our models, with what its beam search looked at and kept at each step.

`_get_top_k_continuations` and `_get_running_beams_for_next_iteration` are private: transformers is pinned for them.

Axes: k beams, V vocabulary.
"""

from dataclasses import dataclass

import numpy as np
import torch
from transformers import GenerationMixin, PreTrainedConfig, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutput
from transformers.utils import ModelOutput

from core.decoding.states import chosen
from core.models.config import ModelConfig
from core.models.language_model import language_step
from core.models.sequence_model import build_model
from core.models.vocabulary import Vocabulary

START, EOS = 0, 1
GHOST = -1e8
"""Beams 2…k begin at −1e9 there; what is below this never was a hypothesis."""


class OracleConfig(PreTrainedConfig):
    model_type = "unroll_oracle"

    def __init__(self, vocab_size=8, **settings):
        self.vocab_size = vocab_size
        super().__init__(**settings)


class Oracle(PreTrainedModel, GenerationMixin):
    """Reads the whole prefix at every step, so no state is reordered there."""

    config_class, main_input_name, _is_stateful = OracleConfig, "input_ids", True

    def __init__(self, size, model):
        super().__init__(OracleConfig(size))
        self.model, self.taken, self.kept = model, [], []
        self.post_init()

    def _init_weights(self, module):
        pass  # the default draws the wrapped model's weights anew

    def forward(self, input_ids, attention_mask=None, **ignored):
        return CausalLMOutput(logits=self.model(input_ids))

    def _get_top_k_continuations(self, **given):
        found = super()._get_top_k_continuations(**given)
        self.taken.append(self._real(given["cur_len"] + 1, found[1][0], found[0][0]))
        return found

    def _get_running_beams_for_next_iteration(self, **given):
        found = super()._get_running_beams_for_next_iteration(**given)
        length = len(self.taken[-1][0][0]) + 1
        self.kept.append(self._real(length, found[0][0], found[1][0]))
        return found

    @staticmethod
    def _real(length, sequences, scores):
        """(tokens generated, log-probability) of what is no ghost, best first."""
        pairs = zip(sequences[:, 1:length].tolist(), scores.tolist(), strict=True)
        return [(tuple(tokens), score) for tokens, score in pairs if score > GHOST]


def tiny(seed, size=5, kind="lstm", sharpness=6.0):
    """A random model of `size` tokens whose distributions are far from even, and its oracle."""
    vocabulary = Vocabulary.of("".join(chr(97 + place) for place in range(size - 1)))
    model = build_model(ModelConfig(kind, hidden_size=8), vocabulary, seed).eval()
    with torch.no_grad():
        model.readout.weight *= sharpness
    return model, language_step(model), Oracle(size, model).eval()


def generate(oracle, beams, length, **settings):
    """(tokens, score) of every sequence returned, best first; greedy for one beam, without a score."""
    oracle.taken, oracle.kept = [], []
    beam = {} if beams == 1 else {"num_return_sequences": beams}
    given = dict(
        num_beams=beams, max_new_tokens=length, do_sample=False, use_cache=False, eos_token_id=EOS,
        pad_token_id=oracle.config.vocab_size + 3, return_dict_in_generate=True, output_scores=True,
    )  # fmt: skip
    out = oracle.generate(torch.tensor([[START]]), **given | beam | settings)
    answers = [cut(row.tolist()) for row in out.sequences[:, 1:]]
    if beams == 1:
        return [(answers[0], np.nan)]
    pairs = zip(answers, out.sequences_scores.tolist(), strict=True)
    return [(tokens, score) for tokens, score in pairs if score > GHOST]


def cut(tokens):
    """Tokens up to the end token."""
    return tuple(tokens[: tokens.index(EOS) + 1] if EOS in tokens else [token for token in tokens if token < 100])


class StatefulOracle(Oracle):
    """Reads one token a step, by the very step that our searches call, and carries its state."""

    def __init__(self, size, model):
        super().__init__(size, model)
        self.step, self.nothing = language_step(model)

    @classmethod
    def _supports_default_dynamic_cache(cls):
        return False

    def prepare_inputs_for_generation(self, input_ids, state=None, **ignored):
        return {"input_ids": input_ids[:, -1:], "state": state}

    def forward(self, input_ids, state=None, attention_mask=None, **ignored):
        before = chosen(self.nothing, np.zeros(len(input_ids), dtype=int)) if state is None else state
        log_probs, after = self.step(before, input_ids[:, 0])
        return StatefulOutput(logits=log_probs[:, None], state=after)

    def _reorder_cache(self, state, beam_idx):
        return chosen(state, beam_idx.numpy())


@dataclass
class StatefulOutput(ModelOutput):
    logits: torch.Tensor | None = None
    state: tuple[tuple[torch.Tensor, ...], ...] | None = None
