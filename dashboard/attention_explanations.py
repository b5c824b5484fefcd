"""Sequence to sequence: what am I seeing, and one task to try, a section each."""

from __future__ import annotations

from dashboard.explanations import Lesson

ALIGN = Lesson(
    "Where does a decoder look while it writes? Rows are what it writes, columns what it reads, frames the truth.",
    r"""
An **encoder** reads the source into states $h_1 \dots h_S$; a **decoder** writes one token a row. With attention it
does not write from the last state alone: each row scores all source states, and reads their weighted mean, the
**context**:

$$\alpha_{ts} = \frac{\exp \operatorname{score}(q_t, h_s)}{\sum_{s'} \exp \operatorname{score}(q_t, h_{s'})}, \qquad
c_t = \sum_s \alpha_{ts}\, v_s$$

Rows sum to 1. Is that an explanation of the answer? Only where it is measured: the frames are the true alignment,
and every number stands beside that of attention that knows nothing ($1/S$ everywhere). *Clean diagonal* must point,
as its output is made of the context alone; *textbook Bahdanau* may carry the source in its states and can be right
while it looks elsewhere.

What each number is, and who published it, stands in the table under the pictures.
""",
    """
1. **Predict.** Both models of *Clean diagonal* reverse ten symbols. Which has more of its attention on the
   anti-diagonal after 300 steps, and which has more strings right?
2. **Run.** Read the numbers of both, then change the seed and press *Train*.
3. **Read.** Goal: mass on the true links and strings right of both models, for two seeds; and the step at which the
   diagonal is first seen in the filmstrip.
""",
)

HAND = Lesson(
    "Does the answer depend on where it looks? Lay a row's attention elsewhere, and the model writes on from there.",
    r"""
A click on a cell lays all attention of that row on that column: $\alpha_t = e_s$. The row's context is then
$c_t = v_s$, and everything after it is computed again: the token of this row, the state that reads it, and with it all
later rows. If the answer follows the hand, attention was the cause of it; if it does not change, it was decoration
(Jain & Wallace, 2019; Wiegreffe & Pinter, 2019). Another source and a beginning that it did not choose are the other
two hands.
""",
    """
1. **Predict.** In *Clean diagonal* row 1 looks at the last symbol. Which symbol comes out if it looks at the first?
   And with *Textbook Bahdanau* as the model shown?
2. **Run.** Click on the first row's first cell with each of the two.
3. **Read.** Goal: how many of the ten tokens follow the hand in each model when every row is laid, one after the other.
""",
)

BOTTLENECK = Lesson(
    "How much fits into one vector? Accuracy by length of the source, with attention and without, equally trained.",
    r"""
Without attention everything that the decoder will ever know of the source is the encoder's last state, the same
$H$ numbers for two tokens and for twenty (Sutskever et al., 2014). With attention it may look back at any time, so what
it can use grows with the source. The picture is figure 2 of Bahdanau et al. (2015), at small scale: both models see the
same batches and are measured on the same held-out sources.
""",
    """
1. **Predict.** Trained on lengths 2 to 16: at which length does the one without attention fall under 90 % of tokens?
   And what happens to both beyond 16, where nothing was learnt?
2. **Run.** Choose the situation *The bottleneck* and read; then double *Hidden units* of one's own model without
   attention and train.
3. **Read.** Goal: the lead of attention at 16, in points, and the length at which H = 128 falls under 90 %.
""",
)

GRADIENT = Lesson(
    "By which way does the loss reach the source? Each row's pull at every source token, with attention and without.",
    r"""
The loss of row $t$ reaches source token $s$ by two ways at most. Through the decoder's **first state**: back over $t$
rows, through the vector that the encoder made of the whole source, and back over the encoder's steps to $s$. And by
**attention**, a way of one step from the row to what it looked at (for values $v_s$ of the encoder's states or of the
embeddings):

$$\frac{\partial L_t}{\partial v_s} = \alpha_{ts} \frac{\partial L_t}{\partial c_t}$$

The matrices show for the pair above $\|\partial L_t / \partial e_s\|$, the norm at the *embedding* of each source
token, as shares of its row; both ways are computed apart and add up. So they answer which token a row depends on,
whatever attention points at: compare them with the matrix of *Alignment*. What a model already does well pulls little,
but where it pulls still shows.

Below stand the norms at the encoder's and the decoder's states themselves (the same tap as on *Gradient flow*): top
layer, forward direction, of the summed loss of a pair, as root mean square over the held-out pairs that have that
position. An encoder that reads both ways has a backward direction too, whose end is at the *first* token; and where
lengths differ, one position is near the end of some sources and far from that of others.
""",
    """
1. **Predict.** Ten symbols reversed: for row 1, which source position pulls without attention, and is it one alone?
   And with attention?
2. **Run.** Choose *The bottleneck*, which has both, and read their matrices; then a pair of another length.
3. **Read.** Goal: the share of the pull in the frames of both models, and how much of it comes by attention.
""",
)

FUSION = Lesson(
    "How should context and state become one vector? Concatenated, added, multiplied; five seeds each.",
    r"""
The attentional vector is $\tanh W[h; c]$ (concatenate; Luong et al., 2015), $\tanh W(h + c)$ (add) or
$\tanh W(h \odot c)$ (multiply). Nothing else differs: the same batches, the same initial weights as far as shapes
agree, and each line is the mean of five seeds with a band from the worst to the best. A difference that is smaller than
the band is none.
""",
    """
1. **Predict.** Concatenation has twice the weights in $W$. Does it learn faster than addition?
2. **Run.** Read the picture that ships, then train with half the hidden units, or another learning rate.
3. **Read.** Goal: the step at which each mean passes half of all tokens right, and whether the bands overlap there.
""",
)

DIGITS = Lesson(
    "Another modality: a handwritten digit, spelt out letter by letter by the same decoder, looking at patches.",
    r"""
The memory need not be a text. An image of $8 \times 8$ grey values is cut into patches; each becomes a vector, with a
vector for its place, and the same decoder attends to them while it writes "seven" (after Xu et al., 2015). The three
models differ only in how context and state are joined. The images are 1,797 digits of 13 writers (Alpaydin & Kaynak,
1998), a tenth of them held out.
""",
    """
1. **Predict.** Which digit is spelt wrong most often? Does the model look at other patches for the second letter
   than for the first?
2. **Run.** Read the picture that ships, then halve *Hidden units* and press *Train*.
3. **Read.** Goal: the share of held-out words right of the three fusions, and the digit with the lowest.
""",
)

CHEAT = Lesson(
    "Why may an encoder read both ways and a generator not? A model that sees the next character, and must write.",
    r"""
A model that reads both ways sees at position $t$ the character $x_{t+1}$ that it is to say: its loss
$-\ln p(x_{t+1} \mid x_1 \dots x_T)$ falls towards zero without learning any language. To *write*, only
$x_1 \dots x_t$ is there; the backward direction reads nothing, and what the model loses then,
$-\ln p(x_{t+1} \mid x_1 \dots x_t)$, is far worse than that of the honest model beside it.

An encoder may read both ways because the source is all there before the first row is written.
""",
    """
1. **Predict.** After 400 steps the honest model loses about 2 nats a character in training. How much does the other
   one, and how much when it writes?
2. **Run.** Read the texts that both write from the same beginning.
3. **Read.** Goal: both losses of both models, and what guessing among all characters alike would lose.
""",
)

PAIR_LESSONS = {
    "align": ALIGN, "hand": HAND, "bottleneck": BOTTLENECK, "gradient": GRADIENT, "fusion": FUSION, "digits": DIGITS,
    "cheat": CHEAT,
}  # fmt: skip
"""By section of the page."""
