from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from core.analysis.cell_file import fingerprint, read_searches, write_searches
from core.analysis.cell_search import CellSearch, cell_search
from core.models.character_model import load_character_model

ASSETS = Path(__file__).resolve().parents[3] / "assets"


def searched() -> dict[str, CellSearch]:
    rng = np.random.default_rng(0)
    values = rng.standard_normal((400, 5)).astype(np.float32)
    values[:, 3] = 1.0  # a unit that tells nothing has no rank correlation
    return cell_search(values, {"odd": np.arange(400) % 2 == 1, "place": np.arange(400, dtype=np.int32)})


def test_a_search_is_read_as_it_was_written_nan_too(tmp_path):
    found = searched()
    assert any(np.isnan(one.ranked).any() for one in found.values()) and np.isnan(found["place"].share)
    write_searches(tmp_path / "cells.json", b"model", "text", found)
    kept = read_searches(tmp_path / "cells.json")
    assert kept.fingerprint == fingerprint(b"model", "text") and kept.characters == 4
    for name, one in found.items():
        for field in fields(CellSearch):
            np.testing.assert_array_equal(getattr(kept.searches[name], field.name), getattr(one, field.name))


def test_another_model_or_another_text_has_another_fingerprint():
    assert len({fingerprint(*one) for one in ((b"m", "ab"), (b"m", "ac"), (b"n", "ab"), (b"ma", "b"))}) == 4


@pytest.mark.parametrize("content", ["[]", '{"searches": {}}', '{"searches": {"a": {"units": 3}}}', "{"])
def test_a_file_that_is_none_of_ours_is_refused(tmp_path, content):
    (tmp_path / "cells.json").write_text(content)
    with pytest.raises(ValueError):
        read_searches(tmp_path / "cells.json")


def test_the_shipped_search_says_what_the_shipped_models_card_says():
    card = load_character_model(ASSETS / "character-lstm.safetensors").card["cells"]
    kept = read_searches(ASSETS / "character-lstm-cells.json").searches
    assert set(kept) == set(card)
    for name, one in kept.items():
        best = [(int(unit), round(float(figure), 4)) for unit, figure in zip(one.units, one.held_out, strict=True)][:3]
        said = [(cell["unit"], cell["held_out"]) for cell in card[name]["best"]]
        assert [unit for unit, _ in best] == [unit for unit, _ in said]
        assert [figure for _, figure in best] == pytest.approx([figure for _, figure in said], abs=2e-4)
        assert round(one.random_held_out, 4) == pytest.approx(card[name]["random"], abs=2e-3)
