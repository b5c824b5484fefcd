"""What the config dataclasses ask of their fields. Each error is a ValueError with rule, what came, and remedy."""

from __future__ import annotations

LONGEST_QUOTE = 60


def check_choice(field: str, value: object, choices: tuple[str, ...]) -> None:
    """Errors: ValueError unless the value is one of the texts."""
    if not isinstance(value, str) or value not in choices:
        names = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"{field} must be one of {names}, got {quote(value)}; choose one of these.")


def check_flag(field: str, value: object) -> None:
    """Errors: ValueError unless the value is True or False."""
    if not isinstance(value, bool):
        raise ValueError(f"{field} must be true or false, got {quote(value)}; give one of the two.")


def check_whole(field: str, value: object, lowest: int, highest: int) -> None:
    """Errors: ValueError unless the value is a whole number in the range; True is none."""
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise ValueError(
            f"{field} must be a whole number in {lowest}…{highest}, got {quote(value)}; choose one in this range."
        )


def check_real(field: str, value: object, lowest: float, highest: float) -> None:
    """Errors: ValueError unless the value is a number in the range; NaN and True are none."""
    if not _is_number(value) or not lowest <= value <= highest:  # type: ignore[operator]
        raise ValueError(
            f"{field} must be a number in [{lowest:g}, {highest:g}], got {quote(value)}; choose one in this range."
        )


def check_positive(field: str, value: object, highest: float) -> None:
    """Errors: ValueError unless the value is a number above 0 and at most `highest`."""
    if not _is_number(value) or not 0 < value <= highest:  # type: ignore[operator]
        raise ValueError(f"{field} must be a number in (0, {highest:g}], got {quote(value)}; choose one in this range.")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def quote(value: object) -> str:
    """The value as an error message shows it: its repr, cut to a length a person reads."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**LONGEST_QUOTE:
        return "a number of more than 60 digits"  # repr itself refuses above 4300
    text = repr(value)
    return text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1] + "…"
