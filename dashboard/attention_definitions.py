"""What each number of alignment is, how to read it, and who published it."""

from __future__ import annotations

NUMBERS = r"""
Rows $t$ are written, columns $s$ read; $\alpha_{ts}$ is the weight; the **link** of a row is its largest weight.

- **whole strings right**: share of held-out targets that are written without a mistake, always the likeliest token.
- **alignment error rate**: $1 - \frac{\vert A \cap S \vert + \vert A \cap P \vert}{\vert A \vert + \vert S \vert}$,
  the links $A$ against sure links $S$ and possible links $P$ of the true alignment; 0 is perfect. *Och & Ney (2003).*
- **mass on the true links**: $\sum_{s \in P_t} \alpha_{ts}$, the weight inside the frames, mean over rows; 1 is all of
  it. *Defined here.*
- **entropy of a row**: $-\sum_s \alpha_{ts} \ln \alpha_{ts} / \ln S$, mean over rows; 0 looks at one column, 1 at all
  alike. *“AP out” of Rikters & Fishel (2017), over its largest value.*
- **entropy of a column**: the same down a column scaled to sum to 1; 0 is seen by one row, 1 by all alike. *“AP in” of
  Rikters & Fishel (2017), over its largest value.*
- **coverage deviation**: $\frac1S \sum_s \ln\left(1 + (1 - \sum_t \alpha_{ts})^2\right)$; 0 reads each column once in
  all. *Rikters & Fishel (2017).*
- **monotonicity**: share of successive links that do not step back; 1 keeps the order. *Defined here.*
- **crossing links**: share of all pairs of links that cross; 0 keeps the order, 1 reverses it. *The discordant pairs of
  Kendall (1938).*

Rows whose origin is not known, as [stop], count for neither error rate nor mass. **Knows nothing** is attention of
$1/S$ everywhere, its links drawn alike; this baseline and the spread over seeds are two of the tests that
Wiegreffe & Pinter (2019) ask for before attention is called an explanation, which Jain & Wallace (2019) deny it is.
"""
