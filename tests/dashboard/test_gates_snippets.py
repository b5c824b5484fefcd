from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest

from core.probes.intervention import still_cell
from core.training.reading import Passage, read
from core.training.start import SHIPPED
from dashboard.gates_snippets import reading_code

TEXT = 'x = f("a")  # b\n'


@pytest.mark.parametrize("held", [None, (3, 7)])
def test_the_code_shown_prints_the_numbers_of_the_page(held: tuple[int, int] | None) -> None:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(reading_code(TEXT, 51, held), {})
    hands = () if held is None else still_cell(*held)
    reading = read(SHIPPED, Passage(typed=TEXT), hands)
    lines = [line.rsplit(" next:", 1)[0].rsplit(" ", 6)[1:] for line in printed.getvalue().splitlines()]
    here = np.stack([reading.plane(gate)[:, 51] for gate in ("input", "forget", "candidate", "output", "cell",
                                                            "hidden")], axis=1)  # fmt: skip
    np.testing.assert_allclose(np.array(lines, float), here, atol=5.1e-5)
