"""The arrows of the house, read from the sources: who may import whom, and what stands at the root."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NAMES_AT_THE_ROOT = {
    "dashboard", "core", "assets", "tests", "requirements.txt", "README.md", "streamlit_app.py", "pyproject.toml",
    ".streamlit", ".ci", ".gitignore",
}  # fmt: skip
HOMELESS = {"utils", "util", "helpers", "helper", "common", "misc"}
MOST_LINES_OF_A_VIEW = 80
MAY_IMPORT_OF_CORE = {
    "recordings": set(),
    "tasks": set(),
    "models": {"tasks"},
    "probes": {"models", "recordings"},
    "decoding": {"recordings"},
    "training": {"analysis", "models", "probes", "recordings", "tasks"},
    "analysis": {"recordings"},
}
"""Package of core → the other packages of core that it may import."""
MODELS_MAY_IMPORT = {"core.tasks.task"}
"""Of tasks, models see the interface alone."""
LEAVES = {"core.checks"}
"""Modules beside the packages of core that every one of them may import, as they import nothing but Python's own."""
LIBRARIES = {
    "recordings": {"numpy", "pyarrow", "pandas"},
    "tasks": {"babel", "numpy", "pyarrow", "safetensors", "sklearn", "torch"},
    "models": {"safetensors", "torch"},
    "probes": {"numpy", "torch"},
    "decoding": {"numpy", "torch"},
    "training": {"numpy", "torch"},
    "analysis": {"numpy"},
}
"""Package of core → what it may import that is not Python's own."""
LAZY = {
    ("recordings", "pandas"), ("tasks", "babel"), ("tasks", "pyarrow"), ("tasks", "safetensors"), ("tasks", "sklearn"),
}  # fmt: skip
"""Imports that stand inside a function only, as they are slow and seldom needed."""
FIGURES_MAY_IMPORT = {"numpy", "plotly", "core.recordings", "core.analysis", "dashboard.figures", "dashboard.theme"}


class Import:
    """One import of a module: what it names, absolutely, and where it stands."""

    def __init__(self, target: str, line: int, is_lazy: bool, is_relative: bool):
        self.target, self.line, self.is_lazy, self.is_relative = target, line, is_lazy, is_relative

    @property
    def top(self) -> str:
        return self.target.partition(".")[0]


def imports(source: str, module: str, is_package: bool = False) -> list[Import]:
    """Every import of a source, also under TYPE_CHECKING and inside functions, with relative names resolved."""
    tree = ast.parse(source)
    inside = {node for outer in ast.walk(tree) if _is_lazy_scope(outer) for node in ast.walk(outer)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [Import(alias.name, node.lineno, node in inside, False) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, module, is_package)
            found += [
                Import(f"{base}.{alias.name}", node.lineno, node in inside, node.level > 0) for alias in node.names
            ]
    return found


def _is_lazy_scope(node: ast.AST) -> bool:
    is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    return is_function or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")


def _absolute(node: ast.ImportFrom, module: str, is_package: bool) -> str:
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    parts = parts[: len(parts) - node.level + is_package]
    return ".".join([*parts, *([node.module] if node.module else [])])


def forbidden(source: str, module: str, is_package: bool = False) -> list[str]:
    """The imports of a module that its place in the house does not allow, as "line: target"."""
    return [
        f"{module}:{one.line}: {one.target}"
        for one in imports(source, module, is_package)
        if not _is_allowed(one, module, is_package)
    ]


def _is_allowed(one: Import, module: str, is_package: bool) -> bool:
    place = module.split(".")
    if one.top in ("tests", "streamlit_app"):
        return False
    if place[0] == "core":
        if one.top in sys.stdlib_module_names:
            return True
        if module in LEAVES:
            return False
        package = place[1] if len(place) > 2 or (is_package and len(place) == 2) else ""
        return _is_allowed_in_core(one, package)
    if place[:2] == ["dashboard", "figures"]:
        return one.top in sys.stdlib_module_names or one.target.startswith(tuple(FIGURES_MAY_IMPORT))
    return place[:2] == ["dashboard", "views"] or not one.target.startswith("dashboard.views")


def _is_allowed_in_core(one: Import, package: str) -> bool:
    if one.top != "core":
        is_lazy_enough = one.is_lazy or (package, one.top) not in LAZY
        return one.top in LIBRARIES.get(package, set()) and is_lazy_enough
    if not one.is_relative:
        return False
    target = one.target.split(".")[1]
    if not package or target == package or one.target.startswith(tuple(LEAVES)):
        return True
    if package == "models" and target == "tasks":
        return one.target.startswith(tuple(MODELS_MAY_IMPORT))
    return target in MAY_IMPORT_OF_CORE[package]


def modules(*parts: str) -> Iterator[tuple[str, Path]]:
    """Dotted names and files of a part of the tree."""
    for path in sorted(ROOT.joinpath(*parts).rglob("*.py")):
        names = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(names[:-1] if names[-1] == "__init__" else names), path


@pytest.mark.parametrize("part", ["core", "dashboard"])
def test_no_arrow_points_up(part):
    found = [
        line
        for module, path in modules(part)
        for line in forbidden(path.read_text(encoding="utf-8"), module, path.name == "__init__.py")
    ]
    assert found == []


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("core.probes.watch", "import streamlit as st"),
        ("core.probes.watch", "import plotly.graph_objects as go"),
        ("core.training.loop", "from dashboard.server import jobs"),
        ("core.training.loop", "from core.recordings.records import Receipt"),
        ("core.training.loop", "import core"),
        ("core.recordings.reader", "import torch"),
        ("core.recordings.reader", "import pandas as pd"),
        ("core.recordings.reader", "from ..models.config import ModelConfig"),
        ("core.recordings.reader", "from .. import models"),
        ("core.checks", "from .recordings.records import GateTrace"),
        ("core.checks", "import numpy as np"),
        ("core.tasks.recall", "from ..models.config import ModelConfig"),
        ("core.models.cells", "from ..tasks.catalog import make_task"),
        ("core.models.cells", "from ..recordings.records import GateTrace"),
        ("core.probes.watch", "from ..training.loop import train"),
        ("core.probes.watch", "from ..tasks.task import Task"),
        ("core.decoding.beam", "from ..models.sequence_model import SequenceModel"),
        ("core.analysis.decay", "import torch"),
        ("core.analysis.decay", "from ..probes.watch import watch"),
        ("core.analysis.decay", "def fit():\n    from scipy import stats"),
        ("core.models.cells", "from tests.core.models import test_cells"),
        ("dashboard.figures.gradient_flow", "import streamlit as st"),
        ("dashboard.figures.gradient_flow", "def draw():\n    import torch"),
        ("dashboard.figures.gradient_flow", "from core.training.initial import initial_flows"),
        ("dashboard.figures.gradient_flow", "from dashboard.widgets.reading import reading"),
        ("dashboard.widgets.reading", "from dashboard.views import home"),
        ("dashboard.server", "import tests"),
    ],
)
def test_an_arrow_that_points_up_is_seen(module, line):
    assert len(forbidden(line, module)) == 1


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("core.recordings.reader", "def table():\n    import pandas as pd"),
        ("core.recordings.reader", "from .header import read_header"),
        ("core.models.sequence_model", "from ..tasks.task import Task"),
        ("core.models.config", "from ..checks import check_choice"),
        ("core.probes.receipt", "from ..models.cells import Cell"),
        ("core.training.run", "from ..recordings.storage import RecordingWriter"),
        ("core.analysis.decay", "from ..recordings.records import GradientFlow"),
        ("dashboard.figures.gradient_flow", "from core.recordings.records import GradientFlow"),
        ("dashboard.views.home", "from core.analysis.decay import decay"),
    ],
)
def test_an_arrow_of_the_design_passes(module, line):
    assert forbidden(line, module) == []


def test_no_module_is_a_drawer_for_anything():
    names = {name for part in ("core", "dashboard", "tests") for _, path in modules(part) for name in path.parts}
    assert not {name.removesuffix(".py") for name in names} & HOMELESS


def test_views_are_short():
    lengths = {
        module: len(path.read_text(encoding="utf-8").splitlines()) for module, path in modules("dashboard/views")
    }
    assert lengths and max(lengths.values()) <= MOST_LINES_OF_A_VIEW, lengths


def test_only_the_names_agreed_on_stand_at_the_root():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git clone: what is at the root cannot be told from what was made there")
    names = {name.partition("/")[0] for name in listed.stdout.split("\0") if name}
    assert names <= NAMES_AT_THE_ROOT


def test_what_is_installed_as_unroll_is_all_of_core():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    packages = {path.parent.relative_to(ROOT).as_posix() for path in (ROOT / "core").rglob("__init__.py")}
    assert settings["package-dir"] == {"unroll": "core"}
    assert set(settings["packages"]) == {name.replace("core", "unroll", 1).replace("/", ".") for name in packages}


def test_core_works_under_the_name_unroll(tmp_path):
    (tmp_path / "unroll").symlink_to(ROOT / "core", target_is_directory=True)
    assert "unroll.probes.watch unroll.recordings.reader" in _imported(tmp_path)


@pytest.mark.slow
def test_pip_install_gives_import_unroll(tmp_path):
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--target",
        str(tmp_path),
        str(_copy(tmp_path)),
    ]
    subprocess.run(command, check=True, capture_output=True)
    assert "unroll.probes.watch unroll.recordings.reader" in _imported(tmp_path)


def _copy(folder: Path) -> Path:
    """The tracked tree elsewhere, for a build writes beside its sources."""
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, capture_output=True).stdout
    copy = folder / "copy"
    copy.mkdir()
    subprocess.run(["tar", "-x", "-C", str(copy)], input=archive, check=True)
    return copy


def _imported(folder: Path) -> str:
    code = (
        "import sys, unroll, unroll.training.loop, unroll.analysis.decay\n"
        "print(unroll.watch.__module__, unroll.open_recording.__module__)\n"
        "assert 'core' not in sys.modules and 'streamlit' not in sys.modules and 'plotly' not in sys.modules"
    )
    command = [sys.executable, "-c", code]
    ran = subprocess.run(
        command, cwd=folder, env={"PYTHONPATH": str(folder)}, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def _is_safe_to_say(argument: ast.expr) -> bool:
    """A literal, or a text that Markdown cannot take for a link or a picture."""
    is_verbatim = isinstance(argument, ast.Call) and ast.unparse(argument.func) == "verbatim"
    is_checked_notice = isinstance(argument, ast.Name) and argument.id == "notice"  # widgets/address.py makes them safe
    return isinstance(argument, ast.Constant | ast.JoinedStr) or is_verbatim or is_checked_notice


@pytest.mark.parametrize("path", sorted((ROOT / "dashboard").rglob("*.py")), ids=lambda path: path.name)
def test_what_went_wrong_is_said_so_that_no_link_or_picture_in_it_is_followed(path):
    """A crafted address comes back in errors; shown as Markdown, a browser would fetch the picture it names."""
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    said = [one for one in calls if ast.unparse(one.func) in ("st.error", "st.warning")]
    assert [ast.unparse(one) for one in said if not _is_safe_to_say(one.args[0])] == []


def test_no_two_test_files_share_a_name() -> None:
    names = sorted(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    twice = [name for name, following in zip(names, names[1:], strict=False) if name == following]
    assert not twice, "pytest imports test files by their name"
