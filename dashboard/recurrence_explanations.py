"""What am I seeing on the Recurrence page: a few sentences and the formula, a section each; and one task to try."""

from __future__ import annotations

from dashboard.explanations import Lesson

STEP = Lesson(
    "What does one step compute? The same cell at every timestep reads a symbol, and its own state of the step before.",
    r"""
A recurrent network is one function, applied once a timestep; drawn unrolled, every copy has the **same weights**
(Elman, 1990):

$$\text{RNN: } h_t = \tanh(W x_t + b + U h_{t-1} + b'), \qquad h_0 = 0$$

$W x_t + b$ is what the symbol says, $U h_{t-1} + b'$ what is remembered of all symbols before it; the table shows
both sums of one unit, gate by gate, and what becomes of them. A **GRU** and an **LSTM** make several such sums, bend
them with $\sigma$ into gates, and mix old and new by these; the equations hold this step's numbers. In a copy each
square is a unit, blue below 0 and orange above; the ring marks the unit that the table is about. Later copies
stay empty until their turn, for they need the state before them. The small models are untrained, so what they expect
next is near chance; the shipped LSTM has learnt, and so has any run of yours.
""",
    """
1. **Predict.** In `hello hello` the same letters come twice. Are the states at the two `l` of the first word alike?
   And those at the first and the seventh `h`?
2. **Run.** Step with → through the text and watch one unit; then compare t = 2 with t = 3, and t = 0 with t = 6.
3. **Read.** Goal: the unit whose state differs most between t = 0 and t = 6, and which of its two sums makes the
   difference, W x or U h, in numbers.
""",
)
STACK = Lesson(
    "What does a second layer add? It reads the first one's states as its input, at the price of narrower layers.",
    r"""
Layers stack: the second reads what the first shows at the same timestep, with weights and a state of its own
(Graves, 2013):

$$h_t^{(1)} = f(x_t, h_{t-1}^{(1)}), \qquad h_t^{(2)} = f(h_t^{(1)}, h_{t-1}^{(2)})$$

For a fair comparison the two-layer model is made so narrow that **both have as many numbers**; a third has two layers
of full width, and so more. All read the same windows of source code, three seeds each; bands span the seeds. The loss
is that of windows drawn anew at each step out of 4.7 million characters. How deep pays depends on how long one trains:
what the picture says is said of this many updates.
""",
    """
1. **Predict.** After 1,000 updates, which is better: one layer of 64 units, or two of 49, of as many numbers?
2. **Run.** Read the sentence under the picture; then choose another cell and press *Train*.
3. **Read.** Goal: the difference in nats a character between one layer and two for RNN and LSTM, with the range of the
   seeds, and say for which of them it is more than chance.
""",
)
BOTH = Lesson(
    "Why may a reader go both ways and a generator not? A reverse state at t already depends on everything after t.",
    r"""
A second chain of the same kind reads from the end (Schuster & Paliwal, 1997); the answer at $t$ sees both:

$$\overrightarrow{h}_t = f(x_t, \overrightarrow{h}_{t-1}), \qquad \overleftarrow{h}_t = f(x_t, \overleftarrow{h}_{t+1}),
\qquad y_t = V\,[\overrightarrow{h}_t;\ \overleftarrow{h}_t]$$

To label a sentence that is there in full, this helps: the right side of a gap is known as well. To **generate** is
another matter: $\overleftarrow{h}_t$ cannot be computed before $x_{t+1}, x_{t+2}, \ldots$ are there, and these are
what the model is to write. The left picture changes one symbol and measures which states move; the right one adds a
symbol at the end, as a generator does. ▽ means exactly 0.
""",
    """
1. **Predict.** Eleven symbols have been read in both directions. A twelfth comes. How many of the 22 states have to be
   computed anew?
2. **Run.** Read the right picture, then move *Edit the symbol at* and read the left one.
3. **Read.** Goal: at how many steps' distance is a reverse state changed by less than a thousandth of itself? Find a
   cell and a seed for which it is over 8.
""",
)
RECURRENCE_LESSONS = {"step": STEP, "stack": STACK, "both": BOTH}
"""By section."""
