"""`numpy.linalg` and `scipy.linalg`: values, dtypes, shapes and errors against theirs, derivatives
to second order against differences, on the reference interpreter; native code for all at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.linalg as sl
from derivatives import check_first, check_second
from matrix_samples import definite, matrices

from adjit import check_grads, jit
from adjit.ir.graph import Graph
from adjit.tracer.functions.scipy_functions import names_in
from adjit.tracer.table import FUNCTIONS

from .following import follow

L = np.linalg

A, B, TALL, WIDE = matrices(3, 3), matrices(2, 3, 3), matrices(4, 2), matrices(2, 4)
S, STACK = definite(3, 3), definite(2, 3, 3)
V, M, TENSOR = matrices(4, 3)[3], matrices(3, 2), matrices(6, 6).reshape(2, 3, 6)
BANDS = matrices(4, 5, seed=8) + 3.0 * (np.arange(4) == 1)[:, None]


def sym(x: Any) -> Any:
    return 0.5 * (x + np.swapaxes(x, -1, -2))


ORDERS = (None, 1, -1, 2, -2, np.inf, -np.inf, "fro", "nuc")

Program = Callable[..., Any]
NUMPY: dict[str, tuple[Program, list[tuple[Any, ...]]]] = {
    "cholesky": (lambda x: L.cholesky(sym(x)), [(S,), (STACK,)]),
    "cholesky upper": (lambda x: L.cholesky(sym(x), upper=True), [(S,), (STACK,)]),
    "det": (lambda x: L.det(x), [(A,), (B,)]),
    "det singular": (lambda x: L.det(x), [(np.ones((3, 3)),), (np.zeros((2, 2)),)]),
    "slogdet": (lambda x: L.slogdet(x), [(A,), (B,), (-A,)]),
    "inv": (lambda x: L.inv(x), [(A,), (B,)]),
    "solve": (lambda x, z: L.solve(x, z), [(A, V), (B, M), (A, B), (B, V), (B, B)]),
    "solve one": (lambda z: L.solve(np.array([[3.0, 1], [1, 2]]), z), [(matrices(2, 2),)]),
    "lstsq": (lambda x, z: L.lstsq(x, z), [(TALL, matrices(4, 3)), (A, M)]),
    "lstsq vector": (lambda x, z: L.lstsq(x, z[:, 0]), [(TALL, TALL), (WIDE, WIDE)]),
    "lstsq rank": (lambda x, z: L.lstsq(np.vstack([x, x, x]), z, rcond=0.1)[0],
                   [(V[None], matrices(3, 2))]),
    "pinv": (lambda x: L.pinv(x), [(TALL,), (WIDE,), (A,), (matrices(2, 4, 2),)]),
    "pinv limits": (lambda x: L.pinv(x, np.array([0.1, 0.9])), [(B,)]),
    "pinv rtol": (lambda x: L.pinv(x, rtol=None), [(TALL,)]),
    "pinv hermitian": (lambda x: L.pinv(x, hermitian=True), [(S,)]),
    "eigvalsh": (lambda x: L.eigvalsh(x), [(A,), (B,)]),
    "eigvalsh U": (lambda x: L.eigvalsh(x, "u"), [(A,)]),
    "eigh": (lambda x: L.eigh(x), [(A,), (B,)]),
    "eigh U": (lambda x: L.eigh(x, UPLO="U"), [(A,)]),
    "eigvals": (lambda x: L.eigvals(sym(x)), [(A,), (B,)]),
    "eig": (lambda x: tuple(L.eig(sym(x))), [(A,)]),
    "svd": (lambda x: L.svd(x), [(A,), (B,)]),
    "svd thin": (lambda x: L.svd(x, full_matrices=False), [(TALL,), (WIDE,)]),
    "svd values": (lambda x: L.svd(x)[1], [(TALL,), (WIDE,)]),
    "svd no vectors": (lambda x: L.svd(x, compute_uv=False), [(TALL,), (B,)]),
    "svd hermitian": (lambda x: L.svd(x, compute_uv=False, hermitian=True), [(S,), (A,)]),
    "svdvals": (lambda x: L.svdvals(x), [(TALL,), (B,)]),
    "qr": (lambda x: L.qr(x), [(A,), (B,), (TALL,), (WIDE,)]),
    "qr r": (lambda x: L.qr(x, "r"), [(A,), (TALL,), (WIDE,)]),
    "qr complete": (lambda x: L.qr(x, mode="complete"), [(A,), (WIDE,)]),
    "cond": (lambda x: L.cond(x), [(A,), (B,), (TALL,)]),
    "matrix_rank": (lambda x: L.matrix_rank(x), [(A,), (B,), (np.ones((3, 3)),), (V,)]),
    "matrix_rank tol": (lambda x: L.matrix_rank(x, 0.5), [(B,)]),
    "matrix_rank rtol": (lambda x: L.matrix_rank(x, rtol=np.array([0.1, 0.8])), [(B,)]),
    "vector_norm": (lambda x: L.vector_norm(x), [(B,), (V,)]),
    "matrix_norm": (lambda x: L.matrix_norm(x), [(B,), (TALL,)]),
    "tensorsolve": (lambda x, z: L.tensorsolve(x, z), [(TENSOR, TENSOR[..., 0])]),
    "tensorsolve axes": (
        lambda x, z: L.tensorsolve(x, z, axes=(0,)), [(TENSOR.T.copy(), TENSOR[..., 0].T.copy())]),
    "tensorinv": (lambda x: L.tensorinv(x), [(TENSOR,)]),
    "tensorinv 1": (lambda x: L.tensorinv(x, 1), [(TENSOR.reshape(6, 3, 2),)]),
    **{f"cond {p}": (lambda x, p=p: L.cond(x, p), [(A,), (B,)]) for p in ORDERS},
    **{f"norm {p}": (lambda x, p=p: L.norm(x, p, (0, 2), True), [(B,)]) for p in ORDERS},
    **{f"norm back {p}": (lambda x, p=p: L.norm(x, p, axis=(1, 0)), [(B,)]) for p in ORDERS},
    **{f"matrix_norm {p}": (lambda x, p=p: L.matrix_norm(x, ord=p), [(B,)]) for p in (-2, "nuc")},
    **{f"vector_norm {p}": (lambda x, p=p: L.vector_norm(x, ord=p, axis=(2, 0), keepdims=True),
                            [(B,)]) for p in (0, 1, 2, 3, np.inf, -np.inf)},
    **{f"matrix_power {n}": (lambda x, n=n: L.matrix_power(x, n), [(A,), (B,)])
       for n in (-3, -1, 0, 1, 2, 5)},
}  # fmt: skip
"""Functions of `numpy.linalg` with the arguments at which their derivatives are compared."""


def lu_solved(x: Any, z: Any) -> Any:
    factors = sl.lu_factor(x)
    return [sl.lu_solve(factors, z, trans) for trans in (0, 1)]


def cho_solved(x: Any, z: Any) -> Any:
    return [sl.cho_solve(sl.cho_factor(sym(x), lower=lower), z) for lower in (False, True)]


def structured(x: Any, z: Any) -> Any:
    kinds = ("pos", "sym", "gen", "upper triangular", "lower triangular")
    return [sl.solve(sym(x) if k in ("pos", "sym") else x, z, assume_a=k) for k in kinds]


def squares(x: Any) -> Any:
    """SciPy's eigenvectors may have other signs."""
    w, v = sl.eigh(x)
    return w, v * v


SCIPY: dict[str, tuple[Program, list[tuple[Any, ...]]]] = {
    "cholesky": (lambda x: sl.cholesky(sym(x)), [(S,), (STACK,)]),
    "cholesky lower": (lambda x: sl.cholesky(sym(x), lower=True), [(S,)]),
    "cho_factor": (lambda x: sl.cho_factor(sym(x))[0], [(S,)]),
    "cho_solve": (cho_solved, [(S, V), (S, M)]),
    "solve_triangular": (lambda x, z: sl.solve_triangular(x, z), [(A, V), (A, M)]),
    **{f"solve_triangular {low} {trans} {unit}": (
        lambda x, z, low=low, trans=trans, unit=unit:
            sl.solve_triangular(x, z, trans=trans, lower=low, unit_diagonal=unit), [(A, M)])
       for low in (False, True) for trans in (0, "T") for unit in (False, True)},
    "lu_factor": (lambda x: sl.lu_factor(x), [(A,), (TALL,), (WIDE,)]),
    "lu_solve": (lu_solved, [(A, V), (A, M)]),
    "lu": (lambda x: sl.lu(x), [(A,), (B,), (TALL,), (WIDE,), (A[:1, :1],)]),
    "lu permuted": (lambda x: sl.lu(x, permute_l=True), [(TALL,)]),
    "lu indices": (lambda x: sl.lu(x, p_indices=True), [(TALL,), (B,)]),
    "solve": (lambda x, z: sl.solve(x, z), [(A, V), (A, M)]),
    "solve transposed": (lambda x, z: sl.solve(x, z, transposed=True), [(A, M)]),
    "solve structured": (structured, [(S, M)]),
    "inv": (lambda x: sl.inv(x), [(A,)]),
    "det": (lambda x: sl.det(x), [(A,), (B,)]),
    "solve_banded": (lambda ab, z: sl.solve_banded((2, 1), ab, z),
                     [(BANDS, BANDS[0]), (BANDS, BANDS.T)]),
    "expm": (lambda x: sl.expm(x), [(A,), (B,), (3.0 * A,)]),
    "sqrtm": (lambda x: sl.sqrtm(x + 2.0 * np.eye(3)), [(A,), (S,)]),
    "solve_sylvester": (lambda x, z: sl.solve_sylvester(x, z[1], z[0]), [(A, B)]),
    "norm": (lambda x: sl.norm(x), [(A,)]),
    "pinv": (lambda x: sl.pinv(x), [(TALL,)]),
    "qr": (lambda x: sl.qr(x), [(A,), (WIDE,)]),
    "qr economic": (lambda x: sl.qr(x, mode="economic"), [(TALL,)]),
    "svd": (lambda x: sl.svd(x, full_matrices=False), [(TALL,)]),
    "svdvals": (lambda x: sl.svdvals(x), [(TALL,)]),
    "eigh": (squares, [(A,)]),
    "eigvalsh": (lambda x: sl.eigvalsh(x, lower=False), [(A,)]),
    "block_diag": (lambda x, z: sl.block_diag(x, z[0], 2.0), [(A, M)]),
    "toeplitz": (lambda c, r: sl.toeplitz(c, r), [(V, TALL[:, 0]), (TALL[:, 0], V)]),
    "toeplitz one": (lambda c: sl.toeplitz(c), [(V,), (V[:1],)]),
}  # fmt: skip

ALL = {f"np {name}": row for name, row in NUMPY.items()} | {
    f"sl {name}": row for name, row in SCIPY.items()
}
ELSEWHERE = {
    "multi_dot", "matmul", "outer", "vecdot", "cross", "tensordot", "trace", "diagonal",
    "matrix_transpose",
}  # fmt: skip
"""Functions of `numpy.linalg` in other tables."""


def record(program: Program, *args: Any) -> Graph:
    return follow(program, *args, exact=False, ulps=1e5)


def test_every_function_is_in_the_table() -> None:
    recorded = {f.__name__ for f in FUNCTIONS if ".linalg" in (getattr(f, "__module__", "") or "")}
    covered = {name.split()[0] for name in NUMPY}
    assert recorded - covered - ELSEWHERE == set()
    assert {name.split()[0] for name in SCIPY} == names_in("scipy.linalg")


@pytest.mark.filterwarnings("ignore::scipy.linalg.LinAlgWarning")
@pytest.mark.parametrize("name", ALL)
def test_values_and_derivatives(name: str) -> None:
    program, cases = ALL[name]
    for args in cases:
        graph = record(program, *args)
        graph = Graph(graph.inputs, graph.values, graph.outputs)
        if "norm 0" in name or "matrix_rank" in name:
            continue
        check_first(graph, list(args))
        check_second(graph, list(args))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ALL)
def test_other_arguments(name: str) -> None:
    """Other dtypes, memory orders, and nothing."""
    program, cases = ALL[name]
    for dtype in ("f4", "i8", "i4"):
        args = cases[0]
        if dtype == "f4" and name == "sl det":
            continue  # SciPy's has the digits of an f32
        if dtype == "f4":
            follow(program, *[x.astype(dtype) for x in args], exact=False, ulps=2e3)
        elif not name.startswith(("np lstsq", "np qr", "np svd", "sl qr", "sl svd")):
            record(program, *[np.round(8 * x).astype(dtype) for x in args])
    record(program, *[np.asfortranarray(x) for x in cases[-1]])
    record(program, *[np.repeat(x, 2, axis=-1)[..., ::-2][..., ::-1] for x in cases[-1]])


EMPTY = {
    "square": [(0, 0), (0, 3, 3), (2, 0, 0)],
    "any": [(0, 3), (3, 0), (0, 2, 3)],
}
OF_EMPTY: dict[str, list[Program]] = {
    "square": [
        lambda x: L.cholesky(x), lambda x: L.det(x), lambda x: L.slogdet(x), lambda x: L.inv(x),
        lambda x: L.solve(x, x), lambda x: L.solve(x, x[..., :0]), lambda x: L.eigh(x),
        lambda x: L.eigvalsh(x), lambda x: L.matrix_power(x, -2), lambda x: sl.expm(x),
    ],
    "any": [
        lambda x: L.svd(x, full_matrices=False), lambda x: L.svd(x)[1], lambda x: L.svdvals(x),
        lambda x: L.pinv(x), lambda x: L.qr(x), lambda x: L.matrix_rank(x),
        lambda x: L.qr(x, mode="complete"),
        lambda x: L.norm(x, 2, axis=(-2, -1)), lambda x: L.norm(x, "nuc", axis=(-2, -1)),
        lambda x: L.norm(x, np.inf, axis=(-2, -1)), lambda x: L.norm(x, -2, axis=(-2, -1)),
    ],
}  # fmt: skip


@pytest.mark.parametrize("kind", EMPTY)
def test_nothing(kind: str) -> None:
    for shape in EMPTY[kind]:
        for program in OF_EMPTY[kind]:
            record(program, np.ones(shape))


# --- native code ----------------------------------------------------------------------------


def scalar(y: Any) -> Any:
    """A smooth number of all that a program returns, however large that is."""
    parts = y if isinstance(y, tuple | list) else [y]
    total = 0.0
    for part in parts:
        if np.asarray(part).dtype.kind == "f":
            total = total + np.sum(np.log(part * part + 0.5 * part + 1.0))
    return total


GROUPS = [list(ALL)[at :: len(ALL) // 8 + 1] for at in range(len(ALL) // 8 + 1)]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "number",
    [n if n < 2 else pytest.param(n, marks=pytest.mark.slow) for n in range(len(GROUPS))],
)
def test_native_code(number: int) -> None:
    """Several programs are compiled as one function, with the gradient of a sum of them."""
    names = [n for n in GROUPS[number] if "singular" not in n and "norm 0" not in n]
    programs = [ALL[name][0] for name in names]
    args = [list(ALL[name][1][-1]) for name in names]

    def several(args: Any) -> Any:
        return [program(*x) for program, x in zip(programs, args, strict=True)]

    def total(args: Any) -> Any:
        return sum(scalar(y) for y in several(args))

    def flat(y: Any) -> list[Any]:
        return [z for part in y for z in flat(part)] if isinstance(y, tuple | list) else [y]

    for found, wanted in zip(flat(jit(several)(args)), flat(several(args)), strict=True):
        assert np.asarray(found).dtype == np.asarray(wanted).dtype
        np.testing.assert_allclose(found, wanted, rtol=1e-8, atol=1e-9)
    check_grads(total, (args,), order=1)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("number", range(len(GROUPS)))
def test_native_second_derivatives(number: int) -> None:
    names = [n for n in GROUPS[number] if "singular" not in n and "norm 0" not in n]
    for name in names:
        program, cases = ALL[name]
        check_grads(lambda *x, program=program: scalar(program(*x)), cases[-1], order=2)
