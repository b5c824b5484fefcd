"""plotly.js as pages get it: the part that draws our figures, opened up so that a browser starts it sooner."""

from __future__ import annotations

import gzip
import re
from functools import cache
from pathlib import Path

from plotly.offline import get_plotlyjs, get_plotlyjs_version

CARTESIAN = Path(__file__).parents[1] / "assets" / "plotly.js" / "plotly-cartesian.min.js"
"""plotly.js's smaller bundle (npm: plotly.js-cartesian-dist-min): a third of the bytes, without maps and 3-D."""

_LOADER = re.compile(
    r"""\A\s*(?P<license>/\*.*?\*/)\s*\(\s*function\(root,\ factory\)\ \{.*?,\ \(\)\ =>\ \{\s*
        (?P<head>"use\ strict";var\ Plotly=\()\(\)=>\{(?P<body>.*)\}\)\(\);(?P<tail>.*?window\.Plotly\ =\ Plotly;)\s*
        return\ Plotly;\s*\}\)\);\s*\Z""",
    re.DOTALL | re.VERBOSE,
)


@cache
def plotly_script() -> tuple[bytes, bytes]:
    """The script, plain and gzipped."""
    script = opened(bundle(get_plotlyjs_version())).encode()
    return script, gzip.compress(script, 6)


def bundle(version: str) -> str:
    """The smaller bundle if it is of this version of plotly.js, that of the installed wheel; else the wheel's own."""
    script = CARTESIAN.read_text(encoding="utf-8")
    return script if f"(cartesian - minified) v{version}\n" in script[:200] else get_plotlyjs()


def opened(script: str) -> str:
    """The same program without the loader for module systems around it; unchanged if it is not wrapped as expected.

    Browsers parse a function that is not called at once only superficially, and again when it is called. The script
    is such a function (the loader's factory) around another (the bundle's arrow function), so that it is parsed three
    times. An immediate `function` at the top is parsed once (Chromium, busy machine: the wheel's 4.8 MB took 1.4 s
    opened, the smaller bundle 0.9 s as it comes and 0.65 s opened).
    """
    parts = _LOADER.match(script)
    if parts is None:
        return script
    return "{license}\n{head}function(){{{body}}}).call(this);{tail}\n".format(**parts.groupdict())
