"""What is measured: a case is a NumPy program at one size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Size = tuple[int, ...]
Arguments = tuple[Any, ...]
"""Arrays, tuples of arrays, and the integers and floats that a program takes besides."""

Maker = Callable[[Size, np.random.Generator], Arguments]

ELEMENTARY = 20
"""Floating-point operations that an elementary function counts as: the polynomial that computes
it, with its range reduction. A convention, so that a limit can be stated at all."""


@dataclass(frozen=True)
class Case:
    """A program, its arguments at one size, and the least work that value and gradient are."""

    name: str
    suite: str
    fun: Callable[..., Any]
    """The NumPy program: returns a number."""
    make: Maker
    """The arguments of a size, in float64; integers among them are trip counts."""
    argnums: tuple[int, ...]
    """The positions of the arrays to differentiate by."""
    size: Size
    quick: Size
    """For tests: milliseconds."""
    flops: Callable[[Size], float] | None = None
    """Operations that value and gradient need at least; None where only the bytes are known."""
    dtype: str = "float64"
    programs: str = ""
    """The module with the program in each folder of `programs`; that of the suite if empty."""
    program: str = ""
    """The name of the program in there; that of `fun` if empty."""
    pure: bool = True
    """Changes no array in place: also runs as it is on other modules with NumPy's names."""
    step: float = 1e-3
    """Of central differences."""
    slack: float = 1.0
    """How many times the usual error the differences may be off."""

    @property
    def module(self) -> str:
        return self.programs or self.suite

    @property
    def function(self) -> str:
        return self.program or self.fun.__name__

    def size_of(self, quick: bool) -> Size:
        return self.quick if quick else self.size

    def arguments(self, quick: bool = False) -> Arguments:
        """The same numbers in every process, in the dtype of the case."""
        args = self.make(self.size_of(quick), np.random.default_rng(0))
        return tuple(cast(arg, self.dtype) for arg in args)


@dataclass(frozen=True)
class Suite:
    name: str
    title: str
    cases: tuple[Case, ...]


def cast(arg: Any, dtype: str) -> Any:
    """Floating-point arrays in another dtype; everything else as it is."""
    if isinstance(arg, tuple):
        return tuple(cast(part, dtype) for part in arg)
    if isinstance(arg, np.ndarray) and arg.dtype.kind == "f":
        return arg.astype(dtype, copy=False)
    return arg


def leaves(arg: Any) -> list[np.ndarray]:
    """The arrays of an argument, or of all."""
    if isinstance(arg, (tuple, list)):
        return [leaf for part in arg for leaf in leaves(part)]
    return [arg] if isinstance(arg, np.ndarray) else []


def least_bytes(case: Case, args: Arguments) -> int:
    """What value and gradient must move: each input read once, each gradient written once."""
    read = sum(leaf.nbytes for leaf in leaves(args))
    return read + sum(leaf.nbytes for position in case.argnums for leaf in leaves(args[position]))


def label(size: Size) -> str:
    """A size as part of a name: `1e6`, `2500`, `16k`, `1000x10`."""

    def one(number: int) -> str:
        digits = str(number)
        if number >= 10_000 and digits.strip("0") == "1":
            return f"1e{len(digits) - 1}"
        return f"{number // 1000}k" if number >= 10_000 and number % 1000 == 0 else digits

    return "x".join(one(number) if len(size) == 1 else str(number) for number in size)


def family(
    suite: str,
    fun: Callable[..., Any],
    make: Maker,
    sizes: Sequence[Size],
    quick: Size,
    dtype: str = "float64",
    **fields: Any,
) -> list[Case]:
    """A program at several sizes; `fields` are further fields of the cases."""
    suffix = "" if dtype == "float64" else "-f32"
    return [
        Case(
            name=f"{fun.__name__}-{label(size)}{suffix}",
            suite=suite,
            fun=fun,
            make=make,
            size=size,
            quick=quick,
            dtype=dtype,
            **fields,
        )
        for size in sizes
    ]
