"""What am I seeing where RNNs are summed up: a few sentences and the formula; and one task to try."""

from __future__ import annotations

from dashboard.explanations import Lesson

CLAIMS_LESSON = Lesson(
    "Five things are said of every recurrent network. Each is measured here, now, on the model that you choose.",
    r"""
One step is one function with one set of weights, applied again and again:

$$h_t = f(x_t, h_{t-1};\ \theta), \qquad \theta \text{ without an index } t$$

So a sequence may have **any length**; $\theta$ has the **same size** for each; and as the same $W$ is used $T$ times,
its gradient is a **sum over time** (Werbos, 1990):

$$\frac{\partial L}{\partial W} = \sum_{t=1}^{T} \left.\frac{\partial L}{\partial W}\right|_{\text{used at } t}$$

To see the summands, every timestep gets a copy of the weights of its own, equal to the others; autograd then keeps
their gradients apart. Each $h_t$ needs $h_{t-1}$ first, so the $T$ steps cannot be one matrix product: **time grows
with T** however many cores there are, and a product of just as many multiplications is far ahead. And what has to come
back over many steps fades on the way (*Gradient flow*), so **far lags are learnt poorly**: each accuracy is that of a
training run of its own.
""",
    """
1. **Predict.** Of the 20 copies of W_hh in the recall task, how many hold 90 % of the gradient's square: about 20, 10
   or 3? And does the model that remembers best have more or fewer of them?
2. **Run.** Read the sentence under *Shared weights* for RNN, GRU and LSTM; then press *Train again* below and watch
   the lines come.
3. **Read.** Goal: the largest lag that each model solves with all seeds, and one setting of lag and model where the
   seeds disagree by more than 50 percentage points.
""",
)
