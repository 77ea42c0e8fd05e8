"""Loops: value and gradient against the program itself in numba, and against JAX.

For each case of ``loop_cases``: the time of the program in NumPy and, hand-written, in numba;
of adjit's value and gradient, warm and on the first call; of JAX's ``jit(value_and_grad)``, warm
and on the first call. Each system is measured in a fresh process with a time limit. ``error`` is
the largest difference between the gradients of adjit and JAX (or, without JAX, of derivatives
along two random directions from central differences), over the largest entry.

What must hold: value and gradient take at most 4 times numba's program; at least 50 times less
than JAX on gauss_seidel, triangular_product, cholesky and gram_schmidt; 5 times less on durbin,
rank_k_update and the stencils; never more; and a first call takes at most 0.5 s.

BLAS uses one thread; JAX keeps its defaults. JAX is not part of the development install: without
it, its columns stay empty.

Run: ``python benchmarks/loops.py [case ...] [--small] [--no-jax]``
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from loop_cases import CASES, Case, loss

LIMIT = 120
"""Seconds that one system may take for one case, compilation included."""

HEAD = ("case", "NumPy ms", "numba ms", "adjit ms", "first s", "JAX ms", "first s")
RATIOS = ("adjit/numba", "JAX/adjit", "error")

Found = dict[str, Any]
"""What a process found: seconds by name, ``gradient``, or ``failed``."""


def seconds(call: Callable[[], Any]) -> float:
    """The median of the faster half of repeated warm calls."""
    times: list[float] = []
    start = time.perf_counter()
    while len(times) < 5 or (time.perf_counter() - start < 1.0 and len(times) < 200):
        before = time.perf_counter()
        call()
        times.append(time.perf_counter() - before)
    return statistics.median(sorted(times)[: (len(times) + 1) // 2])


def measure_numpy(case: Case, args: tuple[Any, ...]) -> Found:
    return {"warm": seconds(lambda: case.fun(*args))}


def measure_numba(case: Case, args: tuple[Any, ...]) -> Found:
    import loop_peers_numba
    import loop_peers_numba_steps

    peer = getattr(loop_peers_numba, case.name, None)
    if peer is None:
        peer = getattr(loop_peers_numba_steps, case.name)
    peer(*args)
    return {"warm": seconds(lambda: peer(*args))}


def measure_adjit(case: Case, args: tuple[Any, ...]) -> Found:
    import adjit

    w = case.weights(args)
    before = time.perf_counter()
    compiled = adjit.compile_grad(loss(case), argnums=case.argnums)
    _, gradient = compiled(*args, w=w)
    first = time.perf_counter() - before
    return {
        "first": first,
        "warm": seconds(lambda: compiled(*args, w=w)),
        "gradient": gradient,
    }


def measure_jax(case: Case, args: tuple[Any, ...]) -> Found:
    import jax
    import loop_peers_jax
    import loop_peers_jax_steps

    peer = getattr(loop_peers_jax, case.name, None)
    if peer is None:
        peer = getattr(loop_peers_jax_steps, case.name)
    static = tuple(i for i, arg in enumerate(args) if isinstance(arg, int))
    arrays = jax.tree.map(
        lambda leaf: leaf if isinstance(leaf, int) else jax.device_put(leaf), args
    )
    w = jax.device_put(case.weights(args))
    before = time.perf_counter()
    compiled = jax.jit(
        jax.value_and_grad(loss(case, peer), argnums=case.argnums), static_argnums=static
    )
    _, gradient = jax.block_until_ready(compiled(*arrays, w=w))
    first = time.perf_counter() - before
    warm = seconds(lambda: jax.block_until_ready(compiled(*arrays, w=w)))
    return {"first": first, "warm": warm, "gradient": [np.asarray(part) for part in gradient]}


SYSTEMS = {
    "numpy": measure_numpy,
    "numba": measure_numba,
    "adjit": measure_adjit,
    "jax": measure_jax,
}


def measure(system: str, case: Case, small: bool, folder: str) -> None:
    """Measures in this process, and leaves what it found in the folder."""
    args = case.arguments(case.small if small else case.medium)
    try:
        found = SYSTEMS[system](case, args)
    except Exception as error:
        lines = str(error).splitlines() or [type(error).__name__]
        found = {"failed": lines[0]}
    gradient = found.pop("gradient", [])
    np.savez(Path(folder) / "gradient.npz", *gradient)
    (Path(folder) / "found.json").write_text(json.dumps(found))


def in_a_process(system: str, case: Case, small: bool) -> Found:
    command = [sys.executable, __file__, case.name, "--measure", system]
    with tempfile.TemporaryDirectory() as folder:
        command += ["--folder", folder] + ["--small"] * small
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=LIMIT, env=environment)
        except subprocess.TimeoutExpired:
            return {"failed": f"more than {LIMIT} s"}
        except subprocess.CalledProcessError as error:
            return {"failed": f"exit status {error.returncode}"}
        found: Found = json.loads((Path(folder) / "found.json").read_text())
        with np.load(Path(folder) / "gradient.npz") as arrays:
            found["gradient"] = [arrays[name] for name in arrays.files]
    return found


def difference(case: Case, args: tuple[Any, ...], direction: list[np.ndarray]) -> float:
    """The derivative along a direction, by central differences extrapolated from three steps."""
    w, value = case.weights(args), loss(case)

    def at(step: float) -> float:
        moved = list(args)
        for position, part in zip(case.argnums, direction, strict=True):
            moved[position] = args[position] + step * part
        return float(value(*moved, w=w))

    steps = [case.step / 10 / 2**level for level in range(3)]
    coarse, middle, fine = ((at(step) - at(-step)) / (2 * step) for step in steps)
    first, second = (4 * middle - coarse) / 3, (4 * fine - middle) / 3
    return (16 * second - first) / 15


def error_of(case: Case, small: bool, adjit: Found, jax: Found | None) -> str:
    if "failed" in adjit:
        return ""
    found = adjit["gradient"]
    if jax is not None and "failed" not in jax:
        pairs = list(zip(found, jax["gradient"], strict=True))
    else:
        args = case.arguments(case.small if small else case.medium)
        rng = np.random.default_rng(2)
        pairs = []
        for _ in range(2):
            v = [rng.normal(size=part.shape) / np.sqrt(part.size) for part in found]
            along = sum(np.sum(part * to) for part, to in zip(found, v, strict=True))
            pairs.append((along, np.float64(difference(case, args, v))))
    largest = max(np.max(np.abs(expected)) for _, expected in pairs)
    worst = max(np.max(np.abs(part - expected)) for part, expected in pairs)
    return f"{worst / largest:.1e}"


def cell(found: Found | None, key: str, unit: float) -> str:
    if found is None:
        return ""
    if "failed" in found:
        return f"failed: {found['failed'][:90].replace('|', '/')}" if key == "warm" else ""
    return f"{found[key] * unit:.3f}"


def ratio(above: Found | None, below: Found | None) -> str:
    if above is None or below is None or "failed" in above or "failed" in below:
        return ""
    return f"{above['warm'] / below['warm']:.2f}"


def row(case: Case, small: bool, with_jax: bool) -> str:
    numpy, numba, adjit = (in_a_process(name, case, small) for name in ("numpy", "numba", "adjit"))
    jax = in_a_process("jax", case, small) if with_jax else None
    cells = [
        case.name,
        cell(numpy, "warm", 1e3),
        cell(numba, "warm", 1e3),
        cell(adjit, "warm", 1e3),
        cell(adjit, "first", 1.0),
        cell(jax, "warm", 1e3),
        cell(jax, "first", 1.0),
        ratio(adjit, numba),
        ratio(jax, adjit),
        error_of(case, small, adjit, jax),
    ]
    return f"| {' | '.join(cells)} |"


def main(names: list[str], small: bool, with_jax: bool) -> None:
    if with_jax and importlib.util.find_spec("jax") is None:
        print("JAX is not installed: its columns stay empty (pip install jax).\n")
        with_jax = False
    print(f"| {' | '.join(HEAD + RATIOS)} |")
    print("|---" + "|---:" * (len(HEAD + RATIOS) - 1) + "|", flush=True)
    for name in names or CASES:
        print(row(CASES[name], small, with_jax), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", metavar="case", help="all if none is named")
    parser.add_argument("--small", action="store_true", help="the sizes of the tests")
    parser.add_argument("--no-jax", action="store_true")
    parser.add_argument("--measure", choices=SYSTEMS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    options = parser.parse_args()
    unknown = [name for name in options.cases if name not in CASES]
    if unknown:
        parser.error(f"no case {', '.join(unknown)}; there are {', '.join(CASES)}")
    if options.measure:
        measure(options.measure, CASES[options.cases[0]], options.small, options.folder)
    else:
        main(options.cases, options.small, not options.no_jax)
