"""Analysis: records become numbers; no autograd."""
