import numpy as np
import pytest
import torch

from core.models.config import ModelConfig
from core.models.embedding import make_embedding, one_hot_product, replace_rows
from core.models.sequence_model import build_model
from core.tasks.catalog import make_task
from core.tasks.config import TaskConfig
from core.tasks.vector_store import keep_vectors
from core.training.config import TrainingConfig
from core.training.loop import train
from core.training.start import initial_model

torch.set_num_threads(1)
RECALL = make_task(TaskConfig("recall", length=6))


def test_a_look_up_is_the_one_hot_product_in_values_and_in_gradients():
    table = make_embedding(7, 4).double()
    tokens = torch.randint(7, (3, 5))
    looked, product = table(tokens), one_hot_product(table.weight, tokens)
    torch.testing.assert_close(looked, product, rtol=0, atol=0)
    weights = torch.randn(3, 5, 4, dtype=torch.double)
    (by_look_up,) = torch.autograd.grad((looked * weights).sum(), table.weight)
    (by_product,) = torch.autograd.grad((product * weights).sum(), table.weight)
    torch.testing.assert_close(by_look_up, by_product)


def test_the_row_is_as_long_as_the_config_says_and_by_default_as_wide_as_the_state():
    assert build_model(ModelConfig("gru", 16, embedding_size=2), RECALL, 0).embedding.weight.shape == (8, 2)
    assert build_model(ModelConfig("gru", 16), RECALL, 0).embedding.weight.shape == (8, 16)


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
def test_a_frozen_table_stays_bit_for_bit_while_the_rest_learns(optimizer):
    models = (ModelConfig("gru", 8, embedding_size=3, frozen=True), ModelConfig("gru", 8, embedding_size=3))
    config = TrainingConfig(TaskConfig("recall", 6), models, steps=5, batch_size=8, optimizer=optimizer)
    first, *_, last = train(config)
    frozen, free = ([model.parameters for model in step.models] for step in (first, last))
    np.testing.assert_array_equal(frozen[0][: 8 * 3], free[0][: 8 * 3])
    assert not np.array_equal(frozen[0][8 * 3 :], free[0][8 * 3 :])
    assert (frozen[1][: 8 * 3] != free[1][: 8 * 3]).any()


def test_a_frozen_table_has_no_share_in_the_gradients_norm():
    free, frozen = (build_model(ModelConfig("lstm", 8, frozen=value), RECALL, 0) for value in (False, True))
    batch = RECALL.batch(np.random.default_rng(0), 4)
    for model in (free, frozen):
        RECALL.loss(model(batch.inputs), batch).backward()
    assert frozen.embedding.weight.grad.abs().max() == 0 < free.embedding.weight.grad.abs().max()
    torch.testing.assert_close(frozen.readout.weight.grad, free.readout.weight.grad, rtol=0, atol=0)


def test_vectors_take_the_place_of_rows_and_unknown_tokens_keep_theirs():
    table = make_embedding(3, 2)
    before = table.weight.detach().clone()
    replace_rows(table, torch.tensor([[1.0, 2.0], [float("nan"), 0.0], [3.0, 4.0]]))
    assert table.weight[[0, 2]].tolist() == [[1, 2], [3, 4]] and torch.equal(table.weight[1], before[1])
    with pytest.raises(ValueError, match=r"need the table's shape \(3, 2\), got \(3, 4\)"):
        replace_rows(table, torch.zeros(3, 4))


def test_a_run_begins_with_the_vectors_of_a_file(tmp_path):
    (tmp_path / "glove.txt").write_text("the 1 2 3\nof 4 5 6\n")
    source = keep_vectors(tmp_path / "glove.txt", tmp_path)
    one = ModelConfig("gru", 8, embedding_size=3, vectors=source, frozen=True)
    config = TrainingConfig(TaskConfig("next_word", 6, words=100), (one,))
    task = make_task(config.task)
    model = initial_model(config, 0, task, tmp_path)
    assert model.embedding.weight[task.symbols.index("of")].tolist() == [4, 5, 6]
    drawn = build_model(one, task, config.seed).embedding.weight
    assert torch.equal(model.embedding.weight[task.symbols.index("is")], drawn[task.symbols.index("is")])


def test_labels_and_names_say_what_the_embedding_is():
    one = ModelConfig("lstm", embedding_size=50, vectors="counted", frozen=True)
    assert one.label == "LSTM, embedding 50, counted vectors, frozen" and one.name == "lstm-e50-counted-frozen"
    own = ModelConfig("gru", embedding_size=50, vectors="sha256:" + "a" * 64)
    assert own.label == "GRU, embedding 50, own vectors" and own.name == "gru-e50-own"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"embedding_size": 0}, "embedding_size must be a whole number in 1…512"),
        ({"vectors": "glove"}, "vectors must be one of"),
        ({"vectors": None}, "vectors must be one of"),
        ({"vectors": "counted"}, "vectors need embedding_size, their length, got None"),
        ({"frozen": 1}, "frozen must be true or false"),
    ],
)
def test_a_bad_embedding_is_refused(given, said):
    with pytest.raises(ValueError, match=said):
        ModelConfig(**given)
