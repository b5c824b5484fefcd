"""A large file of word vectors: seconds and memory of reading it, in a process of its own.

Run: pytest -m benchmark -s tests/benchmarks/test_vector_file_times.py
"""

import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
WORDS, SIZE = 400_000, 50
MOST_BYTES = 500_000_000
"""Above the file's own size."""
READ = """
    import resource, sys, time
    from pathlib import Path
    from core.tasks.vector_text import read_text_vectors
    before, told = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, []
    start, worked = time.perf_counter(), time.process_time()
    vectors = read_text_vectors(Path(sys.argv[1]), told.append)
    seconds, worked = time.perf_counter() - start, time.process_time() - worked
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(seconds, worked, (after - before) * 1024, len(vectors.words), vectors.matrix[-1, -1], len(told))
"""


@pytest.fixture(scope="module")
def large_file(tmp_path_factory):
    """400,000 × 50, about 400 MB of text: numbers of 19 digits."""
    path = tmp_path_factory.mktemp("large") / "large.txt"
    rng = np.random.default_rng(0)
    with path.open("w") as file:
        for first in range(0, WORDS, 10_000):
            rows = rng.standard_normal((10_000, SIZE))
            lines = (" ".join(map("{:.17f}".format, row)) for row in rows)
            file.writelines(f"word{first + place} {line}\n" for place, line in enumerate(lines))
    return path


@pytest.mark.benchmark
def test_a_file_of_400_000_vectors_is_read_whole_in_bounded_memory(large_file):
    size = large_file.stat().st_size
    assert size > 390_000_000
    command = [sys.executable, "-c", textwrap.dedent(READ), str(large_file)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    seconds, worked, bytes_, words, last, told = map(float, ran.stdout.split())
    print(
        f"\n{size / 1e6:.0f} MB of text: {seconds:.1f} s, {worked:.1f} of them of the processor; {bytes_ / 1e6:.0f} MB"
    )
    rows = np.random.default_rng(0)
    expected = [rows.standard_normal((10_000, SIZE)) for _ in range(WORDS // 10_000)][-1][-1, -1]
    assert words == WORDS and last == pytest.approx(expected, rel=1e-6) and told > 40
    assert bytes_ < MOST_BYTES + size
