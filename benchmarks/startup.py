"""Fresh Python processes, from their start to their exit: a script of a user, or an import.

Each process of a cold case has an empty folder for compiled code; those of a warm case have one
together, which the first of them fills. Bytecode is on disk after the first, for everyone.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from .case import Case, differentiated
from .peers import Answer, NoProgramError, Peer, Prepared

PROGRAMS = Path(__file__).parent / "programs"

Cached = Callable[[str], dict[str, str]]


def prepare(peer: Peer, driver: object, case: Case, folder: Path) -> Prepared:
    """A call is a process that runs the script of a case; the script prints the value and the
    elements of the gradient."""
    script = PROGRAMS / peer.driver.rpartition(".")[2] / f"{case.module}.py"
    cached: Cached | None = getattr(driver, "cached", None)
    if not script.exists() or (case.warm and cached is None):
        raise NoProgramError
    shapes = [leaf.shape for leaf in differentiated(case, case.arguments())]
    kept = tempfile.mkdtemp(prefix=f"{case.name}-", dir=folder)

    def call() -> str:
        variables = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
        variables.pop("PYTHONDONTWRITEBYTECODE", None)
        if cached is not None:
            variables |= cached(kept if case.warm else tempfile.mkdtemp(dir=kept))
        # -P: the script's own folder, whose files have the names of libraries, is no place to
        # import from.
        done = subprocess.run(
            [sys.executable, "-P", str(script)], env=variables, capture_output=True, text=True
        )
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines() or ["nothing was said"]
            raise RuntimeError(f"exit status {done.returncode}: {lines[-1]}")
        return done.stdout

    def answer(printed: str) -> Answer | None:
        if not printed.strip():
            return None
        value, *elements = (float(word) for word in printed.split())
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
        flat = np.split(np.array(elements), ends[:-1])
        return Answer(value, [part.reshape(s) for part, s in zip(flat, shapes, strict=True)])

    return Prepared(call, answer)
