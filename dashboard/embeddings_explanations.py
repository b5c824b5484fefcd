"""What am I seeing on the Embeddings page: a few sentences and the formula, a section each; and one task to try."""

from __future__ import annotations

from dashboard.explanations import Lesson

SPACE = Lesson(
    "What does a model make of its symbols? Each is a row of numbers, and those used alike come to lie together.",
    r"""
An embedding is a table $W$ with a row of $E$ numbers for each token; the model reads row $W_v$ in place of token $v$.
The rows begin at random, and the gradient of the loss moves them like any weights, so tokens that call for the same
predictions are pulled to the same place (Bengio et al., 2003). Nothing tells the model what a vowel or a digit is.

With $E = 2$ the picture is the table itself. With more numbers it is the plane of the two **principal components**,
which shows only part of the variance; each frame of a run is turned onto the one before by the best rotation,

$$R = \arg\min_{R^\top R = 1} \lVert X_{k} R - X_{k-1} \rVert_F = U V^\top, \qquad X_k^\top X_{k-1} = U \Sigma V^\top$$

(Procrustes; Schönemann, 1966), as components have no direction of their own and else would flip from frame to frame.
Nearness is told by the cosine $\cos(v, w) = W_v \cdot W_w / (\lVert W_v \rVert \lVert W_w \rVert)$ in all $E$ numbers;
where there are two, by the distance. In many numbers the drawn start outweighs what training adds for long: *what
training added*, $W_v - W_v^{(0)}$, shows that alone. After 100 steps of *Words* “can” lies by “must”, “may” and “will”.
""",
    """
1. **Predict.** Trained on text, character by character: which comes nearest to “e”? To “3”? To “(”?
2. **Run.** Read it off the shipped model by a click on these points. Then choose *Characters in two numbers* and train.
3. **Read.** Goal: the step at which the digits first lie together in two numbers, and the nearest neighbour of “3”.
""",
)
ROWS = Lesson(
    "Which rows grow, and which never move at all?",
    r"""
The gradient of a look-up is zero for every row that was not looked up:

$$\frac{\partial L}{\partial W_v} = \sum_{t\,:\,x_t = v} \frac{\partial L}{\partial e_t}, \qquad e_t = W_{x_t}$$

So a token that no batch had keeps the row that was drawn for it, to the last bit, and whatever the model then says
after it rests on noise. Frequent tokens are moved often, and their norms come to differ from the $\sqrt{E}$ of drawn
rows. The page counts how often each token was met by drawing the run's batches again.

(An optimizer with momentum, such as Adam, goes on moving a row that it has met once; weight decay would shrink all.)
""",
    """
1. **Predict.** *Words* knows 1,000 words. After 20 steps of 32 × 20 words, how many rows have never moved?
2. **Run.** Train it, and drag the scrubber to step 20.
3. **Read.** Goal: the number of crosses at step 20, and the step at which fewer than 10 are left.
""",
)
LOOKUP = Lesson(
    "Why is there no product with a one-hot vector? Because the product is a row, and copying a row costs nothing.",
    r"""
A one-hot vector $e_v$ has a 1 at place $v$ and 0 elsewhere, so all terms but one of the product vanish:

$$e_v^\top W = \sum_{u=1}^{V} [u = v]\, W_u = W_v$$

Parameters are the same, $V \cdot E$. But a batch of one-hot vectors has $N T V$ numbers where the look-up needs $N T$
whole ones, and the product $N T V E$ multiplications where the look-up copies $N T E$ numbers. The way back is not
free either way: PyTorch's gradient of the table is dense, with a row for each of the $V$ tokens, unless it is asked for
a sparse one.
""",
    """
1. **Predict.** How many times faster is the look-up at V = 30,000, forward? And forward and backward?
2. **Run.** Read the time picture; it is measured on this server when you open it.
3. **Read.** Goal: the factor of forward time between V = 1,000 and V = 30,000, for each way.
""",
)
PRETRAINED = Lesson(
    "What do vectors from elsewhere change? The same task and seeds, with rows drawn, tuned and frozen.",
    r"""
Three models differ in the table alone: **drawn** from $N(0, 1)$ and trained; **tuned**, which begins with the vectors
and trains them on; **frozen**, which keeps them: $\partial L / \partial W := 0$. They meet the same batches, and each
seed draws its own weights. Bands go from the lowest to the highest seed, so bands that overlap say nothing. Tokens
without a vector keep a drawn row in all three.

*Counted* vectors need no download: they are factors of how often words stand near each other in the comments and
docstrings of Python's standard library, as positive pointwise mutual information (Levy & Goldberg, 2014):

$$\mathrm{PPMI}(w, c) = \max\Big(0, \ln \frac{P(w, c)}{P(w)\,P(c)}\Big) \approx U \Lambda U^\top, \qquad
W = U |\Lambda|^{1/2}$$
""",
    """
1. **Predict.** Which of the three has the lowest loss at step 50? At step 300? By how many nats a word?
2. **Run.** Read the picture that ships. Then choose other vectors, of a file or a package, and train again.
3. **Read.** Goal: the gap between drawn and frozen at the end, and whether it is wider than the bands.
""",
)
WORDS = Lesson(
    "Can one reckon with words? Differences of vectors hold some relations, if they were made from enough text.",
    r"""
If "$a$ is to $b$ as $c$ to $d$" holds, then often $W_b - W_a \approx W_d - W_c$ (Mikolov, Yih & Zweig, 2013), and $d$
is looked for by

$$d = \arg\max_{d \notin \{a, b, c\}} \cos(W_d,\; \hat W_b - \hat W_a + \hat W_c), \qquad \hat W = W / \lVert W \rVert$$

The three words are left out, else $c$ or $b$ themselves would mostly win, so the picture promises more than it holds:
look whether the first answer stands out from the second. Vectors counted in a few hundred thousand words know the
words of programming and little else; GloVe's, from six billion words, know capitals and kinship.
""",
    """
1. **Predict.** The counted vectors know the plural of “function”. Do they know what is to “read” as “close” is to
   “open”?
2. **Run.** *One that fails*. Then, with GloVe installed: man, woman, king.
3. **Read.** Goal: an analogy of your own whose right answer leads by more than 0.05.
""",
)
EMBEDDINGS_LESSONS = {"space": SPACE, "rows": ROWS, "lookup": LOOKUP, "pretrained": PRETRAINED, "words": WORDS}
"""By section."""
