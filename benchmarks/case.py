"""What is measured: a case is a NumPy program at one size, and which of its times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

Size = tuple[int, ...]
Arguments = tuple[Any, ...]
"""Arrays, floats, containers of these, and the integers that a program takes besides."""

Maker = Callable[[Size, np.random.Generator], Arguments]

Timed = Literal["calls", "compilation", "process"]
"""`calls`: warm calls. `compilation`: first calls, each of a program that nothing has seen.
`process`: fresh Python processes, from their start to their exit."""

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
    """The positions of the arguments to differentiate by."""
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
    generated: bool = False
    """The text depends on the size: `fun`, and its like of each peer, makes the program of one."""
    timed: Timed = "calls"
    warm: bool = False
    """Of processes: what an earlier one compiled lies on disk."""
    training: bool = False
    """A call is a step of training, which changes the arguments: a peer's program takes them once
    and returns what is called, and the answer, whose gradient is by them."""
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

    def at(self, quick: bool) -> Case:
        """The case itself, or at its quick size."""
        return replace(self, size=self.quick) if quick else self

    def arguments(self) -> Arguments:
        """The same numbers in every process, in the dtype of the case."""
        args = self.make(self.size, np.random.default_rng(0))
        return tuple(cast(arg, self.dtype) for arg in args)

    def written(self, fun: Callable[..., Any]) -> Callable[..., Any]:
        """The program that is called; where it is generated, another one each time."""
        return fun(*self.size) if self.generated else fun


@dataclass(frozen=True)
class Suite:
    name: str
    title: str
    cases: tuple[Case, ...]


def mapped(function: Callable[[Any], Any], arg: Any) -> Any:
    """An argument, with something else in the place of each array and number; dicts are taken in
    the order of their keys."""
    if isinstance(arg, dict):
        return {key: mapped(function, arg[key]) for key in sorted(arg)}
    if isinstance(arg, (tuple, list)):
        return type(arg)(mapped(function, part) for part in arg)
    return function(arg)


def parts(arg: Any) -> list[Any]:
    """The arrays and numbers of an argument, in the order of `mapped`."""
    found: list[Any] = []
    mapped(found.append, arg)
    return found


def leaves(arg: Any) -> list[np.ndarray]:
    """The arrays and floats of an argument, or of all; integers are no numbers to compute with."""
    return [np.asarray(part) for part in parts(arg) if not isinstance(part, int)]


def cast(arg: Any, dtype: str) -> Any:
    """Floating-point arrays in another dtype; everything else as it is."""

    def one(leaf: Any) -> Any:
        floating = isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f"
        return leaf.astype(dtype, copy=False) if floating else leaf

    return mapped(one, arg)


def least_bytes(case: Case, args: Arguments) -> int:
    """What value and gradient must move: each input read once, each gradient written once."""
    return sum(leaf.nbytes for leaf in [*leaves(args), *differentiated(case, args)])


def differentiated(case: Case, args: Arguments) -> list[np.ndarray]:
    """What a case is differentiated by: the leaves of its `argnums`."""
    return leaves([args[position] for position in case.argnums])


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
