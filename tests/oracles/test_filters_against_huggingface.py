"""Temperature, top-k and top-p against the processors of `transformers`."""

import numpy as np
import pytest
import torch

pytest.importorskip("transformers", reason="the oracle is not installed: pip install -r tests/requirements.txt")

from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from core.decoding.filters import Filters


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("top_k", [None, 1, 3, 7])
@pytest.mark.parametrize("top_p", [0.3, 0.9, 1.0])
def test_filters_are_hugging_faces(temperature, top_k, top_p):
    logits = torch.randn(50, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 2
    theirs = TemperatureLogitsWarper(temperature)(None, logits)
    theirs = theirs if top_k is None else TopKLogitsWarper(top_k)(None, theirs)
    theirs = TopPLogitsWarper(top_p)(None, theirs) if top_p < 1 else theirs
    ours, _ = Filters(temperature, top_k, top_p)(logits.log_softmax(-1).numpy(), None)
    np.testing.assert_allclose(ours, theirs.softmax(-1).numpy(), atol=1e-12)
