"""Each row of the guide's table of conventions, as a derivative both ways."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import scipy.special as sc
import scipy.stats as st

from adjit import grad, hessian, jvp, vjp

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide.md"
HALF, INF, NAN = 0.5, np.inf, np.nan
TIED = np.array([2.0, 5.0, 5.0])
ONE, SINGULAR = np.ones((2, 2)), np.array([[1.0, 2.0], [2.0, 4.0]])
SYMMETRIC = np.array([[2.0, 0.5], [0.5, 1.0]])


def slopes(f: Callable[..., Any], x: Any, wanted: Any) -> None:
    """Checks the gradient of the sum of ``f``, and its tangents along each unit vector."""
    x = np.asarray(x, float)
    found = grad(lambda x: np.sum(f(x)))(x)
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-14)
    for n in np.ndindex(x.shape):
        e = np.zeros(x.shape)
        e[n] = 1.0
        _, t = jvp(lambda x: np.sum(f(x)), (x,), (e,))
        np.testing.assert_allclose(t, np.asarray(wanted)[n], rtol=1e-12, atol=1e-14)


def both(f: Callable[..., Any], x: float, z: float, wanted: tuple[Any, Any]) -> None:
    _, pullback = vjp(f, x, z)
    np.testing.assert_allclose(pullback(1.0), wanted)
    tangents = [jvp(f, (x, z), direction)[1] for direction in ((1.0, 0.0), (0.0, 1.0))]
    np.testing.assert_allclose(tangents, wanted)


def refused(f: Callable[..., Any], x: Any, text: str, kind: type = NotImplementedError) -> None:
    with pytest.raises(kind, match=text):
        grad(lambda x: np.sum(f(x)))(x)


def flat() -> None:
    for f in (np.abs, np.sign, np.floor, np.ceil, np.trunc, np.rint):
        slopes(f, [0.0], [0.0])
    slopes(lambda x: np.where(x > 0, 1.0, 0.0), [0.0], [0.0])


def ties() -> None:
    for f in (np.maximum, np.minimum, np.fmax, np.fmin):
        both(f, 2.0, 2.0, (HALF, HALF))


def powers() -> None:
    for n, wanted in ((1, 1.0), (2, 0.0), (0, 0.0), (0.5, INF)):
        slopes(lambda x, n=n: x**n, [0.0], [wanted])


def exponents() -> None:
    for z, wanted in ((2.0, 0.0), (0.0, 0.0), (-1.0, NAN)):
        slopes(lambda z: 0.0**z, [z], [wanted])


def remainders() -> None:
    both(lambda x, z: x // z, 7.0, 2.0, (0.0, 0.0))
    both(lambda x, z: x % z, 7.0, 2.0, (1.0, -3.0))


def searches() -> None:
    x = np.array([3.0, 1.0, 2.0])
    slopes(lambda x: np.argmax(x) * x[0] + np.argsort(x)[0] * x[1], x, [0.0, 1.0, 0.0])
    slopes(lambda w: np.histogram(np.array([0.1, 0.9, 0.8]), 2, weights=w)[0][1], x, [0, 1, 1])


def families() -> None:
    for order in range(1, 8):
        f: Any = sc.gammaln
        for _ in range(order):
            f = grad(f)
        np.testing.assert_allclose(f(2.5), sc.polygamma(order - 1, 2.5), rtol=1e-10)
    with pytest.raises(NotImplementedError, match="known to order 6"):
        grad(f)(2.5)


def unknown() -> None:
    refused(lambda v: sc.jv(v, 1.0), 0.5, "jv by its order is not known")
    refused(lambda a: sc.gammainc(a, 1.0), 0.5, "gammainc by a is not known")
    refused(lambda a: sc.betainc(a, 1.0, 0.5), 0.5, "is not known")
    refused(lambda df: st.t.cdf(0.3, df), 2.0, "is not known")


def neighbours() -> None:
    both(lambda x, z: np.nextafter(x, z), 1.0, 2.0, (1.0, 0.0))
    slopes(np.spacing, [1.5], [0.0])
    slopes(np.angle, [1.5], [0.0])
    slopes(lambda x: np.frexp(x)[1] * 1.0, [1.5], [0.0])


def factors() -> None:
    wanted = grad(lambda x: np.sum(np.linalg.cholesky((x + x.T) / 2)))(SYMMETRIC)
    for f in (np.linalg.cholesky, lambda x: np.tril(scipy.linalg.cho_factor(x, lower=True)[0])):
        slopes(lambda x, f=f: f(x), SYMMETRIC, wanted)


def triangles() -> None:
    g = grad(lambda x: np.sum(np.linalg.eigvalsh(x) ** 2))(SYMMETRIC)
    assert g[0, 1] == 0.0
    np.testing.assert_allclose(g[1, 0], 4 * SYMMETRIC[1, 0])


def coinciding() -> None:
    slopes(lambda x: np.sum(np.linalg.eigvalsh(x)), np.eye(2), np.eye(2))
    slopes(lambda x: np.linalg.norm(x, "nuc"), np.eye(2), np.eye(2))
    g = grad(lambda x: np.linalg.eigh(x)[1][0, 0])(np.eye(2))
    assert not np.all(np.isfinite(g))


def defective() -> None:
    slopes(lambda x: np.sum(np.linalg.eigvals(x)).real, np.diag([2.0, 2.0]), np.eye(2))
    g = grad(lambda x: np.sum(np.linalg.eigvals(x) ** 2).real)(np.array([[1.0, 1.0], [0.0, 1.0]]))
    assert np.all(np.isnan(g))


def phases() -> None:
    a = np.array([[1.0, 2.0], [-3.0, 0.5]])
    _, v = np.linalg.eig(a)
    np.testing.assert_allclose(np.abs(v[:, 0] ** 2).sum(), 1.0)

    def f(x: np.ndarray) -> Any:
        return np.linalg.eig(x)[1][0, 0].imag

    t = jvp(f, (a,), (ONE,))[1]
    np.testing.assert_allclose(
        t, (f(a + 1e-6 * ONE) - f(a - 1e-6 * ONE)) / 2e-6, rtol=1e-6, atol=1e-9
    )


def surplus() -> None:
    tall = np.arange(6.0).reshape(3, 2) ** 1.5
    refused(lambda x: np.linalg.svd(x)[0], tall, "")
    refused(lambda x: np.linalg.qr(x, mode="complete")[0], tall, "")


def failures() -> None:
    for f in (np.linalg.inv, np.linalg.cholesky, lambda x: np.linalg.solve(x, x)):
        refused(
            lambda x, f=f: (f(x), x)[1],
            SINGULAR - np.eye(2) * (f is np.linalg.cholesky),
            "",
            np.linalg.LinAlgError,
        )


def singular_matrices() -> None:
    slopes(np.linalg.det, SINGULAR, [[4.0, -2.0], [-2.0, 1.0]])
    bend = hessian(np.linalg.det)(SINGULAR)
    np.testing.assert_allclose(bend[0, 0], [[0, 0], [0, 1]], atol=1e-12)


def ranks() -> None:
    slopes(lambda x: np.linalg.matrix_rank(x) * x[0, 0], SINGULAR, [[1, 0], [0, 0]])
    move = np.outer([1.0, 2.0], [1.0, 2.0])  # keeps the rank
    t = jvp(np.linalg.pinv, (SINGULAR,), (move,))[1]
    step = 1e-6
    wanted = np.linalg.pinv(SINGULAR + step * move) - np.linalg.pinv(SINGULAR - step * move)
    np.testing.assert_allclose(t, wanted / (2 * step), rtol=1e-5, atol=1e-9)


def complex_gradients() -> None:
    z = np.array([1.0 + 2.0j])
    g = grad(lambda z: np.sum(z.real**2 + 3 * z.imag))(z)
    np.testing.assert_allclose(g, [2.0 - 3.0j])


def complex_kinks() -> None:
    zero = np.zeros(2, complex)
    for f in (lambda z: np.sum(np.abs(z)), np.linalg.norm, lambda z: np.sum(np.sign(z).real)):
        assert grad(f)(zero).tolist() == [0, 0]


def poles() -> None:
    for f in (np.log, np.sqrt, np.reciprocal):
        g = grad(lambda z, f=f: np.sum(f(z).real))(np.zeros(1, complex))
        assert not np.isfinite(g[0])


def cuts() -> None:
    for below, wanted in ((False, 1.0), (True, -1.0)):
        z = np.array([complex(-4.0, -0.0 if below else 0.0)])
        g = grad(lambda z: np.sum(np.sqrt(z).imag))(z)  # sqrt(z) is 2j or -2j there
        np.testing.assert_allclose(g.real, -wanted / 4)


def constants() -> None:
    slopes(lambda x: x[0] * np.array([2, 3])[1] + (x > 0)[0], [1.5], [3.0])
    with pytest.raises(TypeError, match="int64"):
        grad(lambda k: np.sum(k * 1.0))(np.arange(3))


CHECKS: dict[str, Callable[[], None]] = {
    "`abs` at 0;": flat,
    "`maximum`, `minimum`, `fmax`": ties,
    "`max`, `min` over axes": lambda: slopes(np.max, TIED, [0, HALF, HALF]),
    "`clip` at a bound": lambda: slopes(
        lambda x: np.clip(x, 1, 2), [1.0, 2.0, 1.5], [HALF, HALF, 1]
    ),
    "`fmax`, `fmin` with a NaN": lambda: both(np.fmax, NAN, 2.0, (0.0, 1.0)),
    "`where(c, x, y)`": lambda: slopes(
        lambda x: np.where(x > 0, np.sqrt(x), 0), [0, 4.0], [0, 0.25]
    ),
    "`hypot(0, 0)`": lambda: both(np.hypot, 0.0, 0.0, (0.0, 0.0)),
    "`x ** n` at `x = 0`": powers,
    "`x ** z` by the exponent, at `x = 0`": exponents,
    "`x ** z` by the exponent, at `x < 0`": lambda: slopes(lambda z: (-2.0) ** z, [2.0], [NAN]),
    "`sqrt` at 0": lambda: slopes(np.sqrt, [0.0], [INF]),
    "`a // b`": remainders,
    "`logaddexp`": lambda: both(np.logaddexp, INF, INF, (HALF, HALF)),
    "`maximum.accumulate`": lambda: slopes(
        lambda x: np.maximum.accumulate(x)[-1], [2.0, 2.0], [HALF, HALF]
    ),
    "`cumprod`": lambda: slopes(lambda x: np.cumprod(x)[-1], [0.0, 2.0, 3.0], [6, 0, 0]),
    "`sort`, `median`": lambda: slopes(
        lambda x: np.sort(x) * [1, 2, 3], TIED[::-1].copy(), [2, 3, 1]
    ),
    "`quantile` by `q`": lambda: slopes(
        lambda q: np.quantile(np.array([1.0, 2.0, 4.0]), q), [0.5, 1.0], [4.0, 0.0]
    ),
    "`interp`": lambda: slopes(
        lambda x: np.interp(x, [0.0, 1.0, 2.0], [0.0, 1.0, 3.0]), [1.0, 2.0], [2.0, 2.0]
    ),
    "`nanmax`": lambda: slopes(
        lambda x: np.nanmean(np.where(x > 2, NAN, x)), [1.0, 3.0], [1.0, 0.0]
    ),
    "`std`": lambda: slopes(np.std, [2.0, 2.0], [0.0, 0.0]),
    "`argmax`": searches,
    "`prod` with zeros": lambda: slopes(np.prod, [0.0, 2.0, 3.0], [6, 0, 0]),
    "`scipy.special.entr`": lambda: slopes(sc.entr, [0.0], [0.0]),
    "`scipy.special.rel_entr`": lambda: slopes(
        lambda x: sc.rel_entr(x, 2.0) + sc.kl_div(x, 2.0), [0.0], [0.0]
    ),
    "derivatives of `gammaln`": families,
    "Bessel functions": unknown,
    "`i0e` at 0": lambda: slopes(sc.i0e, [0.0], [0.0]),
    "`poch`": lambda: slopes(lambda x: sc.poch(x, 1.5), [-2.0], [NAN]),
    "`nextafter": neighbours,
    "discrete distributions": lambda: slopes(
        lambda k: st.poisson.pmf(k, 2.0) + st.poisson.pmf(3, 2.0, k), [2.0], [0.0]
    ),
    "parameters that": lambda: slopes(lambda s: st.norm.logpdf(0.3, 0.0, s), [-1.0], [NAN]),
    "`np.linalg.cholesky`": factors,
    "`eigh`": triangles,
    "eigenvalues and singular": coinciding,
    "`eigvals`": defective,
    "phases": phases,
    "vectors beyond": surplus,
    "`det`": singular_matrices,
    "`inv`": failures,
    "`pinv`": ranks,
    "the gradient by a complex": complex_gradients,
    "`abs` of a complex": complex_kinks,
    "`log` and other": poles,
    "functions of complex": cuts,
    "integers and bools": constants,
    "`astype`": lambda: slopes(lambda x: x.astype(int) * 1.0, [1.5], [0.0]),
}
"""The beginning of a row -> what shows it."""


def listed() -> list[str]:
    table = GUIDE.read_text().split("\n## Conventions\n")[1].split("```")[0]
    return [row for row in re.findall(r"^\| (.*) \|$", table, re.M) if not row.startswith("Where")]


def test_every_row_has_a_check() -> None:
    rows = listed()
    assert len(rows) == len(CHECKS)
    for row, beginning in zip(rows, CHECKS, strict=True):
        assert row.startswith(beginning)


@pytest.mark.parametrize("row", CHECKS)
def test_convention(row: str) -> None:
    with np.errstate(all="ignore"):
        CHECKS[row]()
