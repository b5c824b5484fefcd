"""An encoder–decoder written as loops over numbers in float64, one example and one position after the other."""

from __future__ import annotations

import math

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def cell(kind, x, h, c, w_ih, w_hh, b_ih, b_hh):
    a, b = w_ih @ x + b_ih, w_hh @ h + b_hh
    if kind == "rnn":
        return np.tanh(a + b), c
    if kind == "lstm":
        i, f, g, o = np.split(a + b, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(c), c
    (ar, az, an), (br, bz, bn) = np.split(a, 3), np.split(b, 3)
    z = sigmoid(az + bz)
    return (1 - z) * np.tanh(an + sigmoid(ar + br) * bn) + z * h, c


class ByHand:
    """Weights of a model as arrays, and its equations."""

    def __init__(self, model):
        self.config = model.config
        self.weights = {name: value.detach().double().numpy() for name, value in model.state_dict().items()}

    def layer(self, where, layer, suffix=""):
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        return [self.weights[f"{where}.recurrent.{name}_l{layer}{suffix}"] for name in names]

    def encode(self, source):
        """Outputs (S, H), embeddings (S, H), and (h, c) of each layer."""
        inputs = embeddings = [self.weights["encoder.embedding.weight"][token] for token in source]
        last = []
        for layer in range(self.config.layers):
            passes = [self._pass(inputs, self.layer("encoder", layer))]
            if self.config.bidirectional:
                outputs, h, c = self._pass(inputs[::-1], self.layer("encoder", layer, "_reverse"))
                passes.append((outputs[::-1], h, c))
            inputs = [np.concatenate(both) for both in zip(*(one[0] for one in passes), strict=True)]
            last.append((np.concatenate([one[1] for one in passes]), np.concatenate([one[2] for one in passes])))
        return inputs, embeddings, last

    def _pass(self, inputs, weights):
        h = c = np.zeros(weights[1].shape[1])
        outputs = []
        for x in inputs:
            h, c = cell(self.config.cell, x, h, c, *weights)
            outputs.append(h)
        return outputs, h, c

    def score(self, q, h):
        w, kind = self.weights, self.config.attention
        if kind == "dot":
            return sum(a * b for a, b in zip(q, h, strict=True))
        if kind == "scaled_dot":
            return sum(a * b for a, b in zip(q, h, strict=True)) / math.sqrt(len(q))
        of_key = w["decoder.attention.of_key.weight"]
        if kind == "general":
            return q @ (of_key @ h)
        hidden = np.tanh(w["decoder.attention.of_query.weight"] @ q + of_key @ h)
        return w["decoder.attention.score.weight"][0] @ hidden

    def attend(self, q, outputs, values):
        scores = [self.score(q, h) for h in outputs]
        whole = sum(math.exp(score) for score in scores)
        weights = [math.exp(score) / whole for score in scores]
        return weights, sum(weight * value for weight, value in zip(weights, values, strict=True))

    def vector(self, h, context):
        kind = "context" if self.config.output == "context" else self.config.fusion
        joined = {"concatenate": np.concatenate([h, context]), "add": h + context, "multiply": h * context}
        joined = joined.get(kind, context)
        return np.tanh(self.weights["decoder.fusion.mix.weight"] @ joined + self.weights["decoder.fusion.mix.bias"])

    def decode(self, source, target_in):
        """Logits and attention, row by row."""
        config = self.config
        outputs, embeddings, last = self.encode(source)
        values = embeddings if config.values == "embeddings" else outputs
        state = last if config.bridge else [(0 * h, 0 * c) for h, c in last]
        fed, logits, attention = np.zeros(config.hidden_size), [], []
        for token in target_in:
            x = self.weights["decoder.embedding.weight"][token]
            if config.attention == "additive":
                weights, context = self.attend(state[-1][0], outputs, values)
            if config.input_feeding:
                x = np.concatenate([x, context if config.attention == "additive" else fed])
            for layer, (h, c) in enumerate(state):
                state[layer] = cell(config.cell, x, h, c, *self.layer("decoder", layer))
                x = state[layer][0]
            if config.attention not in ("none", "additive"):
                weights, context = self.attend(x, outputs, values)
            if config.attention != "none":
                fed = x = self.vector(x, context)
                attention.append(weights)
            logits.append(self.weights["decoder.readout.weight"] @ x + self.weights["decoder.readout.bias"])
        return np.array(logits), np.array(attention)
