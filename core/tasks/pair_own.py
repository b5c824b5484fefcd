"""A person's own pairs: two columns of a CSV or TSV file.

A worked example, of three rows; the first names the columns and is left out:

    source,target
    "good evening, sir",bonsoir monsieur
    thank you,merci

Cells are stripped and put in Unicode's composed form (NFC). A third column, such as a collection's
licences, is left out. Of rows with the same source the first counts.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from .own_files import decoded, keep_file, kept_file
from .pair_table import FEWEST_PAIRS, TablePairs
from .pairs import LONGEST, PairError, PairsConfig

MAX_BYTES = 10_000_000
MAX_PAIRS = 50_000
DELIMITERS = "\t,;|"
"""In the order in which they are tried."""
SNIFFED = 20
"""So many first lines say what parts the columns."""
HEADERS = {"source", "src", "input", "from", "question", "en", "english"}
"""A first cell that names its column."""


class OwnPairs(TablePairs):
    """The pairs of a file that `store_pairs` kept. Errors: PairError if it is not there, or altered, or not usable."""

    def __init__(self, config: PairsConfig, folder: Path | None) -> None:
        super().__init__(config, "Your own pairs", _own_pairs(config.text, folder))


def store_pairs(data: bytes, folder: Path) -> str:
    """Check a person's file, keep it in `folder`, and return its id, "sha256:<hex>".

    Errors: PairError if it is empty, too large, not UTF-8, has one column, an empty side, too many rows or too few, or
    cannot be written.
    """
    read_pairs(data)
    try:
        return keep_file(data, folder)
    except ValueError as error:
        raise PairError(str(error)) from error


def read_pairs(data: bytes) -> dict[str, str]:
    """Target by source. Errors: PairError, as `store_pairs`."""
    try:
        lines = decoded(data, MAX_BYTES, "A file of pairs").split("\n")
    except ValueError as error:
        raise PairError(str(error)) from error
    pairs: dict[str, str] = {}
    for source, target in _rows(lines):
        pairs.setdefault(source, target)
        if len(pairs) > MAX_PAIRS:
            raise PairError(f"A file may have {MAX_PAIRS:,} pairs, got more; cut it to fewer rows.")
    if len(pairs) < FEWEST_PAIRS:
        raise PairError(f"A file must have {FEWEST_PAIRS} different sources, got {len(pairs)}; add rows.")
    return pairs


def _rows(lines: list[str]) -> Iterator[tuple[str, str]]:
    """The two sides of each row that has any, checked."""
    reader = csv.reader(lines, delimiter=delimiter(lines), strict=True)
    try:
        for place, row in enumerate(reader):
            cells = [unicodedata.normalize("NFC", " ".join(cell.split())) for cell in row[:2]]
            if any(cells) and not (place == 0 and cells[0].lower() in HEADERS):
                yield _checked(cells, reader.line_num)
    except csv.Error as error:
        raise PairError(f"Line {reader.line_num} must end a cell, got: {error}; mend its quotation marks.") from error


def _checked(cells: list[str], line: int) -> tuple[str, str]:
    if len(cells) < 2:
        raise PairError(f"A row must have two columns, line {line} has one; put a tab or a comma between its sides.")
    for side, text, most in zip(("source", "target"), cells, LONGEST["own"], strict=True):
        if not text:
            raise PairError(f"Both sides must have text, the {side} of line {line} has none; fill it or drop the row.")
        if len(text) > most:
            raise PairError(
                f"A side may have {most} characters, the {side} of line {line} has {len(text)}; shorten it or remove "
                "the row."
            )
    return cells[0], cells[1]


def delimiter(lines: list[str]) -> str:
    """What parts the columns of the first lines.

    Of DELIMITERS the first that parts all of them in two; else the first that all of them have; else a comma.
    """
    first = [line for line in lines[:SNIFFED] if line.strip()]
    in_two = (sign for sign in DELIMITERS if first and _parts_in_two(first, sign))
    return next(in_two, _in_all(first))


def _parts_in_two(lines: list[str], sign: str) -> bool:
    try:
        return all(len(row) == 2 for row in csv.reader(lines, delimiter=sign))
    except csv.Error:  # such as a cell that is too large, which is said where all lines are read
        return False


def _in_all(first: list[str]) -> str:
    return next((sign for sign in DELIMITERS if first and all(sign in line for line in first)), ",")


@lru_cache(maxsize=4)
def _own_pairs(name: str, folder: Path | None) -> dict[str, str]:
    try:
        return read_pairs(kept_file(name, folder))
    except PairError:
        raise
    except ValueError as error:
        raise PairError(str(error)) from error
