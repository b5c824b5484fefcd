"""What am I seeing: a few sentences and the formula, a section each; and one task to try."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Lesson:
    """The texts of one section."""

    question: str
    """What its pictures answer."""
    seeing: str
    """Markdown with LaTeX."""
    trying: str
    """Predict, run, read; with a goal in numbers."""


COMPARE = Lesson(
    "How much of the loss's gradient reaches each earlier timestep? Compare models on the same batch, then train them.",
    r"""
Training changes the weights by the gradient of the loss. What the loss says about an early timestep $t$ has to
travel back through every later state, and each step multiplies it by a Jacobian:

$$\frac{\partial L}{\partial h_t} =
\frac{\partial L}{\partial h_T} \prod_{k=t+1}^{T} \frac{\partial h_k}{\partial h_{k-1}},
\qquad \text{RNN: } \frac{\partial h_k}{\partial h_{k-1}} = \operatorname{diag}(1 - h_k^2)\, W_{hh}$$

If a step keeps less than all of it, the product **vanishes** exponentially, a straight line on the log axis; if it
keeps more, it **explodes** (Bengio et al., 1994; Pascanu et al., 2013). An LSTM has a second way back, the cell
state, whose own step is only the forget gate $f_k$. The dotted line is $\partial L / \partial c_t$, the solid one
$\partial L / \partial h_t$ with $c_t$ held fixed; they are different derivatives.

The usual way to plot this, `output.retain_grad()` on a fused layer, shows only what reaches $h_t$ *directly*: zero at
every step that the loss does not read. The numbers here are totals; the receipt finds them a second way.
""",
    """
1. **Predict.** With forget bias 3 an LSTM's forget gate starts at σ(3) ≈ 0.95. What share of ∂L/∂c is left after
   19 steps back? And with PyTorch's own start, where f ≈ 0.5?
2. **Run.** Choose *PyTorch's own LSTM* and read the two LSTM lines. Then press *Train*.
3. **Read.** Goal: say at which step the first model leaves the chance line, and find a setting in which the plain RNN
   reaches 95 % on T = 20 within 300 steps (hint: orthogonal initialisation).
""",
)

WHY = Lesson(
    "Why does it vanish, or explode? The product taken apart: what each factor would leave by itself, measured.",
    r"""
**RNN.** A step back multiplies by two things, the slope of the activation and the recurrent weights:

$$\frac{\partial L}{\partial h_t} = \underbrace{d_t}_{\text{enters here}} +
W_{hh}^{\top} \operatorname{diag}\!\big(\varphi'(a_{t+1})\big)\, \frac{\partial L}{\partial h_{t+1}}$$

$$\Big\lVert\frac{\partial L}{\partial h_t}\Big\rVert \le \lVert d_t\rVert +
\gamma\, \sigma_{\max}(W_{hh}) \Big\lVert\frac{\partial L}{\partial h_{t+1}}\Big\rVert,
\qquad \gamma = \max \varphi' = 1$$

The lines *alone* replace the other factor by 1. If $\gamma\,\sigma_{\max} < 1$ the gradient **must** vanish; to
explode it **needs** $\gamma\,\sigma_{\max} > 1$, which guarantees nothing (Pascanu et al., 2013). The condition is
about the largest *singular value*. Many texts say spectral radius $\rho$, which decides only without an activation,
and there only in the end. PyTorch's own $W_{hh}$ has $\rho \approx 0.6$ and $\sigma_{\max} \approx 1.1$: by the bound
alone it might explode; measured, it vanishes.

**LSTM and GRU.** The gradient of the state splits exactly into two ways back:

$$\frac{\partial L}{\partial c_t} =
\underbrace{f_{t+1} \odot f_{t+2} \odot \cdots}_{\text{carousel, products of } f \text{ alone}} +
\underbrace{\text{all that went through a gate and } W_{hh}}_{\text{fades as an RNN's does}}
\qquad \text{GRU: } z \text{ in place of } f$$

**Singular values** of $\partial s_t/\partial s_{t-1}$ ($s = h$; LSTM: $s = (h, c)$) say what one step does to the
most and to the least favoured direction; those of the product $\partial s_T/\partial s_t$ say how much of *any*
gradient at the end can be left at $t$. All of this is float64; where float32 ends, a line says so. With a loss at every
timestep the measured line also holds what enters on the way: see *Which loss*.
""",
    r"""
1. **Predict.** The default RNN's $W_{hh}$ has $\sigma_{\max} \approx 1.1 > 1$. Will its gradient explode, stay, or
   vanish?
2. **Run.** Read the first picture: bound, $W_{hh}$ alone, φ′ alone, measured. Then choose *Exploding*.
3. **Read.** Goal: name the factor that decides, for both models, with each step's share in per cent. With *Exploding*,
   say by how much tanh slows the explosion: compare $W_{hh}$ alone with the measured line.
""",
)

REACH = Lesson(
    "Which loss reaches which state? Every timestep's loss has a gradient of its own; here they stand apart.",
    r"""
With a loss at every timestep, $L = \sum_t L_t$, the total gradient at an early state is fed by near losses, which
hide that far ones no longer arrive. Taken apart:

$$\frac{\partial L}{\partial h_k} = \sum_{t \ge k} \frac{\partial L_t}{\partial h_k},
\qquad \frac{\partial L_t}{\partial h_k} =
\frac{\partial L_t}{\partial h_t} \prod_{j=k+1}^{t} \frac{\partial h_j}{\partial h_{j-1}}$$

Row $t$ of the matrix is one loss, column $k$ one state; the diagonal is where a loss enters, and the length of the
bright band to its left is how far it reaches. All rows come from one way back, in float64, and add up to the total
gradient. Point at a row, and the text below shows from which tokens that prediction is learnt. The second picture
takes the median over all losses; where it falls below 1/1000 the memory ends (after Madsen, 2019).
""",
    """
1. **Predict.** On real text, how many characters back does the loss of an untrained plain RNN reach: 5, 20 or all 50?
2. **Run.** Press *Read real text*, read both models, then *Train* and pull the scrubber from step 0 to the end.
3. **Read.** Goal: the horizon of each model in steps, before and after training, and one row in which the LSTM
   reaches back beyond a space while the RNN does not.
""",
)

CLIPPING = Lesson(
    "What does clipping do, and where should its threshold be? Norms before and after, over the whole run.",
    r"""
Clipping by norm shortens a gradient that is too long and keeps its direction (Pascanu et al., 2013):

$$g \leftarrow g \cdot \min\!\Big(1, \frac{\theta}{\lVert g \rVert}\Big)$$

It **repairs** a single exploding gradient that would throw the weights far away in one step. It does **not** repair
a vanishing one: nothing small becomes larger, and within one gradient early timesteps keep the share that they had. A
threshold that is met at nearly every step is a learning rate in disguise. A rule for choosing $\theta$: watch the
norm for a while and take half to ten times its average (shaded).
""",
    """
1. **Predict.** Two RNNs with the same weights, batches and learning rate; only one of them is clipped, at norm 1.
   Which one learns to recall the first symbol?
2. **Run.** Press *Exploding, with and without clipping*.
3. **Read.** Goal: the step from which the clipped one gets 95 % right, the share of its steps that were clipped, and
   the largest norm before clipping of each.
""",
)

REMEDIES = Lesson(
    "What helps? Choose a patient, see what each remedy changes before training, and train both side by side.",
    r"""
Each remedy changes one thing and leaves task, batches and seed as they are. The picture shows, before any training,
the share $\lambda$ that a step back keeps, and the horizon, the number of steps until 1/1000 is left:

$$\lambda = \exp\big(\text{slope of } \ln \lVert \partial L/\partial h_t \rVert \text{ per step back}\big),
\qquad \text{horizon} = \frac{\ln 10^{-3}}{\ln \lambda}$$

A gradient that arrives is necessary for learning a long dependency, not sufficient: whether the treated model then
learns is what the run shows. One seed is an anecdote: change it before you believe an ordering.
""",
    """
1. **Predict.** Which remedy brings the plain RNN's factor nearest to 1, and which ones cannot change it at all?
2. **Run.** Train two remedies, one after the other; the table keeps the outcomes.
3. **Read.** Goal: a remedy with which recall of the first of 20 symbols is 95 % right before step 150, and one that
   has a longer horizon than the patient but still fails.
""",
)

WEIGHTS = Lesson(
    "Which weights learn? Gradient and update of each gate's weights over training, and how both are spread.",
    r"""
The gradient of a weight matrix sums what all timesteps say about it; for the recurrent weights of a gate $q$

$$\frac{\partial L}{\partial W^{q}_{hh}} = \sum_{t} \frac{\partial L}{\partial a^{q}_t}\, h_{t-1}^{\top}$$

so late timesteps can keep its norm healthy although early ones contribute nothing: **a healthy norm here does not
mean that the gradient reaches far back**. What these pictures do show: a block whose gradient is zero or not a number,
gates that learn much more slowly than others, and steps of the wrong size. A ratio ‖Δθ‖/‖θ‖ of about 10⁻³ is usual;
10⁻¹ is wild, 10⁻⁵ hardly moves; the first update of a block that was all zero has no ratio and is marked. PyTorch has
two biases a gate; as they add, their gradients are equal (but for the GRU's candidate, whose second bias stands behind
the reset gate).
""",
    """
1. **Predict.** Which gate's recurrent weights get the largest gradient in an LSTM with forget bias 3, at first?
2. **Run.** Read the histograms before training; *Train*; pull the scrubber to the step at which the loss falls.
3. **Read.** Goal: the block with the smallest typical gradient before training, and by which factor it has grown at
   the step at which the LSTM leaves the chance line.
""",
)

POWERS = Lesson(
    "Without an activation the theory is exact: on orthogonal weights × ρ the gradient goes by the powers of ρ.",
    r"""
Leave the activation out and a step back is multiplication by $W_{hh}^{\top}$ alone. For $W_{hh} = \rho\, Q$ with an
orthogonal $Q$ all eigenvalues lie on the circle of radius $\rho$, all singular values equal $\rho$, and

$$\Big\lVert \frac{\partial L}{\partial h_t} \Big\rVert =
\rho^{\,T-t}\, \Big\lVert \frac{\partial L}{\partial h_T} \Big\rVert$$

exactly, for every batch with one loss at the end: below 1 it vanishes, above 1 it explodes, and only $\rho = 1$
carries it any distance. tanh on the same weights multiplies each step by slopes $1 - h_t^2 \le 1$ as well, so it
always keeps less; with a large ρ it saturates, its slopes fall, and they work against the explosion.
""",
    """
1. **Predict.** At ρ = 0.9 and T = 20, what share of the gradient reaches step 1 without an activation? And at ρ = 1.1?
2. **Run.** Move ρ from 0.5 to 1.5 and watch the rings and the orange line.
3. **Read.** Goal: the ρ at which a step with tanh still keeps 90 %, to two digits, and the mean slope there.
""",
)

LESSONS = {
    "compare": COMPARE,
    "why": WHY,
    "reach": REACH,
    "clipping": CLIPPING,
    "remedies": REMEDIES,
    "weights": WEIGHTS,
    "powers": POWERS,
}
"""By section of the page."""
