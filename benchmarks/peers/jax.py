"""JAX: `jit(value_and_grad)`, with the data on the device and the results waited for.

Those of one call come from one executable, so that waiting for the value waits for all.
"""

from __future__ import annotations

import jax
import jax.numpy as arrays
import numpy as np

from ..case import Arguments, Case, leaves, mapped
from ..suites.loops import number_of
from . import Answer, Prepared, Program, program, program_or_numpy


def start(threads: int) -> None:
    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_platforms", "cpu")
    jax.jit(lambda x: x + 1.0)(np.ones(3)).block_until_ready()


def find(case: Case) -> Program:
    if case.suite == "loops":
        return number_of(case.function, program("jax", case))
    return program_or_numpy("jax", case, arrays)


def prepare(program: Program, case: Case, args: Arguments) -> Prepared:
    static = tuple(i for i, arg in enumerate(args) if isinstance(arg, int))
    on_device = mapped(lambda leaf: leaf if isinstance(leaf, int) else jax.device_put(leaf), args)
    both = jax.jit(jax.value_and_grad(program, argnums=case.argnums), static_argnums=static)

    def call():  # type: ignore[no-untyped-def]
        out = both(*on_device)
        out[0].block_until_ready()
        return out

    return Prepared(call, lambda out: Answer(float(out[0]), leaves(out[1])))


def cached(folder: str) -> dict[str, str]:
    return {
        "JAX_ENABLE_COMPILATION_CACHE": "true",
        "JAX_COMPILATION_CACHE_DIR": folder,
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }
