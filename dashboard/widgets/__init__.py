"""Widgets: groups of controls that return a config, and the host of live figures."""
