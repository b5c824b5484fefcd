"""Next word of real prose: at every timestep, say which word comes next.

Axes: N batch, T timesteps, V words.

A worked example, T = 6, from the text "… the value of the attribute is the object …":

    input    the   value  of   the        attribute  is
    target   value of     the  attribute  is         the        the same text, one word on
"""

from __future__ import annotations

from .next_character import NextCharacter


class NextWord(NextCharacter):
    """Predict the next word of windows anywhere in a text (Bengio et al., 2003; recurrent: Mikolov et al., 2010).

    Errors: ValueError if the text has not more than T words.
    """

    name = "next_word"
    title = "Next word of real prose"
    unit = "word"
    published = (
        "On another text, Penn Treebank: 4.36 nats a word, perplexity 78.4, of a large LSTM (Zaremba et al., 2014)"
    )
