"""Matrix products by a CBLAS that the program brings."""

from __future__ import annotations

import ctypes
import shutil
import subprocess

import numpy as np
import pytest
from libraries import load

import adjit
from adjit.aot import compile_library

CBLAS = """
static int at(int trans, int row, int column, int ld) {
    return trans == 111 ? column * ld + row : row * ld + column;
}
#define GEMM(name, real) void name(int order, int ta, int tb, int m, int n, int k, real alpha, \\
        const real *a, int lda, const real *b, int ldb, real beta, real *c, int ldc) { \\
    calls += order == 102; \\
    for (int i = 0; i < m; i++) \\
        for (int j = 0; j < n; j++) { \\
            real sum = 0; \\
            for (int l = 0; l < k; l++) sum += a[at(ta, i, l, lda)] * b[at(tb, l, j, ldb)]; \\
            c[j * ldc + i] = alpha * sum + (beta == 0 ? 0 : beta * c[j * ldc + i]); \\
        } \\
}
int calls = 0;
GEMM(cblas_dgemm, double)
GEMM(cblas_sgemm, float)
"""


def network(A, B, x):
    y = np.tanh(A @ B)
    return np.sum((y.T @ A) ** 2) + np.sum(y @ x)


@pytest.fixture(scope="module")
def products(tmp_path_factory) -> ctypes.CDLL:
    """What a program would be linked with, for all of this process."""
    if shutil.which("cc") is None:
        pytest.skip("no C compiler")
    folder = tmp_path_factory.mktemp("cblas")
    (folder / "cblas.c").write_text(CBLAS)
    place = folder / "libmycblas.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", folder / "cblas.c", "-o", place], check=True)
    return ctypes.CDLL(str(place), ctypes.RTLD_GLOBAL)


@pytest.mark.parametrize("dtype", ["f64", "f32"])
def test_products_are_calls(dtype, products, tmp_path) -> None:
    args = f"A: {dtype}[m, k], B: {dtype}[k, n], x: {dtype}[n]"
    library = compile_library(
        network, args, wrt="A,B", emit="value_and_grad", output=tmp_path, blas="cblas"
    )
    assert library.notes
    module = load(library, tmp_path)
    calls = ctypes.c_int.in_dll(products, "calls")
    for m, k, n in ((1, 1, 1), (3, 4, 5), (40, 30, 20)):
        rng = np.random.default_rng(m)
        kind = {"f64": np.float64, "f32": np.float32}[dtype]
        A, B, x = (rng.normal(size=s).astype(kind) for s in ((m, k), (k, n), (n,)))
        before = calls.value
        value, dA, dB = module.value_and_grad(A, B, x)
        assert calls.value - before >= 4 or library.notes[0].startswith("matrix products are")
        wanted, (wA, wB) = adjit.value_and_grad(network, (0, 1))(A, B, x)
        tolerance = 1e-11 if dtype == "f64" else 2e-4
        for found, right in ((value, wanted), (dA, wA), (dB, wB)):
            np.testing.assert_allclose(found, right, rtol=tolerance, atol=tolerance * 10)
    lines = subprocess.run(["nm", "-D", tmp_path / "libnetwork.so"], capture_output=True, text=True)
    assert f"U cblas_{'d' if dtype == 'f64' else 's'}gemm" in lines.stdout


def test_without_it_products_are_loops(tmp_path) -> None:
    library = compile_library(
        network, "A: f64[m, k], B: f64[k, n], x: f64[n]", emit="value", output=tmp_path
    )
    assert not library.notes
    A, B, x = np.ones((2, 3)), np.ones((3, 4)), np.ones(4)
    assert load(library, tmp_path).value(A, B, x) == pytest.approx(network(A, B, x))
