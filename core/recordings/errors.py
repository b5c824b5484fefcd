"""Errors of recordings: rule, what came, remedy; a page shows the sentence as it stands."""

from __future__ import annotations


class RecordingError(Exception):
    """A recording cannot be written, opened or believed. Its text is a sentence for the person at the screen."""


class RecordNotFoundError(RecordingError, LookupError):
    """Nothing was recorded under this name, or nothing at or before this step."""
