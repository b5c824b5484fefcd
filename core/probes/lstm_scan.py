"""The long short-term memory, forward and backward through time.

Axes: T timesteps first, N batch, I input, H hidden, P projection (P = H without one), E watched examples.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .fused.lstm import FusedLSTM, fused_lstm
from .scans import Adjoint, Weights, at_last, input_projection

GATES = ("input", "forget", "candidate", "output")
"""In torch's order."""


class LSTMScan:
    """c_t = f ⊙ c_{t-1} + i ⊙ g, h_t = o ⊙ tanh(c_t), perhaps projected by W_hr (Hochreiter & Schmidhuber, 1997)."""

    def __init__(self, inputs: Tensor, hidden: Tensor, cell: Tensor, weights: Weights) -> None:
        self.recurrent, self.projection = weights.hidden, weights.projection
        self.fused = fused_lstm(inputs, hidden, cell, weights)
        if self.fused is None:
            self._scan(inputs, hidden, cell, weights)
        else:
            self._show(self.fused)

    def _show(self, fused: FusedLSTM) -> None:
        self.outputs = self.exposed = fused.outputs
        self.activations, self.cells = torch.from_numpy(fused.gates()), fused.cells()
        self.squashed = torch.tanh(self.cells[1:])

    def _scan(self, inputs: Tensor, hidden: Tensor, cell: Tensor, weights: Weights) -> None:
        steps, batch, size = inputs.shape[0], inputs.shape[1], cell.shape[-1]
        self.activations = input_projection(inputs, weights, with_hidden_bias=True)  # (T, N, 4H): i, f, g, o
        room = self.activations.new_empty
        self.cells = room(steps + 1, batch, size)  # c_0 … c_T
        self.squashed = room(steps, batch, size)  # tanh c_t
        self.exposed = room(steps, batch, size)  # o ⊙ tanh c_t
        self.outputs = self.exposed if self.projection is None else room(steps, batch, hidden.shape[-1])
        self.cells[0] = cell
        self._forward(hidden, size)

    def _forward(self, hidden: Tensor, size: int) -> None:
        transposed, cells = self.recurrent.t(), self.cells.unbind(0)
        parts = [part.unbind(0) for part in self.activations.split((2 * size, size, size), -1)]
        kept = [row.unbind(0) for row in (self.activations, self.squashed, self.exposed)]
        exits = kept[-1] if self.projection is None else self.outputs.unbind(0)
        rows = zip(*parts, cells[:-1], cells[1:], *kept, exits, strict=True)
        for in_out, candidate, output, before, cell, all_gates, squashed, exposed, exit in rows:
            all_gates.addmm_(hidden, transposed)
            in_out.sigmoid_()
            candidate.tanh_()
            output.sigmoid_()
            torch.mul(in_out[:, size:], before, out=cell).addcmul_(in_out[:, :size], candidate)
            hidden = torch.mul(output, torch.tanh(cell, out=squashed), out=exposed)
            if self.projection is not None:
                hidden = torch.mm(exposed, self.projection.t(), out=exit)

    def final_cell(self, last: Tensor | None) -> Tensor:
        """The cell (N, H) at each example's last timestep, None: at the end."""
        if self.fused is not None and last is None:
            return self.fused.last_cell.clone()
        return at_last(self.cells[1:], last).clone()

    def backward(self, hidden: Tensor, cells: Tensor | None) -> Adjoint:
        """∂L/∂c_t = ∂L/∂h_t ⊙ o_t ⊙ (1 − tanh² c_t) + f_{t+1} ⊙ ∂L/∂c_{t+1}, and ∂L/∂h_{t-1} through the four gates."""
        assert cells is not None
        deltas = self.slopes()
        exposure = self.exposure(slice(None))
        exposed = hidden if self.projection is None else torch.empty_like(self.exposed)
        inner, outer, flat = deltas[:, :, :3].unbind(0), deltas[:, :, 3].unbind(0), deltas.flatten(2).unbind(0)
        totals, cell_rows, wide_cells = hidden.unbind(0), cells.unbind(0), cells.unsqueeze(2).unbind(0)
        exposed_rows = totals if self.projection is None else exposed.unbind(0)
        forget, exposures = self._gate(1).unbind(0), exposure.unbind(0)
        for step in range(len(totals) - 1, -1, -1):
            if self.projection is not None:
                torch.mm(totals[step], self.projection, out=exposed_rows[step])
            cell_rows[step].addcmul_(exposed_rows[step], exposures[step])
            inner[step].mul_(wide_cells[step])
            outer[step].mul_(exposed_rows[step])
            if step:
                cell_rows[step - 1].addcmul_(cell_rows[step], forget[step])
                totals[step - 1].addmm_(flat[step], self.recurrent)
        preactivation = deltas.flatten(2)
        initial_hidden, initial_cell = flat[0] @ self.recurrent, cell_rows[0] * forget[0]
        return Adjoint(hidden, preactivation, preactivation, initial_hidden, initial_cell, cells, exposed)

    def _gate(self, index: int) -> Tensor:
        size = self.exposed.shape[-1]
        return self.activations[..., index * size : (index + 1) * size]

    def exposure(self, examples: Tensor | slice) -> Tensor:
        """∂(o_t ⊙ tanh c_t)/∂c_t = o_t ⊙ (1 − tanh² c_t), shape (T, N, H)."""
        return torch.addcmul(
            self._gate(3)[:, examples], self.exposed[:, examples], self.squashed[:, examples], value=-1
        )

    def slopes(self) -> Tensor:
        """∂(c_t or h_t)/∂a_t of the four gates, shape (T, N, 4, H): c through i, f, g; h through o."""
        steps, batch, size = self.squashed.shape
        input, forget, candidate, output = self.activations.split(size, -1)
        slopes = self.squashed.new_empty(steps, batch, 4, size)
        written, kept = input * candidate, forget * self.cells[:-1]
        torch.addcmul(written, input, written, value=-1, out=slopes[:, :, 0])  # g i (1 − i)
        torch.addcmul(kept, forget, kept, value=-1, out=slopes[:, :, 1])  # c f (1 − f)
        torch.addcmul(input, candidate, written, value=-1, out=slopes[:, :, 2])  # i (1 − g²)
        torch.addcmul(self.exposed, output, self.exposed, value=-1, out=slopes[:, :, 3])  # tanh(c) o (1 − o)
        return slopes

    def plane(self, name: str) -> Tensor:
        """One gate or state of all examples, shape (T, N, H)."""
        if name in GATES:
            return self._gate(GATES.index(name))
        return self.cells[1:] if name == "cell" else self.outputs

    def gates(self, examples: Tensor | slice) -> dict[str, Tensor]:
        """Input i, forget f, candidate g, output o, cell c and hidden h."""
        gates = self.activations[:, examples].clone().split(self.exposed.shape[-1], -1)  # (T, E, 4H) -> 4 x (T, E, H)
        states = {"cell": self.cells[1:, examples].clone(), "hidden": self.outputs[:, examples].clone()}
        return dict(zip(GATES, gates, strict=True)) | states
