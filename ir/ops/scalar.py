"""What the rows of pointwise ops are written with.

Lowerings receive the code generator's scalar emitter ``e`` (``e.b`` is the LLVM builder,
``e.kind`` the kind of number: ``f i u b``) and the scalars; they import nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def inst(**by_kind: str) -> Callable[..., Any]:
    """One LLVM instruction, by kind of number."""
    return lambda e, *xs: getattr(e.b, by_kind[e.kind])(*xs)


def elementary(name: str) -> Callable[..., Any]:
    """A function of `codegen.elementary`, or libm's where that is as good."""
    return lambda e, *xs: e.elementary(name, *xs)


def special(name: str) -> Callable[..., Any]:
    """SciPy's function of that name, called by its C function."""
    return lambda e, *xs: e.special(name, *xs)


def intrinsic(name: str) -> Callable[..., Any]:
    return lambda e, *xs: e.intrinsic(name, *xs)


def compare(sign: str) -> Callable[..., Any]:
    return lambda e, x, y: e.compare(sign, x, y)


def quiet(function: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's function without its floating-point warnings: native code has none either."""

    def reference(*args: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*args)

    return reference


def scipy(name: str) -> Callable[..., Any]:
    """SciPy's function without its warnings. It is imported when first called: slowly."""

    def reference(*args: Any) -> Any:
        import scipy.special

        with np.errstate(all="ignore"):
            return getattr(scipy.special, name)(*args)

    return reference
