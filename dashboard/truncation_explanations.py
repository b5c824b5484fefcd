"""Truncation: what am I seeing, and one task to try, a section each."""

from __future__ import annotations

from dashboard.explanations import Lesson

REACH = Lesson(
    "What does a loss still reach when the sequence is cut into windows? The same text, cut in four ways.",
    r"""
Backpropagation through a long sequence needs all of its states at once, so in practice the sequence is cut: each
window of $k$ timesteps has a graph of its own. Windows that start from $h_0 = 0$ know nothing of what came before;
windows that **carry** $h$ (and $c$) read on from it, and cut the gradient alone. In both, the loss at $t^*$ in a window
that begins at $a$ reaches

$$\frac{\partial L_{t^*}}{\partial h_t} =
\begin{cases} \text{that of the window} & a \le t \le t^* \\ 0 \text{ exactly} & t < a \end{cases}$$

so how far back a loss reaches depends on where in its window it happens to stand: from $0$ to $k - 1$ steps. The form
of Williams & Peng (1990) parts two numbers: each $k_1$ timesteps it goes back over $k_2$, so every loss reaches
$k_2 - k_1$ steps at least. With $k_1 = k_2$ it is carrying.
""",
    """
1. **Predict.** Windows of 10, the loss at t* = 43. How many steps back does it reach when h is carried? And at
   t* = 41? And at t* = 50?
2. **Run.** Move *Loss at t\\** from 41 to 50 and watch the frame; then set the period k₁ to 1.
3. **Read.** Goal: the smallest and the largest number of steps that a loss reaches with windows of 10, and the same
   for sliding with k₁ = 1, where both are 9.
""",
)

GRADIENT = Lesson(
    "How wrong is a truncated gradient, and what does truncation save? Compared on one batch at the same weights.",
    r"""
The truncated gradient $\tilde g$ of a batch is the sum over its windows, at fixed weights, of the same mean loss whose
whole gradient is $g$. The picture shows

$$\cos(\tilde g, g) = \frac{\tilde g \cdot g}{\lVert \tilde g \rVert\, \lVert g \rVert}$$

of all weights, and of the recurrent weights $W_{hh}$ alone. The readout's gradient needs no way back through time
and is always right where $h$ is carried, so all weights together look better than $W_{hh}$. A high cosine says that
near dependencies dominate this loss, **not** that far ones are learnt: what a cut loses is always on the same side.
Memory grows with the window and not with the sequence; time does not shrink, as all timesteps are still read.
""",
    """
1. **Predict.** Before training, at windows of 10: is the cosine of W_hh with h carried nearer to 0.5 or to 1? And for
   windows from h₀ = 0?
2. **Run.** Read the picture; then train in *Training, stale states*, come back, and read it for trained weights.
3. **Read.** Goal: the shortest window whose W_hh has a cosine of 0.9 before training, and after 300 steps.
""",
)

LAG = Lesson(
    "What can windows not learn? Recall of the first symbol at growing lags, one line for each window length.",
    r"""
The answer is due at the end, the symbol stands at the beginning, $T - 1$ steps before. If the last window does not
reach back to it, no gradient ever says that the first symbol matters: not little, none.

$$\text{lag} = T - 1 \ge k \;\Rightarrow\; \frac{\partial L}{\partial h_1} = 0 \text{ at every step of training}$$

What a line keeps above chance beyond its window is luck: the carried state still holds traces of the first symbol that
nobody put there on purpose, and the readout learns to read those. From $h_0 = 0$ even they are gone. Every point is
trained with three seeds on the same batches for all windows; the band goes from the worst to the best.
""",
    """
1. **Predict.** At lag 9 (T = 10), which of the windows 5, 10, 20 get the answer right? And at lag 14?
2. **Run.** Read the picture that ships, then choose windows *from h₀ = 0* and train the sweep.
3. **Read.** Goal: the longest lag at which each window is 95 % right, and how many per cent above chance the window of
   5 stays at lag 14, with h carried and without.
""",
)

TRAIN = Lesson(
    "Does it matter in training? Four ways side by side on the same batches; and how stale the carried state is.",
    r"""
Each window with a loss makes an update, so short windows update more often: a batch of $T = 60$ is one update whole and
six in windows of 10. The state that is carried into the next window was made by the weights *before* that update. It is
**stale**: the newest weights would have made another one,

$$\text{staleness} = \frac{\lVert h^{\text{carried}} - h^{\text{new}} \rVert}{\lVert h^{\text{new}} \rVert}
\qquad (h, \text{ and } c \text{ of an LSTM})$$

where $h^{\text{new}}$ is computed from the beginning with the new weights. It grows with the learning rate, and with
how long a state lives. In stateful training over a whole book nobody ever recomputes it.
""",
    """
1. **Predict.** With Adam at 0.003, how far is a carried state from a new one after the first update: 0.3 %, 3 %
   or 30 %?
2. **Run.** Read the picture; press *Train*; then train again with a learning rate of 0.03.
3. **Read.** Goal: staleness at step 20 for both rates, and the loss of windows of 10 with h carried and from h₀ = 0
   after 300 steps, in nats.
""",
)

DETACH = Lesson(
    "What if one forgets detach()? Each window then goes back through all windows before it.",
    r"""
Carrying the state without cutting its graph makes the sequence whole again, and the way back from window $n$ passes
through all $n$ windows:

$$\text{time of window } n \propto n \cdot k, \qquad \text{time of all} \propto \tfrac{1}{2} n^2 k$$

and memory grows without end. PyTorch usually stops it with an error before that: after `backward()` a graph's buffers
are freed, and the next `backward()` needs them. `retain_graph=True` silences this one, and brings on the next, since
the weights that the old graph needs were changed in place by the optimizer. The cure is `state.detach()`: the same
numbers, no history.
""",
    """
1. **Predict.** Six windows of 10: how many times as long as the first does the way back from the sixth take?
2. **Run.** Read the picture; set T to 120.
3. **Read.** Goal: the factor in time and in memory between first and last window at T = 60 and T = 120, and the two
   errors in your own words.
""",
)

CUT_LESSONS = {"reach": REACH, "gradient": GRADIENT, "lag": LAG, "train": TRAIN, "detach": DETACH}
"""By section of the page."""
