import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.models.blocks import block_names, parameter_blocks
from core.models.config import CELLS, ModelConfig
from core.models.explicit import explicit_cells
from core.models.sequence_model import build_model
from core.tasks.catalog import make_task
from core.tasks.config import TaskConfig

LETTERS = {"i": "input", "f": "forget", "g": "candidate", "o": "output"}


def built(config, task="recall"):
    return build_model(config, make_task(TaskConfig(task)), seed=1)


@settings(max_examples=30)
@given(
    st.builds(
        ModelConfig,
        cell=st.sampled_from(CELLS),
        hidden_size=st.integers(1, 7),
        layers=st.integers(1, 4),
        bidirectional=st.booleans(),
    ),
    st.sampled_from(["recall", "adding"]),
)
def test_blocks_tile_the_parameters_and_are_named_without_the_model(config, task):
    model = built(config, task)
    blocks = parameter_blocks(model)
    assert blocks[0].start == 0 and blocks[-1].stop == sum(parameter.numel() for parameter in model.parameters())
    assert all(one.stop == other.start for one, other in zip(blocks, blocks[1:], strict=False))
    assert all(block.start < block.stop for block in blocks)
    assert tuple(block.name for block in blocks) == block_names(config, TaskConfig(task).has_tokens)
    assert len({block.name for block in blocks}) == len(blocks)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_a_block_holds_the_weights_that_its_name_says(cell):
    """The second way to the slice: the explicit cell's own parameters, whose rows `chunk` parts into gates."""
    model = built(ModelConfig(cell, 3, layers=2, bidirectional=True))
    flat = torch.cat([parameter.detach().flatten() for parameter in model.parameters()])
    found = {block.name: flat[block.start : block.stop] for block in parameter_blocks(model)}
    gates = {"lstm": LETTERS.values(), "gru": ("reset", "update", "new"), "rnn": ("",)}[cell]
    for layer, cells in enumerate(explicit_cells(model.recurrent), start=1):
        for direction, own in zip(("forward", "reverse"), cells, strict=True):
            for weight, parameter in zip(("W_ih", "W_hh", "b_ih", "b_hh"), own.parameters(), strict=True):
                for gate, rows in zip(gates, parameter.detach().chunk(len(gates)), strict=True):
                    name = f"{weight} {gate}".rstrip() + f" · layer {layer} · {direction}"
                    assert torch.equal(found[name], rows.flatten())
    assert torch.equal(found["readout b"], model.readout.bias)
    assert torch.equal(found["embedding"], model.embedding.weight.flatten())


def test_one_layer_in_one_direction_is_not_numbered():
    assert block_names(ModelConfig("rnn"), has_tokens=False) == (
        "W_ih",
        "W_hh",
        "b_ih",
        "b_hh",
        "readout W",
        "readout b",
    )
    names = block_names(ModelConfig("lstm"), has_tokens=True)
    assert names[:3] == ("embedding", "W_ih input", "W_ih forget") and len(names) == 19
    assert "W_hh new · layer 2" in block_names(ModelConfig("gru", layers=2), has_tokens=True)
    assert "b_hh · reverse" in block_names(ModelConfig("relu_rnn", bidirectional=True), has_tokens=True)
