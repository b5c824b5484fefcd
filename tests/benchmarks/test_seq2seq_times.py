"""What encoder–decoders reach, and how soon: seconds of processor time of one thread, as training runs them."""

import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.models.seq2seq_config import ATTENTIONS, FUSIONS, PRESETS, Seq2SeqConfig
from core.recordings.attention import LENGTH, TOKENS_RIGHT
from core.tasks.pairs import PairsConfig
from core.training.knobs import Knobs
from core.training.translation_config import TranslationConfig
from core.training.translation_crossing import word_order
from core.training.translation_moment import PairMoment, opened_pairs
from core.training.translation_rows import translation_rows

pytestmark = pytest.mark.benchmark
REVERSE = TranslationConfig(PairsConfig("reverse"), (PRESETS["clean diagonal"],), steps=300)
DATES = TranslationConfig(PairsConfig("dates"), (PRESETS["wide LSTM"],), steps=1000, learning_rate=3e-3)
BOTTLENECK = TranslationConfig(
    PairsConfig("reverse", min_length=2, max_length=16),
    (Seq2SeqConfig(),),
    steps=100_000,
    learning_rate=3e-3,
    test_length=24,
)
NAMES = TranslationConfig(
    PairsConfig("names", language="fr"),
    (Seq2SeqConfig("lstm", 128, attention="general"),),
    steps=200,
    learning_rate=3e-3,
)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def measured_rows(config):
    """Seconds since the beginning, and the row, where a run was measured."""
    began = time.process_time()
    for row in translation_rows(config, Knobs.of(config), None):
        if row.records:
            yield time.process_time() - began, row


def until(config, is_enough):
    """The first measured row that is enough, or the last of the run, with its seconds."""
    for took, row in measured_rows(config):
        if is_enough(took, row):
            break
    return took, row


def numbers(row, config):
    name = config.names[0]
    return {key.removeprefix(f"{name}/"): value for key, value in row.scalars.items()}


def test_clean_diagonal_on_reverse():
    print(f"\nclean diagonal, reverse L = 10, {REVERSE.steps} steps")
    for seed in range(5):
        first = None
        for took, row in measured_rows(replace(REVERSE, seed=seed)):
            one = numbers(row, REVERSE)
            if first is None and one["held_out_tokens"] > 0.97 and one["gold_mass"] > 0.7:
                first = f"both by step {row.step}, {took:.1f} s"
        print(
            f"  seed {seed}: tokens {one['held_out_tokens']:.3f}, strings {one['held_out_strings']:.3f}, "
            f"mass on the anti-diagonal {one['gold_mass']:.2f}; {first or 'not both'}; all {took:.1f} s"
        )


@pytest.mark.parametrize("name", ["textbook Bahdanau", "Luong", "one vector"])
def test_the_other_presets_on_reverse(name):
    config = replace(REVERSE, models=(PRESETS[name],))
    *_, (took, row) = measured_rows(config)
    one = numbers(row, config)
    mass = one.get("gold_mass", float("nan"))
    print(f"\n{name}: tokens {one['held_out_tokens']:.3f}, mass on the anti-diagonal {mass:.2f}, {took:.1f} s")


def test_every_attention_and_fusion_on_reverse():
    kinds = [Seq2SeqConfig(attention=attention) for attention in ATTENTIONS]
    print()
    for model in [*kinds, *(Seq2SeqConfig(fusion=fusion) for fusion in FUSIONS[1:])]:
        config = replace(REVERSE, models=(model,))
        *_, (took, row) = measured_rows(config)
        one = numbers(row, config)
        print(
            f"  {model.label}: tokens {one['held_out_tokens']:.3f}, mass {one.get('gold_mass', np.nan):.2f}, "
            f"{1e3 * took / (config.steps + 1):.1f} ms a step with its measuring"
        )


def test_dates_to_iso():
    took, row = until(DATES, lambda _, row: numbers(row, DATES)["held_out_strings"] >= 0.999)
    one = numbers(row, DATES)
    print(f"\ndates, mixed languages: {one['held_out_strings']:.4f} of the strings of held-out days")
    print(f"  by step {row.step}, {took:.1f} s; mass on the true alignment {one['gold_mass']:.2f}")
    model = opened_pairs(PairMoment(DATES, 0, row.records[f"{DATES.names[0]}/parameters"]))
    batch = model.task.held_out()
    answers = model.model.answers(batch.source, batch.source_lengths, batch.target_out.shape[1])
    whole = (answers == batch.target_out).all(dim=1).double().mean().item()
    print(f"  on all {len(answers)} held-out days: {whole:.4f}")


def test_the_bottleneck():
    print("\nreverse, trained on lengths 2 to 16, 60 s each; tokens right by length")
    for model in (Seq2SeqConfig(attention="none"), Seq2SeqConfig()):
        config = replace(BOTTLENECK, models=(model,))
        _, row = until(config, lambda took, _: took > 60)
        table = row.records[f"{config.names[0]}/by_length"]
        shares = {int(one[LENGTH]): round(float(one[TOKENS_RIGHT]), 2) for one in table}
        print(f"  {model.label}, {row.step} steps: {shares}")


def test_names_cross():
    *_, (took, row) = measured_rows(NAMES)
    one = numbers(row, NAMES)
    opened = opened_pairs(PairMoment(NAMES, 0, row.records[f"{NAMES.names[0]}/parameters"]))
    found = word_order(opened.model, opened.task)
    print(
        f"\nnames, English to French, {row.step} steps, {took:.0f} s: strings {one['held_out_strings']:.2f}, "
        f"tokens {one['held_out_tokens']:.2f}; of {found.pairs} held-out two-word pairs that change places the "
        f"attention crosses in {found.crossed}"
    )
