"""What am I seeing on the Gates page: a few sentences and the formula, a section each; and one task to try."""

from __future__ import annotations

from dashboard.explanations import Lesson

EQUATIONS = r"""
$$i, f, o = \sigma(W x_t + U h_{t-1} + b), \qquad g = \tanh(W x_t + U h_{t-1} + b)$$
$$c_t = \underbrace{f \odot c_{t-1}}_{\text{keep}} + \underbrace{i \odot g}_{\text{write}}, \qquad
h_t = \underbrace{o}_{\text{show}} \odot \tanh(c_t)$$
"""

READ = Lesson(
    "What does each unit write, keep, forget and show while the model reads? One cursor for all gates and the text.",
    EQUATIONS
    + r"""
Each heatmap is one gate or state: a row a unit, a column a character. A forget gate $f$ near 1 keeps the cell, near 0
wipes it; an input gate $i$ near 1 lets the candidate $g$ in; the output gate $o$ says how much of $\tanh(c)$ the rest
of the model sees. Gates lie in [0, 1]; $c$, $g$ and $h$ have signs and are drawn around 0.

The text is coloured by one unit. A few units have a meaning that one can see (Karpathy et al., 2015): the shipped
model's unit 233 is low inside brackets, 177 high inside quotes, 201 falls along the line; 51 is low in comments, though
only in its *own range*, as it counts up to hundreds elsewhere. Most have no such meaning by themselves; *Cells* says
how much better than chance the best are.

Drag over the text to **brush** a span: the page finds the units that are on throughout it and off just beside it, and
the other spans where the same units are on (LSTMVis; Strobelt et al., 2018). The numbers are of a forward pass in
float64, shown in float32; at the cursor are exact values, what the character cost, $-\ln p$, and the likeliest next.
A **GRU** has reset $r$, update $z$ and new $n$, with $h_t = (1 - z) \odot n + z \odot h_{t-1}$: its $z$ near 1 keeps.
""",
    """
1. **Predict.** A cell tracks brackets. At which character does it change: at the `(`, or one later? By which gates:
   does it forget, or write?
2. **Run.** Unit 233: move the cursor through a pair of brackets with ← →, and read i, f and g.
3. **Read.** Goal: name the character at which f of this unit is below 0.5. Is it inside nested brackets as well?
""",
)
SATURATION = Lesson(
    "Which gates have made up their mind? For each unit, how often a gate is nearly open and nearly shut.",
    r"""
A gate is **right-saturated** when its value is above the upper threshold, **left-saturated** below the lower one
(Karpathy et al., 2015; theirs are 0.9 and 0.1). Each point is a unit: across, the share of characters at which the gate
is nearly shut; up, the share at which it is nearly open. Both together are at most 1, the dotted line.

A forget gate in the upper left corner is open nearly always: the unit integrates over long stretches. One in the lower
right is always shut: its cell forgets each step, and the unit works as a plain feed-forward one. At the origin a gate
never decides. The candidate lies in $(-1, 1)$ and is compared as $(1 + g)/2$. Saturated gates also stop learning:
$\sigma'(a) = \sigma(a)(1 - \sigma(a)) \le 0.09$ there.
""",
    """
1. **Predict.** Before training, with forget bias 1, f starts near σ(1) ≈ 0.73. Which share of forget gates is open
   above 0.9 then? And after training?
2. **Run.** Read the picture over training; move the thresholds.
3. **Read.** Goal: find a unit whose forget gate is open at over 95 % of the characters, and look at it in *Read*.
""",
)
CELLS = Lesson(
    "Which unit tells whether one is inside quotes, brackets, a comment? All units ranked, beside what chance finds.",
    r"""
Every unit is tried as a teller of each property of the source code, on 200,000 characters: for a yes or no by the
**AUC**, the chance that a random character with the property has a higher value than one without (0.5 is chance);
for a number by **Spearman's** rank correlation (0 is chance). The ranking is made on the first half, the figure is
that of the second half, which the choice did not see. A unit that is *low* where the property holds is as good.

Among 256 units some look good by luck, or since neighbours share what they know. So as many **random directions** in
the space of all units are tried in the same way, and their best is drawn beside (dashed). Only what a unit has beyond
that is its own. The state looked at is the cell $c$ (GRU, RNN: $h$).
""",
    """
1. **Predict.** For which property will a single cell beat the random directions by most: quotes, brackets, comments,
   digits?
2. **Run.** Choose the properties one after the other; click a unit to see it on the text.
3. **Read.** Goal: a property for which the best unit is *not* better than chance by more than 0.02, and why.
""",
)
INTERVENE = Lesson(
    "What if a gate were forced? Reach into the model while it reads: what becomes of memory and predictions?",
    EQUATIONS
    + r"""
With $f = 1$ and $i = 0$ the cell's equation becomes $c_t = c_{t-1}$: the **constant error carousel** of
Hochreiter & Schmidhuber (1997). It stands still exactly, to the last bit, however long; what the model read in the span
it cannot remember by these units.

Correlation (*Cells*) does not say that a unit is *used*. **Ablating** it (set to 0) or **clamping** it does: if the
loss rises where the property matters, it is. Unit 233 goes low inside brackets: clamp its cell to 2, as outside, while
the model reads `resp` in `def parse150(resp`, and the probability of `)` falls from 65 % to 1.5 %. The distance of the
two expectations is $\mathrm{KL} = \sum_v p_v \ln (p_v / q_v)$, without hands against with them.

The last picture is about memory itself. Along the carousel the derivative over a gap is $\prod f_t$; the total one,
measured by automatic differentiation in float64, has ways round as well, through $h$ into later gates:

$$\frac{\partial c_T}{\partial c_t} = \operatorname{diag}\Big(\prod_{k=t+1}^{T} f_k\Big) + \text{ways through } h$$
""",
    """
1. **Predict.** Hold all cells over 60 characters. By how much does the loss rise in the span, and how long after it
   are the expectations still apart?
2. **Run.** Read the four pictures. Then choose *Hide the bracket from unit 233*: one cell of 256, for four characters.
3. **Read.** Goal: a unit other than 233 whose ablation raises the loss of some character by more than 1 nat.
""",
)
CELL = Lesson(
    "One step of the cell as a computation graph, with this timestep's numbers: step through the text by ← →.",
    EQUATIONS
    + r"""
The upper line is the cell state, on which only a product and a sum act: the way by which memory and gradient travel.
The gates read $x_t$ and $h_{t-1}$. Each number is that of the chosen unit at this timestep, so the equations beside can
be checked by hand: $f \cdot c_{t-1} + i \cdot g = c_t$ and $o \cdot \tanh(c_t) = h_t$. The residual says how well they
agree in the float32 numbers shown.
""",
    """
1. **Predict.** When the model reads a newline, which gate of a line-position unit (201) must move, and where to?
2. **Run.** Choose unit 201, step to a newline.
3. **Read.** Goal: say by how much f · c₍ₜ₋₁₎ and i · g each changed c there.
""",
)
GATES_LESSONS = {"read": READ, "saturation": SATURATION, "cells": CELLS, "intervene": INTERVENE, "cell": CELL}
"""By section."""
