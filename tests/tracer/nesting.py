"""Functions element by element with known derivatives, and transforms as what they make of these.

A function is known by its derivatives of all orders at the elements of ``X`` (``jets``). Each
transform of a function has a row in ``TRANSFORMS``: how it is written, and what becomes of the
derivatives. So any nest of transforms has a wanted value that does not depend on adjit.
"""

from __future__ import annotations

from collections.abc import Callable
from math import comb
from typing import Any

import numpy as np

from adjit import (
    checkpoint,
    custom_jvp,
    custom_vjp,
    elementwise_grad,
    gnvp,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacrev,
    jit,
    jvp,
    linearize,
    stop_gradient,
    value_and_grad,
    vjp,
)
from adjit.ir.interpret import interpret
from adjit.ir.verify import verify
from adjit.tracer.compile import prepared
from adjit.tracer.record import record
from adjit.tracer.signature import Signature

Function = Callable[[Any], Any]
Jet = list[np.ndarray]

X = np.array([0.4, 1.1, 0.7])
ORDER = 9


# --- functions --------------------------------------------------------------------------------


def smooth(x: Any) -> Any:
    return np.sin(1.3 * x) + x**3


def looped(x: Any) -> Any:
    """x**5, by writes into an array in a loop; each element by itself."""
    y = np.ones((5, 3))
    y[0] = x
    for i in range(1, 5):
        y[i] = y[i - 1] * x
        y[i] *= 1.0
    return y[4]


def ended(x: Any) -> Any:
    """x**4, by a loop that a condition ends, with a branch inside."""
    y, power = x, 1.0
    while power < 3.5:
        if power > 10:
            y = y + 1.0
        y = y * x
        power = power + 1.0
    return y


def _powers(n: int) -> Jet:
    found = []
    for k in range(ORDER):
        factor = np.prod(np.arange(n - k + 1, n + 1, dtype=float)) if k <= n else 0.0
        found.append(factor * X ** max(n - k, 0))
    return found


def _sine() -> Jet:
    return [1.3**k * np.sin(1.3 * X + k * np.pi / 2) for k in range(ORDER)]


FUNCTIONS: dict[str, tuple[Function, Jet]] = {
    "smooth": (smooth, [a + b for a, b in zip(_sine(), _powers(3), strict=True)]),
    "looped": (looped, _powers(5)),
    "ended": (ended, _powers(4)),
}


# --- transforms -------------------------------------------------------------------------------


def _total(f: Function) -> Function:
    return lambda x: np.sum(f(x))


def _ones(x: Any) -> Any:
    return np.ones(3)


def _tripled_forward(f: Function) -> Function:
    """``f`` with a rule that triples its derivative."""
    y = custom_jvp(f)
    y.defjvp(lambda xs, ts: (f(xs[0]), 3.0 * jvp(f, xs, ts)[1]))
    return y


def _tripled_reverse(f: Function) -> Function:
    y = custom_vjp(f)
    y.defvjp(lambda x: (f(x), x), lambda x, g: (3.0 * vjp(f, x)[1](g)[0],))
    return y


def _product(a: Jet, b: Jet) -> Jet:
    count = min(len(a), len(b))
    return [
        sum((comb(k, j) * a[j] * b[k - j] for j in range(k + 1)), np.zeros(3)) for k in range(count)
    ]


def _once(jet: Jet) -> Jet:
    return jet[1:]


def _twice(jet: Jet) -> Jet:
    return jet[2:]


def _same(jet: Jet) -> Jet:
    return jet


TRANSFORMS: dict[str, tuple[Callable[[Function], Function], Callable[[Jet], Jet]]] = {
    "grad": (lambda f: lambda x: grad(_total(f))(x), _once),
    "value_and_grad": (lambda f: lambda x: value_and_grad(_total(f))(x)[1], _once),
    "elementwise_grad": (lambda f: elementwise_grad(f), _once),
    "vjp": (lambda f: lambda x: vjp(f, x)[1](np.ones(3))[0], _once),
    "jvp": (lambda f: lambda x: jvp(f, (x,), (np.ones(3),))[1], _once),
    "linearize": (lambda f: lambda x: linearize(f, x)[1](np.ones(3)), _once),
    "jacrev": (lambda f: lambda x: np.diagonal(jacrev(f)(x)), _once),
    "jacfwd": (lambda f: lambda x: np.diagonal(jacfwd(f)(x)), _once),
    "hessian": (lambda f: lambda x: np.diagonal(hessian(_total(f))(x)), _twice),
    "hvp": (lambda f: lambda x: hvp(_total(f), x, np.ones(3)), _twice),
    "gnvp": (
        lambda f: lambda x: gnvp(f, x, np.ones(3)),
        lambda jet: _product(jet[1:], jet[1:]),
    ),
    "jit": (lambda f: jit(f), _same),
    "checkpoint": (lambda f: checkpoint(f), _same),
    "stop_gradient": (
        lambda f: lambda x: f(x) + stop_gradient(f(x)),
        lambda jet: [2 * jet[0], *jet[1:]],
    ),
    "custom_jvp": (_tripled_forward, lambda jet: [jet[0], *[3 * d for d in jet[1:]]]),
    "custom_vjp": (_tripled_reverse, lambda jet: [jet[0], *[3 * d for d in jet[1:]]]),
}
"""How a transform of a function is written, and what it makes of its derivatives."""

PUSHING = {"jvp", "linearize", "jacfwd", "gnvp", "custom_jvp"}
"""Transforms that take a forward derivative of what is inside, which custom_vjp has not."""

FORWARD = PUSHING | {"hessian", "hvp"}
"""Those, and the ones that take it of a reverse derivative."""


def nested(names: tuple[str, ...], function: str) -> tuple[Function, np.ndarray]:
    """Transforms, the outermost first, of a function, and the value that they have at ``X``."""
    f, jet = FUNCTIONS[function]
    for name in reversed(names):
        transform, becomes = TRANSFORMS[name]
        f, jet = transform(f), becomes(jet)
    return f, jet[0]


def interpreted(f: Function, *args: Any) -> Any:
    """What a function computes, recorded and run by the reference interpreter."""
    arguments = Signature(f).arguments(args, {})
    recording, _ = record(f, arguments)
    graph = verify(prepared(recording.graph))
    inputs = [
        arguments.leaves[key].array if isinstance(key, int) else key.read()  # type: ignore[attr-defined]
        for key in recording.keys
    ]
    return recording.result.rebuild(interpret(graph, inputs))
