"""The lecture's products with derivatives: rows of a table of VJPs, and Hessian times vector.

A vector-Jacobian product takes the cotangent ``g`` of a result to cotangents of the arguments,
without the Jacobian. The first five rows are those that D. Merkulov's lecture (fmin.xyz) quotes
from autodidact: arithmetic of two arrays that broadcast, so that cotangents are summed back to
the arguments' shapes. The next ones are the lecture's examples. Then there is the Hessian-vector
product by the identity ``∇²f(w) v = ∇[w -> ∇f(w)·v]``, beside other orders of differentiation and
beside central differences, whose error is plotted.

Run: ``python examples/lecture_products.py [PNG]`` (by default ``lecture_products.png`` in the
current folder)
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from adjit import grad, hessian, hvp, jvp, vjp

# --- vector-Jacobian products ---------------------------------------------------------------


def unbroadcast(x: np.ndarray, g: np.ndarray) -> np.ndarray:
    """``g`` summed over the axes along which ``x`` was repeated."""
    g = g.sum(axis=tuple(range(g.ndim - x.ndim)))
    return g.sum(axis=tuple(n for n, size in enumerate(x.shape) if size == 1), keepdims=True)


@dataclass
class Rule:
    """The VJP of ``fun`` by each argument: in words, and as functions of g, y and the arguments."""

    name: str
    fun: Callable[..., Any]
    words: tuple[str, ...]
    formulas: tuple[Callable[..., np.ndarray], ...]


FIVE = [
    Rule("add", np.add, ("g", "g"), (lambda g, y, x, z: g, lambda g, y, x, z: g)),
    Rule(
        "multiply", np.multiply, ("z * g", "x * g"),
        (lambda g, y, x, z: z * g, lambda g, y, x, z: x * g),
    ),
    Rule("subtract", np.subtract, ("g", "-g"), (lambda g, y, x, z: g, lambda g, y, x, z: -g)),
    Rule(
        "divide", np.divide, ("g / z", "-g * x / z**2"),
        (lambda g, y, x, z: g / z, lambda g, y, x, z: -g * x / z**2),
    ),
    Rule(
        "true_divide", np.true_divide, ("g / z", "-g * x / z**2"),
        (lambda g, y, x, z: g / z, lambda g, y, x, z: -g * x / z**2),
    ),
]  # fmt: skip
"""Functions of x and z; what broadcasting repeated is summed afterwards."""

MATRICES = [
    Rule("exp(z)", np.exp, ("g * y",), (lambda g, y, z: g * y,)),
    Rule("A @ x", np.matmul, ("outer(g, x)", "A.T @ g"),
         (lambda g, y, A, x: np.outer(g, x), lambda g, y, A, x: A.T @ g)),
    Rule("solve(A, b)", np.linalg.solve, ("-outer(inv(A).T @ g, y)", "inv(A).T @ g"),
         (lambda g, y, A, b: -np.outer(np.linalg.inv(A).T @ g, y),
          lambda g, y, A, b: np.linalg.inv(A).T @ g)),
    Rule("singular values", lambda W: np.linalg.svd(W, compute_uv=False), ("U @ diag(g) @ Vᵀ",),
         (lambda g, y, W: np.linalg.svd(W)[0] @ np.diag(g) @ np.linalg.svd(W)[2],)),
]  # fmt: skip
"""The lecture's further examples."""


def check(rule: Rule, args: tuple[np.ndarray, ...], g: np.ndarray) -> list[np.ndarray]:
    """Prints adjit's VJP of a row, and how far it is from the row's formulas."""
    y, pullback = vjp(rule.fun, *args)
    found = pullback(g)
    print(f"  {rule.name}")
    for x, cotangent, words, formula in zip(args, found, rule.words, rule.formulas, strict=True):
        expected = unbroadcast(x, formula(g, y, *args))
        error = np.abs(cotangent - expected).max() / np.abs(expected).max()
        numbers = np.array2string(cotangent, precision=6).replace("\n", "")
        print(f"    {words:24} {numbers}, off by {error:.1e}")
    return list(found)


def rows() -> None:
    x, z = np.array([[1.0], [2.0]]), np.array([1.0, 2.0, 4.0])
    g = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    print(
        "five VJP rows: x of shape (2, 1) and z of shape (3,), g of shape (2, 3), each by x, by z"
    )
    for rule in FIVE:
        check(rule, (x, z), g)
    A, b, g = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([3.0, 5.0]), np.array([1.0, -1.0])
    print("further rows, by each argument")
    for rule, args in zip(MATRICES, [(b,), (A, b), (A, b), (A,)], strict=True):
        check(rule, args, g)


# --- Hessian-vector products ----------------------------------------------------------------


def loss(w):
    s = w[1] * np.log(w[0])
    return s + np.sqrt(s)


def by_identity(f: Callable[..., Any], w: np.ndarray, v: np.ndarray) -> np.ndarray:
    """The lecture's: the gradient of the gradient's product with v, which is a number."""
    return grad(lambda w: np.vdot(grad(f)(w), v))(w)


POINT, DIRECTION = np.array([np.e, 4.0]), np.array([np.e, 1.0])
BY_HAND = np.array([-4.375 / np.e, 1.09375])
"""The Hessian at the point is [[-5.5/e², 1.125/e], [1.125/e, -1/32]]."""


def products() -> float:
    """Prints the product in four orders of differentiation; the largest relative error."""
    w, v = POINT, DIRECTION
    found = {
        "by the identity, reverse over reverse": by_identity(loss, w, v),
        "hvp, forward over reverse": hvp(loss, w, v),
        "reverse over forward": grad(lambda w: jvp(loss, (w,), (v,))[1])(w),
        "the whole hessian times v": hessian(loss)(w) @ v,
    }
    print(f"\nHessian times v of w2 log w1 + sqrt(w2 log w1), by hand {BY_HAND}")
    errors = [off(product) for product in found.values()]
    for (name, product), error in zip(found.items(), errors, strict=True):
        print(f"  {name}: {product}, off by {error:.1e}")
    return max(errors)


def off(product: np.ndarray) -> float:
    return float(np.linalg.norm(product - BY_HAND) / np.linalg.norm(BY_HAND))


def differences(steps: np.ndarray) -> np.ndarray:
    """The relative errors of central differences of the gradient along v."""
    slope = grad(loss)
    w, v = POINT, DIRECTION
    return np.array([off((slope(w + eps * v) - slope(w - eps * v)) / (2 * eps)) for eps in steps])


def plot(path: str, steps: np.ndarray, errors: np.ndarray, exact: float) -> None:
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    axes.loglog(steps, errors, "o-", label="central differences of the gradient")
    axes.loglog(steps, errors[0] * (steps / steps[0]) ** 2, ":", label="truncation, eps²")
    axes.loglog(steps, np.finfo(float).eps / steps, ":", label="rounding, 2e-16 / eps")
    # A logarithmic axis has no zero, which the error may well be.
    axes.axhline(max(exact, np.finfo(float).eps / 2), color="black", label="hvp")
    axes.set_ylim(1e-17, 10)
    axes.set_xlabel("step eps")
    axes.set_ylabel("relative error of the product")
    axes.legend()
    figure.savefig(path, dpi=120)
    print(f"plot written to {path}")


def main(path: str) -> None:
    rows()
    exact = products()
    steps = 10.0 ** -np.arange(1, 13)
    errors = differences(steps)
    print("\ncentral differences (∇f(w + eps v) - ∇f(w - eps v)) / (2 eps)")
    for eps, error in zip(steps, errors, strict=True):
        print(f"  eps {eps:.0e}: off by {error:.1e}")
    best = int(np.argmin(errors))
    print(f"best step: {steps[best]:.0e}, off by {errors[best]:.1e}; hvp: off by {exact:.1e}")
    plot(path, steps, errors, exact)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "lecture_products.png")
