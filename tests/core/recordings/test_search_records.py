"""Trees made by hand: what is read off them, and that a search survives JSON and CSV."""

import csv
import io
import json

import numpy as np
import pytest

from core.decoding import Rules, beam_search, table_step
from core.recordings.search_export import search_json, tree_csv
from core.recordings.search_tree import REASON_CODES, STATUS_CODES, Reason, SearchTree, Status

TABLE = {(): (0.5, 0.25, 0.25), (0,): (0.125, 0.875, 0.0)}


def by_hand():
    """[start] → A (kept, 0.5), stop (finished, 0.3), 0.2 not listed; A → stop (finished, 0.4), B (pruned, 0.1)."""
    probability = np.array([1, 0.5, 0.3, 0.4, 0.1])
    log_prob = np.log(probability)
    status = [Status.KEPT, Status.KEPT, Status.FINISHED, Status.FINISHED, Status.PRUNED]
    reason = [Reason.CHOSEN, Reason.CHOSEN, Reason.ENDED, Reason.ENDED, Reason.OUTRANKED]
    return SearchTree(
        parent=np.array([-1, 0, 0, 1, 1]), step=np.array([0, 1, 1, 2, 2]), token=np.array([-1, 0, 1, 1, 2]),
        step_log_prob=np.log([1, 0.5, 0.3, 0.8, 0.2]), log_prob=log_prob, score=log_prob,
        rank=np.array([1, 1, 2, 1, 2]), status=np.array([STATUS_CODES[one] for one in status]),
        reason=np.array([REASON_CODES[one] for one in reason]), left=np.array([0, 0, 2, 0, 0]), group=np.zeros(5, int),
        rest_count=np.array([3, 0, 0, 0, 0]), rest_mass=np.array([0.2, 0, 0, 0, 0]),
    )  # fmt: skip


def found():
    step, state = table_step(TABLE, {1: (0.2, 0.3, 0.5)})
    return beam_search(step, state, beam_size=2, max_length=3, eos=1, rules=Rules(min_length=1))


def test_mass_is_what_was_kept_has_finished_and_was_lost_by_then():
    np.testing.assert_allclose(by_hand().mass(), [[0.5, 0.3, 0.2], [0, 0.4, 0.6]], atol=1e-12)


def test_a_tree_reads_its_paths_remainders_and_gaps():
    tree = by_hand()
    assert tree.steps == 2 and len(tree) == 5 and tree.groups == 1
    assert tree.path(4) == (0, 2) and tree.find((0, 2)) == 4 and tree.find((2, 0)) is None and tree.find(()) == 0
    counts, masses = tree.rest()
    assert counts.tolist() == [3, 0] and masses.tolist() == [0.2, 0]
    np.testing.assert_allclose(np.exp(tree.gap[1:]), [1, 0.6, 1, 0.25])


def test_nodes_are_a_sequence_over_the_arrays():
    nodes = by_hand().nodes
    node = nodes[2]
    assert (node.id, node.parent, node.step, node.token, node.rank) == (2, 0, 1, 1, 2)
    assert (node.status, node.reason, node.left) == ("finished", Reason.ENDED, 2)
    assert nodes[-1] == nodes[4] and nodes[1:3] == [nodes[1], nodes[2]] and list(nodes)[3] == nodes[3]
    with pytest.raises(IndexError):
        nodes[5]


def test_a_search_survives_json_with_what_is_no_number_as_null():
    search = found()
    read = json.loads(search_json(search, ("A", ".", "C")))
    assert [one["tokens"] for one in read["hypotheses"]] == [list(one.tokens) for one in search.hypotheses]
    assert [one["text"] for one in read["hypotheses"]] == ["A.", "CCC"]
    for written, node in zip(read["nodes"], search.tree.nodes, strict=True):
        assert written["log_prob"] == (node.log_prob if np.isfinite(node.log_prob) else None)
        assert (written["status"], written["reason"]) == (node.status, node.reason)
    assert any(written["score"] is None for written in read["nodes"])
    assert "text" not in json.loads(search_json(search))["nodes"][0]


def test_a_tree_survives_csv():
    search = found()
    lines = list(csv.DictReader(io.StringIO(tree_csv(search, ("A", ".", "C")))))
    assert len(lines) == len(search.tree) and lines[0]["text"] == ""
    for line, node in zip(lines, search.tree.nodes, strict=True):
        assert (int(line["id"]), int(line["parent"]), line["status"]) == (node.id, node.parent, node.status)
        assert line["score"] == ("" if not np.isfinite(node.score) else repr(node.score))
    assert "text" not in tree_csv(search).partition("\n")[0]
