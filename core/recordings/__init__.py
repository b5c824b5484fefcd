"""Recordings: the records that everything hands out, and the folders that keep them."""
