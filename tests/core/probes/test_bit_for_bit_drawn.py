"""A watched training is the unwatched one, bit for bit: losses, outputs, weights, gradients, random numbers, errors."""

import pytest
import torch
from drawn_settings import BEHIND, BETWEEN, CELL_SETTINGS, CELLS, LAYER_SETTINGS, LAYERS, STARTS, WAYS, WEIGHTS, Setting
from drawn_trainings import PLACES, Unwatched, Watch, train
from hypothesis import event, given, settings
from hypothesis import strategies as st

LOOKS = st.builds(Watch, place=st.sampled_from(PLACES), examples=st.sampled_from((0, 2, None)))


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def check(setting, look, steps=20):
    plain = train(setting, Unwatched(), steps)
    watched = train(setting, look, steps)
    difference = watched.first_difference(plain)
    assert difference is None, (difference, setting, look, watched.error, plain.error)
    return plain


@settings(max_examples=60, derandomize=True)
@given(LAYER_SETTINGS, LOOKS)
def test_a_watched_training_of_a_layer_is_the_unwatched_one(setting, look):
    event("torch refuses" if check(setting, look).error else "trains")


@settings(max_examples=30, derandomize=True)
@given(CELL_SETTINGS, LOOKS)
def test_a_watched_training_of_a_loop_over_a_cell_is_the_unwatched_one(setting, look):
    event("torch refuses" if check(setting, look).error else "trains")


@pytest.mark.slow
@settings(max_examples=500)
@given(LAYER_SETTINGS | CELL_SETTINGS, LOOKS)
def test_many_watched_trainings_are_the_unwatched_ones(setting, look):
    check(setting, look)


@pytest.mark.parametrize("kind", [*LAYERS, *CELLS])
@pytest.mark.parametrize("place", PLACES)
def test_wherever_the_block_is_nothing_changes_and_the_flow_is_there(kind, place):
    look = Watch(place)
    plain = check(Setting(kind), look, steps=5)
    assert plain.error is None and look.passes == 5
    assert look.found == (10 if place == "step twice" else 5)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [*LAYERS, *CELLS])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("start", STARTS)
def test_every_way_to_a_gradient_from_every_initial_state_is_as_without_watch(kind, way, start):
    check(Setting(kind, way=way, start=start, dtype=torch.float64), Watch(), steps=3)


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("behind", BEHIND)
@pytest.mark.parametrize("weights", WEIGHTS)
def test_code_in_place_and_weights_made_of_others_are_as_without_watch(kind, behind, weights):
    check(Setting(kind, layers=2, dropout=0.4, behind=behind, weights=weights), Watch(), steps=3)


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize("between", BETWEEN)
@pytest.mark.parametrize("bias", [True, False])
def test_what_is_done_to_a_cells_state_between_steps_is_as_without_watch(kind, between, bias):
    check(Setting(kind, between=between, bias=bias), Watch(), steps=3)
