"""What am I seeing: three sentences and the formula, a view each; and one task to try."""

GRADIENT_FLOW = r"""
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
"""

TRY_IT = """
1. **Predict.** With forget bias 3 an LSTM's forget gate starts at σ(3) ≈ 0.95. What share of ∂L/∂c is left after
   19 steps back? And with PyTorch's own start, where f ≈ 0.5?
2. **Run.** Choose *PyTorch's own LSTM* and read the two LSTM lines. Then press *Train*.
3. **Read.** Goal: say at which step the first model leaves the chance line, and find a setting in which the plain RNN
   reaches 95 % on T = 20 within 300 steps (hint: orthogonal initialisation).
"""
