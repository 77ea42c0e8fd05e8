"""Checks of derivatives against central differences, with autograd's tolerances.

`adjit.check_grads` is another thing: it takes other arguments, and steps that are larger.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import adjit
from adjit.tracer.containers import flatten

from .core import VSpace, floating, vspace
from .engine import SAMPLER
from .wrap_util import unary_to_nary

TOLERANCE = 1e-6
"""Absolute, and relative to the sum of both numbers."""
STEP = 1e-6


def scalar_close(x: Any, y: Any) -> bool:
    """Whether two numbers are equal but for rounding; a NaN equals nothing."""
    distance = abs(x - y)
    return bool(distance < TOLERANCE or distance / abs(x + y) < TOLERANCE)


def check_equivalent(x: Any, y: Any) -> None:
    """Two values of one space that agree along a random direction."""
    space = vspace(x)
    assert space == vspace(y), f"{space} and {vspace(y)}"
    v = space.randn()
    found, expected = space.inner_prod(v, x), space.inner_prod(v, y)
    assert scalar_close(found, expected), f"{found} and {expected}"


def differences(fun: Callable[..., Any], x: Any, v: Any) -> Any:
    """The derivative of ``fun`` at ``x`` along ``v``."""
    space = vspace(x)
    above = fun(space.add(x, space.scalar_mul(v, 0.5 * STEP)))
    below = fun(space.add(x, space.scalar_mul(v, -0.5 * STEP)))
    onto = vspace(above)
    return onto.scalar_mul(onto.add(above, onto.scalar_mul(below, -1.0)), 1.0 / STEP)


def check_value(found: Any, expected: Any, name: str) -> None:
    """The value that comes with a derivative is NumPy's."""
    for x, y in zip(flatten(found)[0], flatten(expected)[0], strict=True):
        same = np.shape(x) == np.shape(y) and np.allclose(x, y, 1e-7, 1e-9, equal_nan=True)
        assert same, f"value of {name}: {x} where NumPy gives {y}"


def check_vjp(fun: Callable[..., Any], x: Any) -> None:
    value, pullback = adjit.vjp(fun, x)
    check_value(value, fun(x), fun.__name__)
    of, onto = vspace(x), vspace(value)
    v, w = of.randn(), onto.randn()
    g = pullback(w)[0]
    _check_space("VJP", fun, vspace(g), of)
    found, expected = of.pairing(g, v), onto.pairing(w, differences(fun, x, v))
    _check_close("VJP", fun, found, expected, (x, v, w))


def check_jvp(fun: Callable[..., Any], x: Any) -> None:
    v = vspace(x).randn()
    value, t = adjit.jvp(fun, (x,), (v,))
    check_value(value, fun(x), fun.__name__)
    numeric = differences(fun, x, v)
    onto = vspace(numeric)
    _check_space("JVP", fun, vspace(t), onto)
    w = onto.randn()
    _check_close("JVP", fun, onto.pairing(w, t), onto.pairing(w, numeric), (x, v, w))


def _check_space(kind: str, fun: Callable[..., Any], found: VSpace, wanted: VSpace) -> None:
    text = f"({kind}) check of {fun.__name__} failed: it is in {found}, not in {wanted}"
    assert found == wanted, text


def _check_close(
    kind: str, fun: Callable[..., Any], found: float, expected: float, where: tuple
) -> None:
    text = f"({kind}) check of {fun.__name__} failed: {found} where differences give {expected}"
    assert scalar_close(found, expected), f"{text}, at {where}"


@unary_to_nary
def check_grads(
    fun: Callable[..., Any], x: Any, modes: Sequence[str] = ("fwd", "rev"), order: int = 2
) -> None:
    """Checks the derivatives of ``fun`` at ``x`` up to an order, in every combination of modes."""
    assert set(modes) <= {"fwd", "rev"}, modes
    x = floating(x)
    for mode in modes:
        with SAMPLER.together():
            (check_jvp if mode == "fwd" else check_vjp)(fun, x)
        if order == 1:
            continue
        if mode == "fwd":
            direction = vspace(x).randn()

            def derived(x: Any, v: Any) -> Any:
                return adjit.jvp(fun, (x,), (v,))[1]
        else:
            direction = vspace(fun(x)).randn()

            def derived(x: Any, v: Any) -> Any:
                return adjit.vjp(fun, x)[1](v)[0]

        derived.__name__ = f"{'jvp' if mode == 'fwd' else 'vjp'}_{fun.__name__}"
        check_grads(derived, (0, 1), modes, order - 1)(x, direction)


def combo_check(
    fun: Callable[..., Any], argnums: Sequence[int] = (0,), **options: Any
) -> Callable[..., None]:
    """Checks ``fun`` at every combination of the arguments that are listed.

    Each positional and keyword argument of the function that comes back is a list of candidates.
    """

    def check(*candidates: Sequence[Any], **named: Sequence[Any]) -> None:
        for args in itertools.product(*candidates):
            for values in itertools.product(*named.values()):
                kwargs = dict(zip(named, values, strict=True))
                check_grads(fun, tuple(argnums), **options)(*args, **kwargs)

    return check
