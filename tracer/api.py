"""The public functions; see docs/guide.md for how they behave together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, overload

from ..codegen.call import Options
from .containers import flatten, rebuild
from .current import current_trace, recorder
from .transforms import (
    Argnums,
    Compiled,
    Gradient,
    GradientAlone,
    checked_argnums,
    checked_options,
    kept,
)


@overload
def compile_grad(
    fun: Callable[..., Any],
    *,
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    threads: int | None = None,
    libm: bool = False,
) -> Gradient: ...


@overload
def compile_grad(
    fun: None = None,
    *,
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    threads: int | None = None,
    libm: bool = False,
) -> Callable[[Callable[..., Any]], Gradient]: ...


def compile_grad(
    fun: Callable[..., Any] | None = None,
    *,
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    threads: int | None = None,
    libm: bool = False,
) -> Any:
    """Compiles a NumPy function so that a call returns ``(value, gradient)``.

    Use it as ``@compile_grad``, ``@compile_grad(argnums=...)`` or as a function. The function
    must return a real scalar (an array of size one is accepted), with ``has_aux`` a pair of
    that and anything else; the call then returns ``((value, aux), gradient)``.

    ``argnums`` is a position, a parameter name, or a tuple of these; with a tuple the gradient
    is a tuple. A gradient has the structure, shapes and dtypes of its argument. Integer
    arguments cannot be differentiated by (TypeError). The first call with arguments of a new
    structure, dtype or shape, and a call that takes a new branch, records and compiles.

    The result has ``.value(*args)``, ``.grad(*args, out=None)``, ``.explain()`` and the stages
    ``.graph .adjoint .schedule .llvm .asm``, all taking the function's own arguments. ``out=``
    names arrays that receive the gradient.

    The gradient by a complex argument ``z = x + 1j*y`` is ``df/dx - 1j*df/dy``, as in JAX and
    autograd. With ``holomorphic=True`` arguments and result are complex, and the gradient is the
    complex derivative.

    Large loops run on ``threads`` threads, by default ``NUMBA_NUM_THREADS`` or as many as there
    are cores; the result does not depend on how many. With ``libm=True`` the elementary functions
    (exp, sin, ...) are those of the C library to the last bit, one element at a time, in the
    place of vector code that is within 2 ulp (units in the last place) of the exact value.
    """
    options, mode = Options(threads, libm), _mode(holomorphic)
    if fun is None:
        return lambda function: Gradient(function, argnums, mode, has_aux, options)
    return Gradient(fun, argnums, mode, has_aux, options)


def _mode(holomorphic: bool) -> str:
    return "holomorphic" if holomorphic else "gradient"


def value_and_grad(
    fun: Callable[..., Any],
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> Gradient:
    """``compile_grad`` as a function: ``value_and_grad(fun)(x)`` is ``(value, gradient)``.

    Asked twice for the same function it returns the same object, so that
    ``value_and_grad(fun)(x)`` in a loop compiles once.
    """
    wanted, mode = checked_argnums(argnums), _mode(holomorphic)
    found: Gradient = kept(
        fun, (mode, wanted, has_aux), lambda: Gradient(fun, wanted, mode, has_aux)
    )
    return found


def grad(
    fun: Callable[..., Any],
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> GradientAlone:
    """A function that returns the gradient of a real scalar function, compiled.

    ``argnums`` and ``holomorphic`` as in :func:`compile_grad`; with ``has_aux`` it returns
    ``(gradient, aux)``.
    """
    return value_and_grad(fun, argnums, has_aux, holomorphic).grad


def jit(fun: Callable[..., Any], *, threads: int | None = None, libm: bool = False) -> Compiled:
    """A NumPy function of any result, compiled without derivatives.

    ``threads`` and ``libm`` as in :func:`compile_grad`. Asked twice for the same function it
    returns the same object.
    """
    options = checked_options(Options(threads, libm))
    found: Compiled = kept(
        fun, ("jit", options), lambda: Compiled(fun, 0, "value", options=options)
    )
    return found


def stop_gradient(x: Any) -> Any:
    """``x``, with derivative zero; containers leaf by leaf."""
    leaves, structure = flatten(x)
    if current_trace() is None:
        if recorder(leaves) is None:
            return x
        return rebuild(structure, [v if recorder([v]) is None else v.detach() for v in leaves])
    from ..ir.ops import stop_gradient as stop
    from .array import Array, wrap

    return rebuild(
        structure, [wrap(stop(v.value), v.weak) if isinstance(v, Array) else v for v in leaves]
    )
