from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np

from core.models.character_model import load_character_model
from core.recordings.storage import RecordingWriter
from core.training.limits import Limits

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CITED = re.compile(r"([A-Z][\w-]+)(?: et al\.|, [A-Z]\w+| & [A-Z]\w+)*,? \(?((?:19|20)\d\d)")
"""First author and year, as in "Gers et al., 2000" or "Sutskever, Martens & Hinton, 2011"."""


def test_the_python_of_the_readme_runs_as_it_stands(tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (tmp_path / "assets").symlink_to(ROOT / "assets")
    with RecordingWriter.create(tmp_path / "runs", config={}, seed=0, run_id="my-run") as writer:
        for step in range(3):
            writer.append(step, {"lstm/loss": 1.0 / (step + 1)}, {"lstm/hidden_norms": np.ones((1, 1, 5), np.float32)})
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    ran = subprocess.run(
        [sys.executable, "-c", "\n".join(blocks)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "receipt: agrees" in ran.stdout and "lstm/loss" in ran.stdout and "(1, 1, 1, 22, 256)" in ran.stdout


def test_the_readme_says_of_the_shipped_model_what_its_card_says():
    card = load_character_model(ROOT / "assets" / "character-lstm.safetensors").card
    said = f"loses {card['held_out_loss']:.3f} nats ({card['held_out_bits']:.2f} bits) a character"
    assert said in README and f"alone lose {card['unigram_loss']:.2f}" in README
    rows = re.findall(r"^\| .+ \| (\d+) \| (AUC|Spearman) (\S+) \| (\S+) \|$", README, re.MULTILINE)
    best = [(cell["measure"], cell["best"][0], cell["random"]) for cell in card["cells"].values()]
    known = {(str(b["unit"]), measure, f"{b['held_out']:.2f}", f"{random:.2f}") for measure, b, random in best}
    assert len(rows) == 6 and set(rows) <= known


def test_the_readme_names_every_limit_and_its_default():
    rows = dict(re.findall(r"^\| `(UNROLL_\w+)` \| ([^|]+) \|", README, re.MULTILINE))
    limits = {f"UNROLL_{field.name.upper()}": field.default for field in fields(Limits)}
    assert {name: float(rows[name]) for name in limits} == limits
    assert set(rows) - set(limits) == {
        "UNROLL_RUNS", "UNROLL_WORKERS", "UNROLL_ANALYSIS_WORKERS", "UNROLL_MAX_ANALYSIS_SECONDS",
    }  # fmt: skip


def test_the_readme_has_the_two_commands_that_ci_runs():
    commands = [line for line in README.splitlines() if line.startswith("pip install -r requirements.txt")]
    assert commands == [
        "pip install -r requirements.txt && streamlit run",
        "pip install -r requirements.txt -r tests/requirements.txt && pytest",
    ]


def test_the_map_of_the_readme_is_the_tree():
    (tree,) = re.findall(r"## Map\n\n```\n(.*?)```", README, re.DOTALL)
    here = ROOT
    for line in tree.splitlines():
        name = line.lstrip("├└─ ").split()[0]
        if not line.startswith(("├", "└")):
            here = ROOT / name
        path = here if not line.startswith(("├", "└")) else here / name
        assert path.exists(), line
    packages = {path.parent.name for path in (ROOT / "core").glob("*/__init__.py")}
    assert packages <= set(re.findall(r"[├└]── (\w+)/", tree))


def test_every_paper_that_the_code_names_is_in_the_references():
    sources = [path for part in ("core", "dashboard") for path in (ROOT / part).rglob("*.py")]
    named = {found for path in sources for found in CITED.findall(path.read_text(encoding="utf-8"))}
    references = re.findall(r"^- (\w+),.*?\((\d{4})\)", README.partition("## References")[2], re.MULTILINE | re.DOTALL)
    assert len(named) > 8
    assert named <= set(references), named - set(references)
