"""Probes: a live model and its loss become records."""
