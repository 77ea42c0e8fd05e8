"""JAX: `jit(value_and_grad)`, with the data on the device and the results waited for."""

from __future__ import annotations

import jax
import jax.numpy as arrays
import numpy as np

from ..case import Arguments, Case
from ..programs.translate import on_module
from ..suites.loops import number_of
from . import Answer, NoProgramError, Prepared, program


def start(threads: int) -> None:
    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_platforms", "cpu")
    jax.jit(lambda x: x + 1.0)(np.ones(3)).block_until_ready()


def prepare(case: Case, args: Arguments) -> Prepared:
    found = program("jax", case)
    if found is None:
        if not case.pure:
            raise NoProgramError
        found = getattr(on_module(case.fun.__module__, arrays), case.fun.__name__)
    elif case.suite == "loops":
        found = number_of(case.function, found)
    static = tuple(i for i, arg in enumerate(args) if isinstance(arg, int))
    on_device = jax.tree.map(
        lambda leaf: leaf if isinstance(leaf, int) else jax.device_put(leaf), args
    )
    both = jax.jit(jax.value_and_grad(found, argnums=case.argnums), static_argnums=static)

    def answer(out):  # type: ignore[no-untyped-def]
        return Answer(float(out[0]), [np.asarray(part) for part in out[1]])

    return Prepared(lambda: jax.block_until_ready(both(*on_device)), answer)
