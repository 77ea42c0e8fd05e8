"""Seconds of a first call: recording, differentiating, compiling and running once.

Measured are a function of ten array operations, and straight-line programs of scalar operations
in growing sizes, each for value and gradient, each in a fresh process after ``import adjit``.
The straight-line programs show how compilation grows: the last column compares the growth of
the time with the growth of the program (1.0 is linear; below 1.0, fixed costs still count).

Run: ``python benchmarks/compile_time.py [--repeat N]``
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZES = (100, 300, 1000, 3000)
"""Operations of the straight-line programs."""

LIMITS = {"ten array operations": 0.060, "1000 scalar operations": 1.5}
"""Seconds that a first call may take."""

TEN_OPERATIONS = """
import numpy as np

def program(x):
    square = x * x
    return np.sum(np.sin(x) * np.exp(-square) + np.cos(x) / (1.0 + square))
"""

SCALAR_LINES = (
    "    v{to} = v{left} * v{right}",
    "    v{to} = v{left} - v{right}",
    "    v{to} = np.sin(v{left})",
    "    v{to} = v{left} + v{right}",
)
"""Lines of the straight-line programs, taken in turn; the sine keeps the numbers bounded."""


def scalar_source(operations: int) -> str:
    """A function of two floats with ``operations`` scalar operations, one a line."""
    lines = ["import numpy as np", "", "def program(v0, v1):"]
    for position in range(operations):
        template = SCALAR_LINES[position % len(SCALAR_LINES)]
        lines.append(template.format(to=position + 2, left=position + 1, right=position))
    return "\n".join([*lines, f"    return v{operations + 1}", ""])


def measure(path: str) -> float:
    """Seconds of the first call of the program in a file; runs in a process of its own."""
    import numpy as np

    import adjit

    spec = importlib.util.spec_from_file_location("measured", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    scalar = module.program.__code__.co_argcount == 2
    args = (0.3, 0.7) if scalar else (np.linspace(-2.0, 2.0, 1000),)
    start = time.perf_counter()
    compiled = adjit.compile_grad(module.program, argnums=(0, 1) if scalar else 0)
    compiled(*args)
    return time.perf_counter() - start


def first_call(source: str, repeat: int) -> float:
    """The median over fresh processes of the seconds that a program's first call takes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "measured.py"
        path.write_text(source)
        command = [sys.executable, __file__, "--measure", str(path)]
        seconds = [
            float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            for _ in range(repeat)
        ]
    return statistics.median(seconds)


def row(name: str, operations: int, seconds: float, growth: float | None) -> str:
    limit = f"{LIMITS[name]:.3f}" if name in LIMITS else ""
    ratio = "" if growth is None else f"{growth:.2f}"
    per_operation = 1e3 * seconds / operations
    return f"{name:<24}{seconds:>9.3f}{limit:>9}{per_operation:>14.3f}{ratio:>20}"


def main(repeat: int) -> None:
    print(f"seconds of a first call, value and gradient, median of {repeat} processes")
    print(f"{'program':<24}{'seconds':>9}{'limit':>9}{'ms/operation':>14}{'growth/linear':>20}")
    print(row("ten array operations", 10, first_call(TEN_OPERATIONS, repeat), None))
    before: tuple[int, float] | None = None
    for operations in SIZES:
        seconds = first_call(scalar_source(operations), repeat)
        growth = None
        if before is not None:
            growth = (seconds / before[1]) / (operations / before[0])
        print(row(f"{operations} scalar operations", operations, seconds, growth))
        before = (operations, seconds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=3, help="processes for each program")
    parser.add_argument("--measure", metavar="FILE", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(measure(options.measure))
    else:
        main(options.repeat)
