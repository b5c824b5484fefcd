"""What a picture is given of a tree: nothing is lost, it is counted where it was."""

import json

import numpy as np
import pytest

from core.decoding.methods import Decoder, search
from core.decoding.settings import METHODS, SearchSettings
from core.recordings.search_columns import search_columns, tree_columns
from tests.core.decoding.by_hand import EOS, random_model, step_of

SIZE, LONGEST = 6, 4


def tree_of(method, seed=0):
    step, state = step_of(random_model(seed, SIZE))
    return search(Decoder(step, state, (0,), EOS), SearchSettings(method, 4, LONGEST), listed=9).tree


@pytest.mark.parametrize("most", [1, 12, 40, 4000])
@pytest.mark.parametrize("method", METHODS)
def test_leaves_and_what_is_left_out_have_all_probability(method, most):
    tree = tree_of(method)
    columns = tree_columns(tree, most)["nodes"]
    parents, log_probs = set(columns["parent"]), np.array(columns["log_prob"], dtype=float)
    counts = np.array(columns["rest_count"])
    is_leaf = np.array([id not in parents for id in columns["id"]]) & (counts == 0)
    mass = np.exp(log_probs[is_leaf & ~np.isnan(log_probs)]).sum() + sum(columns["rest_mass"])
    assert mass == pytest.approx(tree.groups, abs=1e-8)
    assert counts.sum() + len(columns["id"]) == len(tree) + tree.rest_count.sum()


@pytest.mark.parametrize("method", METHODS)
def test_parents_stand_first_and_all_that_lasted_is_there(method):
    tree = tree_of(method)
    columns = tree_columns(tree, 12)["nodes"]
    assert columns["id"][0] == 0 and all(parent in columns["id"] for parent in columns["parent"][1:])
    codes = {tree.status[node] for node in range(len(tree)) if node not in columns["id"]}
    assert codes <= {2, 3}  # pruned, end token dropped


def test_the_best_of_each_step_come_before_worse_ones_of_any():
    tree = tree_of("beam")
    columns = tree_columns(tree, 20)["nodes"]
    given = set(columns["id"])
    pruned = [node for node in range(1, len(tree)) if tree.status[node] == 2]
    assert max(tree.rank[node] for node in pruned if node in given) <= min(
        tree.rank[node] for node in pruned if node not in given
    )


def test_what_is_asked_for_is_given_with_its_ancestors_and_all_is_json():
    step, state = step_of(random_model(2, SIZE, zeros=0.3))
    found = search(Decoder(step, state, (0,), EOS), SearchSettings("beam", 2, LONGEST))
    worst = len(found.tree) - 1
    answer = search_columns(found, most=1, shown=[worst])
    assert worst in answer["nodes"]["id"] and int(found.tree.parent[worst]) in answer["nodes"]["id"]
    again = json.loads(json.dumps(answer, allow_nan=False))
    assert again["steps"] == found.tree.steps == len(again["cuts"]) == len(again["mass"])
    assert [row[1] for row in again["stopping"]][0] is None
