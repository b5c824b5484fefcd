"""Graph networks of torch-geometric whose "time" is a round of messages, a step of pooling, or a batch of events."""

import pytest
import torch
from side_by_side import STEPS, LongLook, both, needed
from torch import nn

geometric = needed("torch_geometric.nn")
memories = needed("torch_geometric.nn.models.tgn")
functional = nn.functional
NODES, GRAPHS, FEATURES, SIZE = 24, 4, 5, 8


def graphs():
    """Rings with chords: node features, edges, edge features, the graph of each node, a number to predict."""
    nodes = torch.arange(NODES)
    within, of = nodes % (NODES // GRAPHS), nodes // (NODES // GRAPHS)
    for _ in range(STEPS):
        steps = torch.randint(1, NODES // GRAPHS, (NODES,))
        ring = torch.stack([nodes, (within + 1) % (NODES // GRAPHS) + of * (NODES // GRAPHS)])
        chords = torch.stack([nodes, (within + steps) % (NODES // GRAPHS) + of * (NODES // GRAPHS)])
        edges = torch.cat([ring, chords], dim=1)
        features = torch.randn(NODES, FEATURES)
        target = torch.zeros(GRAPHS).index_add(0, of, features[:, 0] * steps)
        yield features, edges, torch.randn(edges.shape[1], 3), of, target[:, None] / NODES


class GatedGraph(nn.Module):
    """Five rounds of messages through one GRU cell, then a set is read three times by an LSTM."""

    def __init__(self) -> None:
        super().__init__()
        self.messages = geometric.GatedGraphConv(SIZE, num_layers=5)
        self.pool = geometric.Set2Set(SIZE, processing_steps=3)
        self.head = nn.Linear(2 * SIZE, 1)

    def forward(self, features, edges, _, of):
        return self.head(self.pool(self.messages(features, edges), of, dim_size=GRAPHS))


def training(build):
    def train(look):
        model = build()
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
        for *inputs, target in graphs():
            optimizer.zero_grad()
            with look(model):
                loss = functional.mse_loss(model(*inputs), target)
                loss.backward()
            look.step(loss, optimizer)

    return train


def attentive_fp():
    """GRU cells with an activation in place on what they return."""
    return geometric.AttentiveFP(FEATURES, SIZE, 1, edge_dim=3, num_layers=3, num_timesteps=3, dropout=0.2)


class Links(nn.Module):
    """A temporal graph network's memory, and how likely two nodes meet."""

    def __init__(self) -> None:
        super().__init__()
        message = memories.IdentityMessage(3, SIZE, 4)
        self.memory = memories.TGNMemory(NODES, 3, SIZE, 4, message, memories.LastAggregator())
        self.memory._assoc.zero_()  # which the library leaves as memory happens to be
        self.head = nn.Bilinear(SIZE, SIZE, 1)

    def forward(self, sources, targets, others):
        nodes = torch.cat([sources, targets, others]).unique()
        now, _ = self.memory(nodes)
        place = {int(node): here for here, node in enumerate(nodes)}
        rows = [now[[place[int(node)] for node in some]] for some in (sources, targets, others)]
        met, did_not = self.head(rows[0], rows[1]), self.head(rows[0], rows[2])
        logits = torch.cat([met, did_not])
        return functional.binary_cross_entropy_with_logits(logits, torch.cat([torch.ones(6, 1), torch.zeros(6, 1)]))


def temporal_memory(look):
    """Events in their order, as in torch-geometric's example: the memory is updated, and detached, after each batch."""
    model = Links().train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for step in range(STEPS):
        sources, others = torch.randint(NODES // 2, (6,)), torch.randint(NODES // 2, NODES, (6,))
        targets = sources + NODES // 2
        optimizer.zero_grad()
        with look(model):
            loss = model(sources, targets, others)
            model.memory.update_state(sources, targets, torch.arange(6) + 6 * step, torch.randn(6, 3))
            loss.backward()
        look.step(loss, optimizer, memory=model.memory.memory)
        model.memory.detach()


CASES = {
    "gated graph": (training(GatedGraph), ("messages.rnn", "pool.lstm")),
    "attentive fingerprint": (training(attentive_fp), ("gru", "atom_grus.0", "atom_grus.1", "mol_gru")),
    "temporal memory": (temporal_memory, ("memory.gru",)),
    "temporal memory under one watch": (temporal_memory, ("memory.gru",), (), LongLook),
}


@pytest.fixture(scope="module", params=CASES)
def pair(request):
    return both(*CASES[request.param])


def test_a_graph_network_trains_as_without_watch(pair):
    assert pair.differences() == []


def test_the_cells_of_a_graph_network_are_seen_at_every_step(pair):
    assert pair.faults() == []


def test_receipts_of_a_graph_network_agree(pair):
    assert pair.bad_receipts() == []
