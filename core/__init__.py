"""Unroll's core: models, probes, decoding and recordings of recurrent sequence models."""

from .probes.watch import watch
from .recordings.storage import open_recording

__all__ = ["open_recording", "watch"]
