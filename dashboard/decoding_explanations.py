"""What am I seeing on the Decoding page: a few sentences and the formula, a section each; and one task to try."""

from __future__ import annotations

from dashboard.explanations import Lesson

CHAIN = r"""
$$\log P(y \mid x) = \sum_{t=1}^{T} \log P(y_t \mid y_{<t}, x)$$
"""

TREE = Lesson(
    "What did the search look at, what did it keep, and why did it let the rest go?",
    CHAIN
    + r"""
Each column is one more token; a node is a hypothesis, its edge the probability of its last token. A beam search keeps
the best $k$ of all $k \cdot V$ candidates of a column and **prunes** the others: each says its rank and by how many
nats it fell short of the last one kept. A hypothesis that takes the end token is **finished**; one whose end token
ranks below $k$ is dropped, neither kept nor finished, which few libraries tell.

What was pruned is gone, whatever would have followed. So the tree marks the **true best**, found by exact search, where
that can be had: log-probabilities only fall along a path, so a search that always goes on with the best open one may
stop at the first that is complete (uniform cost; Meister et al., 2020).

Click a node to see its factors and what may follow; go on from a pruned one with *explore below*; *decode from here*
forces its tokens. Log-probabilities are nats, in float64; ties go to the better parent, then to the lower token.
""",
    """
1. **Predict.** *Greedy loses*: the first tokens have 0.5, 0.2, 0.2. Which token of the second column does greedy take,
   and what does that cost it?
2. **Run.** Step through the search with the slider. Then set *Method* to beam search with k = 2.
3. **Read.** Goal: the rank of the best hypothesis at the step where greedy lost it, and the smallest k that keeps it.
""",
)
ACCOUNTS = Lesson(
    "Where did all the probability go, what is each answer a product of, and might it have gone on?",
    CHAIN
    + r"""
**Mass.** All hypotheses together have probability 1. After each step it is split exactly: what is still kept, what has
finished, what was pruned. A search over text prunes nearly everything within a few steps, and still finds good answers.

**Product.** The lines add up log-probabilities; each token steps down by its own. Where the best there is (dotted)
costs more early and less later, a search that looks at the next step alone loses it.

**Stopping.** Hugging Face's canonical search ends when no hypothesis alive can beat the worst finished one, as
log-probabilities only fall; the default test divides by the *present* length and may stop too soon.
""",
    """
1. **Predict.** With k = 4 and 97 symbols, how many candidates does a step have? How many are kept?
2. **Run.** Choose *Python code*. Read mass and candidates, then double k.
3. **Read.** Goal: the step at which half of all probability is pruned, for k = 4 and for k = 64.
""",
)
SIZES = Lesson(
    "Is a wider beam better? The score of the answer for every beam size, beside the best there is.",
    r"""
A beam of 1 is greedy search; one as wide as all prefixes is exhaustive. In between nothing makes the score rise with
$k$: one more hypothesis kept at one step can push out, at the next, the very one that would have won. Points that fall
are marked. On translation wider beams find likelier and *worse* texts (Koehn & Knowles, 2017), and for over half of
the sentences the best there is was the empty one (Stahlberg & Byrne, 2019): then not the search failed but the model.
""",
    """
1. **Predict.** *Wider is worse*: k = 1 finds 0.18. Will k = 2 find at least as much?
2. **Run.** Read the picture, then the tree of k = 2.
3. **Read.** Goal: name the two hypotheses that push the best one out, and the k from which it is found again.
""",
)
METHODS = Lesson(
    "The same question to every method: what does each find, and what does it cost?",
    r"""
*Greedy* takes the likeliest token, *sampling* draws from $p^{1/\tau}$ cut by top-$k$ and top-$p$ (Holtzman et al.,
2020), a *beam* keeps $k$, *diverse beams* avoid each other's tokens (Vijayakumar et al., 2018), a *stochastic beam*
draws whole hypotheses without replacement (Kool et al., 2019). *Best first*, *depth first* and *exhaustive* search are
exact: they find the best there is, or say that it was not proved within their limit. Scores are by the length penalty
alone, so that they compare.

$$\text{exhaustive: } \sum_{i=0}^{T-1} (V-1)^i \text{ hypotheses fed}$$
""",
    """
1. **Predict.** How many hypotheses does exhaustive search feed for V = 4 and T = 4? And best first?
2. **Run.** *Greedy loses*, and read the bars. Then *Python code*.
3. **Read.** Goal: the ratio of hypotheses fed, beam of 4 against best first, in both; say why the second can be small.
""",
)
SEMANTICS_LESSON = Lesson(
    "“Beam search” means six things. Do they agree on this question, and if not, where do they part?",
    r"""
They differ in what a finished hypothesis does (leaves the beam, stays in it, narrows it), in when the search stops, in
what happens at the greatest length (cut, or forced to end), and in the length penalty. Each is named by the library
that means it; Hugging Face canonical is `early_stopping="never", length_penalty=0.0`, tested token for token against
`generate`. With a length penalty named under *Ranking* all are compared by it; otherwise each has its own.
""",
    """
1. **Predict.** Which of the six can return an empty answer for *The best is empty* with k = 4?
2. **Run.** Choose it, raise k to 4, and read the table.
3. **Read.** Goal: a prefix of the shipped model for which at least three different answers come out.
""",
)
PENALTY = Lesson(
    "Longer hypotheses have more factors below 1. Which one wins when the score is divided by its length?",
    r"""
$$\text{score}(y) = \frac{\log P(y \mid x)}{|y|^{\alpha}} \quad\text{or}\quad
\frac{\log P(y \mid x)}{\big((5 + |y|)/6\big)^{\alpha}} \text{ (Wu et al., 2016)}$$

Length counts the end token, so that an empty answer has length 1. All hypotheses that finished are kept, with those
pushed out later, so another $\alpha$ only divides anew. Decoding again could find others where the search stops by a
bound, which depends on $\alpha$.
""",
    """
1. **Predict.** At α = 1 the score is the mean log-probability of a token. Will a longer or a shorter answer win?
2. **Run.** *The best is empty*, with *exhaustive* as method; move α.
3. **Read.** Goal: the smallest α at which the empty answer no longer wins, and the length of the one that does.
""",
)
NEXT = Lesson(
    "What may come next, and what do temperature, top-k and top-p leave to draw from?",
    r"""
$$p_\tau(v) = \frac{p(v)^{1/\tau}}{\sum_u p(u)^{1/\tau}}$$

Below 1 the temperature $\tau$ sharpens, above 1 it flattens. Top-$k$ keeps the $k$ most probable tokens; top-$p$, the
*nucleus*, as few as reach $p$ together (Holtzman et al., 2020): few where the model is sure, many where it is not.
The outline is the model's own distribution, the bar what is drawn from; right of the line all is cut. It is that of the
node chosen in *Tree*, or of the prefix.
""",
    """
1. **Predict.** After `import `, how many characters does top-p = 0.9 leave? And after `import o`?
2. **Run.** Set top p under *Drawing*; lengthen the prefix by a character.
3. **Read.** Goal: a prefix after which top-p = 0.9 leaves exactly one character.
""",
)
DECODING_LESSONS = {
    "tree": TREE,
    "accounts": ACCOUNTS,
    "sizes": SIZES,
    "methods": METHODS,
    "semantics": SEMANTICS_LESSON,
    "penalty": PENALTY,
    "next": NEXT,
}
"""By section."""
