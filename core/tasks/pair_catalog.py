"""From a config of pairs to the task."""

from __future__ import annotations

from pathlib import Path

from .pair_dates import DatePairs
from .pair_interface import InterfacePairs
from .pair_names import NamePairs
from .pair_own import OwnPairs
from .pair_symbols import SymbolPairs
from .pairs import PairsConfig, PairTask


def make_pairs(config: PairsConfig, texts: Path | None = None) -> PairTask:
    """The task that `config` describes.

    Args:
        config: Name, lengths and the rest; already checked.
        texts: The folder of the users' own files; needed only for these.

    Errors: PairError if a package or a file that the task needs is not there, or the file is not usable.
    """
    match config.name:
        case "dates":
            return DatePairs(config)
        case "names":
            return NamePairs(config)
        case "interface":
            return InterfacePairs(config)
        case "own":
            return OwnPairs(config, texts)
        case _:
            return SymbolPairs(config)
