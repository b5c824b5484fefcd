"""Unroll's core: models, probes, decoding and recordings of recurrent sequence models."""

from .probes.long_run import long_run
from .probes.watch import watch
from .recordings.storage import open_recording

__all__ = ["long_run", "open_recording", "watch"]
