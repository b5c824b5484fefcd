from __future__ import annotations

import gettext
import importlib.util
import struct

import numpy as np
import pytest

from core.tasks import pair_interface
from core.tasks.pair_catalog import make_pairs
from core.tasks.pair_interface import PACKS, read_catalogue, sentences
from core.tasks.pair_vocabulary import UNKNOWN
from core.tasks.pairs import PairError, PairsConfig


def has(language):
    spec = importlib.util.find_spec(PACKS[language])
    return pytest.mark.skipif(spec is None, reason=f"{PACKS[language]} is not installed")


LANGUAGES = [pytest.param(language, marks=has(language)) for language in PACKS]


def catalogue(messages):
    """A .mo file of the messages, as GNU gettext lays it out."""
    pairs = [[text.encode() for text in pair] for pair in sorted(messages.items())]
    tables, texts, start = [[], []], b"", 28 + 16 * len(pairs)
    for side in (0, 1):
        for pair in pairs:
            tables[side] += [len(pair[side]), start + len(texts)]
            texts += pair[side] + b"\0"
    numbers = [len(pairs), 28, 28 + 8 * len(pairs), 0, 0, *tables[0], *tables[1]]
    return struct.pack(f"<2I{len(numbers)}I", 0x950412DE, 0, *numbers) + texts


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_pack_has_two_thousand_clean_sentences(language):
    found = sentences(language)
    assert len(found) > 2000
    assert all(2 <= len(source.split()) <= 12 and target for source, target in found.items())
    assert not any(sign in text for pair in found.items() for text in pair for sign in "%{<\\\n")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("level", ["character", "word"])
def test_a_sentence_of_the_pack_survives_tokens(language, level):
    task = make_pairs(PairsConfig("interface", language=language, level=level))
    batch = task.batch(np.random.default_rng(0), 200)
    known = sentences(language)
    said = {
        task.source.print(source): task.print(target)
        for source, target in zip(batch.source, batch.target_out, strict=True)
    }
    exact = [source in known and known[source] == target for source, target in said.items()]
    assert UNKNOWN not in batch.source and UNKNOWN not in batch.target_out
    assert np.mean(exact) > (0.999 if level == "character" else 0.7)


def test_a_catalogue_reads_as_pythons_own_gettext_reads_it(tmp_path):
    path = tmp_path / "some.mo"
    messages = {"": "Content-Type: text/plain; charset=UTF-8\n", "Open file": "Ouvrir", "menu\x04Save": "Enregistrer"}
    path.write_bytes(catalogue(messages | {"%d file\0%d files": "un\0plusieurs"}))
    with path.open("rb") as file:
        own = gettext.GNUTranslations(file)
    read = read_catalogue(path)
    assert read == {"Open file": "Ouvrir", "Save": "Enregistrer", "%d file": "un"}
    assert (own.gettext("Open file"), own.pgettext("menu", "Save")) == (read["Open file"], read["Save"])


@pytest.mark.parametrize("cut", [0, 3, 20, 60])
def test_a_torn_catalogue_is_refused_in_words(tmp_path, cut):
    path = tmp_path / "torn.mo"
    path.write_bytes(catalogue({"Open file": "Ouvrir", "Save file": "Enregistrer"})[:cut])
    with pytest.raises(PairError, match=r"torn\.mo must be a catalogue of messages"):
        read_catalogue(path)


def test_a_pack_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(pair_interface.PACKS, "fr", "jupyterlab_language_pack_tlh")
    sentences.cache_clear()
    with pytest.raises(PairError, match="pip install --no-deps jupyterlab-language-pack-tlh"):
        make_pairs(PairsConfig("interface", language="fr"))
    sentences.cache_clear()
