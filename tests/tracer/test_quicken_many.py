"""Many calls by machine code: of several threads at once, and a million of them."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from adjit import compile_grad


@compile_grad
def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def exact(x: np.ndarray) -> tuple[float, np.ndarray]:
    bend = x[1:] - x[:-1] ** 2
    g = np.zeros_like(x)
    g[:-1] = -400 * x[:-1] * bend - 2 * (1 - x[:-1])
    g[1:] += 200 * bend
    return float(np.sum(100 * bend**2 + (1 - x[:-1]) ** 2)), g


def test_calls_of_eight_threads() -> None:
    wrong: list[object] = []
    start = threading.Barrier(8)

    def work(seed: int) -> None:
        rng = np.random.default_rng(seed)
        start.wait()
        for _ in range(1250):
            x = rng.normal(size=10)
            value, g = rosenbrock(x)
            wanted, by_hand = exact(x)
            if not (np.isclose(value, wanted) and np.allclose(g, by_hand)):
                wrong.append((x, value, g))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert rosenbrock.entries


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_million_calls_leave_memory_where_it_was() -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1])  # pages

    x = np.linspace(0.5, 1.5, 10)
    for _ in range(1000):
        rosenbrock(x)
    before = resident()
    for _ in range(1_000_000):
        rosenbrock(x)
    assert resident() - before <= 64  # pages of 4 kB, of which a leak of a byte a call has 244
