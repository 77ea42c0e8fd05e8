"""``check_grads``: derivatives against central differences along random directions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .containers import flatten, rebuild
from .errors import AdjitError, error
from .products import jvp, vjp

STEPS = {8: 2e-3, 4: 6e-2}
"""Largest step of the differences, by itemsize of the dtype, relative to the argument."""


class GradientMismatchError(AdjitError, AssertionError):
    """A derivative that differs from differences; the message holds both numbers."""


@dataclass(frozen=True)
class Comparison:
    """A derivative beside differences; ``error`` and ``limit`` are of the worst number."""

    what: str
    found: np.ndarray
    expected: np.ndarray
    error: float
    limit: float

    @property
    def agrees(self) -> bool:
        return self.error <= self.limit


def check_grads(
    fun: Callable[..., Any],
    args: Sequence[Any],
    order: int = 2,
    modes: Sequence[str] = ("fwd", "rev"),
    rtol: float | None = None,
    atol: float | None = None,
    seed: int = 0,
) -> None:
    """Compares the derivatives of ``fun`` at ``args`` with central differences.

    ``fun`` is called as it is for the first order, so the values are NumPy's own. ``modes``:
    ``"fwd"`` checks ``jvp``, ``"rev"`` checks ``vjp``; higher orders check every combination.
    Differences are extrapolated (Richardson), so the default tolerances are 1e-6 in f64 and
    2e-2 in f32. Raises :class:`GradientMismatchError` with both numbers.
    """
    for each in comparisons(fun, args, order, modes, rtol, atol, seed):
        if not each.agrees:
            text = f"{each.what}: {each.found} where differences give {each.expected}"
            raise GradientMismatchError(text)


def comparisons(
    fun: Callable[..., Any],
    args: Sequence[Any],
    order: int = 2,
    modes: Sequence[str] = ("fwd", "rev"),
    rtol: float | None = None,
    atol: float | None = None,
    seed: int = 0,
) -> Iterator[Comparison]:
    """What ``check_grads`` compares, one after the other."""
    for mode in modes:
        if mode not in ("fwd", "rev"):
            raise ValueError(f"modes are 'fwd' and 'rev', not {mode!r}")
    if not callable(fun):
        raise error("not_callable", type=type(fun).__name__)
    if not isinstance(args, tuple | list):
        wanted = "a tuple of the arguments"
        raise error("structure", got=f"a {type(args).__name__}", what="args", wanted=wanted)
    rng = np.random.default_rng(seed)
    name = getattr(fun, "__name__", "function")
    if not any(_is_float(leaf) for leaf in flatten(tuple(args))[0]):
        raise error("nothing", name=name)
    yield from _check(fun, tuple(args), order, tuple(modes), (rtol, atol), rng, name)


def _check(
    fun: Callable[..., Any],
    args: tuple,
    order: int,
    modes: tuple[str, ...],
    tolerance: tuple[float | None, float | None],
    rng: np.random.Generator,
    what: str,
) -> Iterator[Comparison]:
    if order < 1:
        return
    direction = _random_like(args, rng)
    expected = _differences(fun, args, direction)
    weights = _random_like(fun(*args), rng)
    # A float32 anywhere on the way is the precision of all that comes out.
    single = any(x.real.dtype == np.float32 for x in _floats((direction, weights)))
    default = 2e-2 if single else 1e-6
    limits = tuple(default if limit is None else limit for limit in tolerance)
    for mode in modes:
        if mode == "fwd":
            found = _floats(jvp(fun, args, direction)[1])
            yield from _compare(found, expected, limits, f"jvp of {what}")
            follow = _pushed(fun, direction)
        else:
            pulled = vjp(fun, *args)[1](weights)
            left = _inner(_floats(pulled), _floats(direction))
            right = _inner(_floats(weights), expected)
            scale = _inner(
                [np.abs(x) for x in _floats(pulled)], [np.abs(x) for x in _floats(direction)]
            )
            pair = [np.asarray(left)], [np.asarray(right)]
            yield from _compare(*pair, limits, f"vjp of {what}", scale)
            follow = _pulled(fun, weights)
        label = "jvp" if mode == "fwd" else "vjp"
        yield from _check(follow, args, order - 1, modes, tolerance, rng, f"{label} of {what}")


def _pushed(fun: Callable[..., Any], direction: tuple) -> Callable[..., Any]:
    def pushed(*args: Any) -> Any:
        return jvp(fun, args, direction)[1]

    return pushed


def _pulled(fun: Callable[..., Any], weights: Any) -> Callable[..., Any]:
    def pulled(*args: Any) -> Any:
        return vjp(fun, *args)[1](weights)

    return pulled


def _is_float(leaf: Any) -> bool:
    return isinstance(leaf, float | complex | np.inexact) or (
        isinstance(leaf, np.ndarray) and leaf.dtype.kind in "fc"
    )


def _floats(item: Any) -> list[np.ndarray]:
    return [np.asarray(leaf) for leaf in flatten(item)[0] if _is_float(leaf)]


def _random_like(item: Any, rng: np.random.Generator) -> Any:
    """Random numbers in the structure of ``item``; None for what is no float."""
    leaves, structure = flatten(item)
    found: list[Any] = []
    for leaf in leaves:
        if not _is_float(leaf):
            found.append(None)
            continue
        array = np.asarray(leaf)
        move = _random(array.shape, rng)
        if array.dtype.kind == "c":
            move = move + 1j * _random(array.shape, rng)
        found.append(move.astype(array.dtype))
        if type(leaf) in (float, complex):
            found[-1] = move.item()
    return rebuild(structure, found)


def _random(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Numbers of both signs, away from 0."""
    return np.asarray(rng.uniform(0.5, 1.0, shape) * rng.choice([-1, 1], shape))


def _differences(fun: Callable[..., Any], args: tuple, direction: tuple) -> list[np.ndarray]:
    """d/dh fun(args + h * direction) at 0, extrapolated from three step sizes."""
    leaves, structure = flatten(args)
    moves = flatten(direction)[0]
    single = any(np.asarray(leaf).real.dtype == np.float32 for leaf in leaves if _is_float(leaf))
    base = STEPS[4 if single else 8]

    def at(h: float) -> list[np.ndarray]:
        moved = []
        for leaf, move in zip(leaves, moves, strict=True):
            if move is None:
                moved.append(leaf.copy() if isinstance(leaf, np.ndarray) else leaf)
            elif type(leaf) in (float, complex):
                moved.append(leaf + h * move)
            else:
                moved.append((leaf + h * move).astype(np.asarray(leaf).dtype)[()])
        return [
            x.astype(np.result_type(x, np.float64))
            for x in _floats(fun(*rebuild(structure, moved)))
        ]

    def central(h: float) -> list[np.ndarray]:
        return [(y - x) / (2 * h) for x, y in zip(at(-h), at(h), strict=True)]

    first, second, third = (central(base / 2**k) for k in range(3))
    found = []
    for d0, d1, d2 in zip(first, second, third, strict=True):
        e0, e1 = (4 * d1 - d0) / 3, (4 * d2 - d1) / 3
        found.append((16 * e1 - e0) / 15)
    return found


def _inner(x: list[np.ndarray], y: list[np.ndarray]) -> float:
    """The real part of the sum of products: what a cotangent makes of a tangent."""
    pairs = zip(x, y, strict=True)
    return float(sum(np.sum(a * b, dtype=np.complex128).real for a, b in pairs))


def _compare(
    found: list[np.ndarray],
    expected: list[np.ndarray],
    limits: tuple[float, ...],
    what: str,
    scale: float = 0.0,
) -> Iterator[Comparison]:
    rtol, atol = limits
    for x, y in zip(found, expected, strict=True):
        size = max(scale, float(np.max(np.abs(y), initial=0.0)))
        errors = np.abs(x - y)
        limits_here = atol + rtol * np.maximum(np.abs(y), size) + np.zeros(errors.shape)
        # NaN is no number that agrees, and the worst of all.
        excess = np.nan_to_num(errors - limits_here, nan=np.inf)
        worst = np.unravel_index(np.argmax(excess), excess.shape) if excess.size else None
        error = np.nan_to_num(errors[worst], nan=np.inf) if worst is not None else 0.0
        limit = limits_here[worst] if worst is not None else 0.0
        yield Comparison(what, x, y, float(error), float(limit))
