"""The gated recurrent unit, forward and backward through time.

Axes: T timesteps first, N batch, I input, H hidden.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .scans import Adjoint, Weights, input_projection


class GRUScan:
    """h_t = (1 − z) ⊙ n + z ⊙ h_{t-1}, n = tanh(a_n + r ⊙ (W_hn h_{t-1} + b_hn)) (Cho et al., 2014; as in torch)."""

    def __init__(self, inputs: Tensor, hidden: Tensor, weights: Weights) -> None:
        self.recurrent, self.initial = weights.hidden, hidden
        steps, batch, size = inputs.shape[0], inputs.shape[1], hidden.shape[-1]
        self.reset_update = input_projection(inputs, weights, with_hidden_bias=False)
        self.recurrent_product = torch.empty_like(self.reset_update)
        self.outputs = hidden.new_empty(steps, batch, size)
        self.new = self.reset_update[..., 2 * size :].contiguous()  # (T, N, 3H) -> (T, N, H)
        self.reset_update = self.reset_update[..., : 2 * size].contiguous()
        self._forward(weights, size)

    def _forward(self, weights: Weights, size: int) -> None:
        transposed, bias, hidden = weights.hidden.t(), weights.bias_hidden, self.initial
        rows = zip(
            self.reset_update.unbind(0),
            self.new.unbind(0),
            self.recurrent_product.unbind(0),
            self.outputs.unbind(0),
            strict=True,
        )
        for gates, new, product, output in rows:
            if bias is None:
                torch.mm(hidden, transposed, out=product)
            else:
                torch.addmm(bias, hidden, transposed, out=product)
            gates.add_(product[:, : 2 * size]).sigmoid_()
            new.addcmul_(gates[:, :size], product[:, 2 * size :]).tanh_()
            hidden = torch.lerp(new, hidden, gates[:, size:], out=output)

    def final_cell(self, last: Tensor | None) -> None:
        """A GRU has no cell."""

    def backward(self, hidden: Tensor, cells: Tensor | None) -> Adjoint:
        """∂L/∂h_{t-1} = ∂L/∂output_{t-1} + z_t ⊙ ∂L/∂h_t + W_hhᵀ (∂L/∂a_r, ∂L/∂a_z, r ⊙ ∂L/∂a_n)_t."""
        size = self.outputs.shape[-1]
        update = self.reset_update[..., size:]
        deltas, new_factor = self.factors()
        rows, flat, updates = deltas.unbind(0), deltas.flatten(2).unbind(0), update.unbind(0)
        totals, wide_totals = hidden.unbind(0), hidden.unsqueeze(2).unbind(0)
        for step in range(len(totals) - 1, -1, -1):
            rows[step].mul_(wide_totals[step])
            if step:
                totals[step - 1].addmm_(flat[step], self.recurrent).addcmul_(totals[step], updates[step])
        into_input = deltas.clone()
        torch.mul(hidden, new_factor, out=into_input[:, :, 2])
        initial = torch.addcmul(flat[0] @ self.recurrent, totals[0], updates[0])
        return Adjoint(hidden, into_input.flatten(2), deltas.flatten(2), initial)

    def factors(self) -> tuple[Tensor, Tensor]:
        """Per unit of ∂L/∂h_t: ∂L/∂(W_hh h_{t-1} + b_hh), shape (T, N, 3, H), and ∂L/∂a_n, shape (T, N, H)."""
        size = self.outputs.shape[-1]
        reset, update = self.reset_update.split(size, -1)
        previous = torch.cat([self.initial.unsqueeze(0), self.outputs[:-1]])
        new_factor = (1 - update) * (1 - self.new.square())
        into_reset = new_factor * self.recurrent_product[..., 2 * size :] * reset * (1 - reset)
        into_update = (previous - self.new) * update * (1 - update)
        return torch.stack([into_reset, into_update, new_factor * reset], dim=2), new_factor

    def plane(self, name: str) -> Tensor:
        """One gate or state of all examples, shape (T, N, H)."""
        reset, update = self.reset_update.chunk(2, -1)
        return {"reset": reset, "update": update, "new": self.new, "hidden": self.outputs}[name]

    def gates(self, examples: Tensor | slice) -> dict[str, Tensor]:
        """Reset r, update z, new n and hidden h."""
        reset, update = self.reset_update[:, examples].clone().chunk(2, -1)
        new, hidden = self.new[:, examples].clone(), self.outputs[:, examples].clone()
        return {"reset": reset, "update": update, "new": new, "hidden": hidden}
