"""The machine: its description, its threads, and the two peaks that limit every program.

Copy bandwidth counts what is read and what is written. It depends on where the data fits, so it
is measured at several footprints; the flop rate is that of a large matrix product.
"""

from __future__ import annotations

import os
import platform
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

FOOTPRINTS = (2**15, 2**18, 2**20, 2**22, 2**24, 2**26, 2**29)
"""Bytes read and written in all, from the first cache to memory."""
PACKAGES = ("numpy", "scipy", "numba", "llvmlite", "jax", "jaxlib", "torch", "autograd", "casadi")


@dataclass(frozen=True)
class Peaks:
    threads: int
    bandwidths: dict[int, float]
    """Bytes a second, by footprint."""
    flops: dict[str, float]
    """Operations a second, by dtype."""

    def bandwidth(self, footprint: int) -> float:
        """At the nearest footprint that was measured and is no smaller."""
        above = [size for size in sorted(self.bandwidths) if size >= footprint]
        return self.bandwidths[above[0] if above else max(self.bandwidths)]

    def limit(self, moved: int, flops: float | None, dtype: str) -> float:
        """Seconds below which no program can move these bytes and do these operations."""
        return max(moved / self.bandwidth(moved), (flops or 0.0) / self.flops[dtype])


def available_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def keep_to(threads: int) -> None:
    """Binds this process to as many cores as it has threads, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def environment(threads: int) -> dict[str, str]:
    """What libraries read when they start. XLA takes its threads from NPROC. What an earlier run
    compiled and left on disk is not used: it would make first calls those of that run."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
    found = {name: str(threads) for name in (*names, "VECLIB_MAXIMUM_THREADS", "NPROC")}
    found.update(
        ADJIT_CACHE="off",
        JAX_ENABLE_COMPILATION_CACHE="false",
        TORCHINDUCTOR_FORCE_DISABLE_CACHES="1",
    )
    if threads == 1:
        given = os.environ.get("XLA_FLAGS", "")
        found["XLA_FLAGS"] = f"{given} --xla_cpu_multi_thread_eigen=false".strip()
    return found


def processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def last_cache() -> int:
    """Bytes of the largest cache; 32 MiB where the system does not say."""
    sizes = []
    for path in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size"):
        text = path.read_text().strip()
        if text.endswith("K"):
            sizes.append(int(text[:-1]) * 2**10)
    return max(sizes, default=2**25)


def versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "adjit": version("adjit") or "unknown"}
    found.update({name: text for name in PACKAGES if (text := version(name))})
    return found


def version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def commit() -> str | None:
    """Of the checkout that adjit is imported from; read without git, which may be missing."""
    folder = Path(__file__).resolve().parents[1] / ".git"
    try:
        head = (folder / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head
        name = head.removeprefix("ref: ")
        if (folder / name).exists():
            return (folder / name).read_text().strip()
        for line in (folder / "packed-refs").read_text().splitlines():
            if line.endswith(" " + name):
                return line.split()[0]
    except OSError:
        pass
    return None


def describe() -> dict[str, Any]:
    return {
        "processor": processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": available_cores(),
        "last_cache": last_cache(),
    }


# --- the peaks, in a process with its threads set -------------------------------------------


def measure_peaks(threads: int, quick: bool) -> Peaks:
    footprints = FOOTPRINTS[:4] if quick else FOOTPRINTS
    seconds = 0.01 if quick else 0.1
    copy = compiled_copy()
    bandwidths = {size: copy_bandwidth(copy, size, threads, seconds) for size in footprints}
    size = 256 if quick else 2048
    flops = {
        dtype: product_rate(size, dtype, 3 if quick else 5) for dtype in ("float64", "float32")
    }
    return Peaks(threads, bandwidths, flops)


def compiled_copy() -> Callable[[np.ndarray, np.ndarray, int], None]:
    """Copies there and back, without the GIL: a call of NumPy for each would be the measure."""
    import numba

    @numba.njit(nogil=True)
    def copy(a, b, times):  # type: ignore[no-untyped-def]
        for _ in range(times):
            for i in range(a.size):
                b[i] = a[i]
            for i in range(a.size):
                a[i] = b[i]

    copy(np.zeros(8), np.zeros(8), 1)
    return copy


def copy_bandwidth(
    copy: Callable[[np.ndarray, np.ndarray, int], None], footprint: int, threads: int, budget: float
) -> float:
    """Bytes a second that all threads move together, the best of five."""
    count = max(footprint // (16 * threads), 1)
    pairs = [(np.zeros(count), np.ones(count)) for _ in range(threads)]
    moved = 2 * 16 * count

    def run(times: int) -> float:
        barrier = threading.Barrier(threads)
        spans: list[tuple[float, float]] = []

        def one(a: np.ndarray, b: np.ndarray) -> None:
            barrier.wait()
            start = time.perf_counter()
            copy(a, b, times)
            spans.append((start, time.perf_counter()))

        workers = [threading.Thread(target=one, args=pair) for pair in pairs]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return max(end for _, end in spans) - min(start for start, _ in spans)

    times = 1
    while run(times) < budget and times < 2**24:
        times *= 2
    return max(moved * times * threads / run(times) for _ in range(5))


def product_rate(size: int, dtype: str, repeat: int) -> float:
    a, b = np.ones((size, size), dtype), np.ones((size, size), dtype)
    best = 0.0
    for _ in range(repeat):
        start = time.perf_counter()
        a @ b
        best = max(best, 2.0 * size**3 / (time.perf_counter() - start))
    return best
