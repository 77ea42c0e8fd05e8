"""Vector spaces and pullbacks of functions of one argument, by autograd's names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import adjit
from adjit.tracer.containers import flatten, rebuild

from .engine import install
from .tracer import primitive

__all__ = ["VSpace", "floating", "make_jvp", "make_vjp", "primitive", "primitive_vjps", "vspace"]

install()

primitive_vjps: dict[Any, Any] = {}
"""autograd's table of rules. adjit's rules belong to ops, so there is nothing in it to remove."""


class VSpace:
    """Where the values like one live: containers of arrays and numbers, leaf by leaf.

    A complex number is two real ones, and ``inner_prod`` a real number.
    """

    def __init__(self, value: Any) -> None:
        leaves, self.structure = flatten(value)
        self.spaces = [_space(leaf) for leaf in leaves]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VSpace) and (self.structure, self.spaces) == (
            other.structure,
            other.spaces,
        )

    def __repr__(self) -> str:
        return repr(rebuild(self.structure, self.spaces))

    @property
    def size(self) -> int:
        parts = [(2 if dtype.kind == "c" else 1) for _, dtype in self.spaces]
        return sum(
            part * int(np.prod(shape)) for part, (shape, _) in zip(parts, self.spaces, strict=True)
        )

    def _filled(self, fill: Callable[[tuple[int, ...]], Any], imaginary: bool) -> Any:
        found = []
        for shape, dtype in self.spaces:
            y: Any = np.asarray(fill(shape), np.float64)
            if dtype.kind == "c":
                y = y + 1j * np.asarray(fill(shape) if imaginary else np.zeros(shape))
            y = y.astype(dtype)
            found.append(y if shape else y[()])
        return rebuild(self.structure, found)

    def zeros(self) -> Any:
        return self._filled(np.zeros, True)

    def ones(self) -> Any:
        return self._filled(np.ones, True)

    def seed(self) -> Any:
        """Ones without an imaginary part: the cotangent of a sum."""
        return self._filled(np.ones, False)

    def randn(self) -> Any:
        return self._filled(lambda shape: np.random.randn(*shape), True)

    def standard_basis(self) -> Iterator[Any]:
        for number, (shape, dtype) in enumerate(self.spaces):
            for unit in (1.0, 1.0j) if dtype.kind == "c" else (1.0,):
                for index in np.ndindex(*shape):
                    leaves = flatten(self.zeros())[0]
                    one = np.asarray(leaves[number])
                    one[index] = unit
                    leaves[number] = one if shape else one[()]
                    yield rebuild(self.structure, leaves)

    def add(self, x: Any, y: Any) -> Any:
        xs, ys = flatten(x)[0], flatten(y)[0]
        return rebuild(self.structure, [a + b for a, b in zip(xs, ys, strict=True)])

    def scalar_mul(self, x: Any, a: Any) -> Any:
        return rebuild(self.structure, [leaf * a for leaf in flatten(x)[0]])

    def inner_prod(self, x: Any, y: Any) -> Any:
        total = 0.0
        for a, b in zip(flatten(x)[0], flatten(y)[0], strict=True):
            total = total + np.sum(np.real(np.conj(a) * b))
        return total

    def pairing(self, g: Any, t: Any) -> float:
        """What a cotangent makes of a tangent: bilinear, the real part."""
        pairs = zip(flatten(g)[0], flatten(t)[0], strict=True)
        return float(sum(np.sum(np.real(np.multiply(a, b))) for a, b in pairs))


vspace = VSpace


def _space(leaf: Any) -> tuple[tuple[int, ...], np.dtype]:
    array = np.asarray(leaf)
    if array.dtype.kind not in "fciub":
        raise TypeError(f"no vector space for {type(leaf).__name__}")
    real = array.dtype.kind in "iub"
    return array.shape, np.dtype(np.float64) if real else array.dtype


def floating(x: Any) -> Any:
    """``x`` with floats for the integers in it, which autograd differentiates by as such."""
    leaves, structure = flatten(x)
    return rebuild(structure, [_floating(leaf) for leaf in leaves])


def _floating(leaf: Any) -> Any:
    if isinstance(leaf, int | np.integer) and not isinstance(leaf, bool):
        return float(leaf)
    if isinstance(leaf, np.ndarray) and leaf.dtype.kind in "iu":
        return leaf.astype(np.float64)
    return leaf


def make_vjp(fun: Callable[..., Any], x: Any) -> tuple[Callable[[Any], Any], Any]:
    """``(pullback, value)`` of a function of one argument."""
    value, pullback = adjit.vjp(fun, floating(x))
    return lambda g: pullback(g)[0], value


def make_jvp(fun: Callable[..., Any], x: Any) -> Callable[[Any], tuple[Any, Any]]:
    """A function of a tangent that returns ``(value, tangent)``."""
    return lambda v: adjit.jvp(fun, (floating(x),), (v,))
