"""plotly.js of the installed wheel, opened up so that a browser starts it in half the time."""

from __future__ import annotations

import gzip
import re
from functools import cache

from plotly.offline import get_plotlyjs

_LOADER = re.compile(
    r"""\A\s*(?P<license>/\*.*?\*/)\s*\(\s*function\(root,\ factory\)\ \{.*?,\ \(\)\ =>\ \{\s*
        (?P<head>"use\ strict";var\ Plotly=\()\(\)=>\{(?P<body>.*)\}\)\(\);(?P<tail>.*?window\.Plotly\ =\ Plotly;)\s*
        return\ Plotly;\s*\}\)\);\s*\Z""",
    re.DOTALL | re.VERBOSE,
)


@cache
def plotly_script() -> tuple[bytes, bytes]:
    """The script, plain and gzipped."""
    script = opened(get_plotlyjs()).encode()
    return script, gzip.compress(script, 6)


def opened(script: str) -> str:
    """The same program without the loader for module systems around it; unchanged if it is not wrapped as expected.

    Browsers parse a function that is not called at once only superficially, and again when it is called. The wheel's
    script is such a function (the loader's factory) around another (the bundle's arrow function): 4.8 MB are parsed
    three times. An immediate `function` at the top is parsed once (Chromium, busy machine: 0.6 s instead of 1.2 s).
    """
    parts = _LOADER.match(script)
    if parts is None:
        return script
    return "{license}\n{head}function(){{{body}}}).call(this);{tail}\n".format(**parts.groupdict())
