"""Programs in C and C++ that use a library; no Python is in their process."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize

import adjit
from adjit.aot import compile_library

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "c"
MISSING = [tool for tool in ("cmake", "cc", "c++") if shutil.which(tool) is None]
VALGRIND = shutil.which("valgrind")
CHECKED = [
    "valgrind",
    "-q",
    "--error-exitcode=9",
    "--leak-check=full",
    "--errors-for-leak-kinds=all",
]

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"without {', '.join(MISSING)}")


def run(*command: object) -> str:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def build(tmp_path_factory) -> Path:
    """The example, built by CMake, which calls `adjit compile`."""
    place = tmp_path_factory.mktemp("build")
    root = Path(adjit.__file__).resolve().parents[1]
    script = place / "compiler.py"
    script.write_text(
        f"import sys\nsys.path.insert(0, {str(root)!r})\n"
        "from adjit.__main__ import main\nsys.exit(main())\n"
    )
    adjit_command = f"-DADJIT={sys.executable};{script}"
    run("cmake", "-S", FOLDER, "-B", place, adjit_command, "-DTARGET=x86-64-v2")
    run("cmake", "--build", place)
    return place


def model():
    spec = importlib.util.spec_from_file_location("model_in_c", FOLDER / "model.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.loss


def problem(m: int, n: int, path: Path) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng((m, n))
    X = rng.normal(size=(m, n))
    y = np.where(X @ rng.normal(size=n) + rng.normal(size=m) > 0, 1.0, -1.0)
    rows = [" ".join(map(repr, map(float, row))) for row in np.column_stack([X, y])]
    path.write_text("\n".join([f"{m} {n}", *rows, ""]))
    return X, y


@pytest.mark.parametrize("program", ["descent", "newton"])
def test_a_fit_finds_the_minimum_of_scipy(build, program, tmp_path) -> None:
    """One library, three sizes."""
    loss = model()
    for m, n in ((200, 8), (37, 3), (1, 1)):
        X, y = problem(m, n, tmp_path / "data.txt")
        found = list(map(float, run(build / program, tmp_path / "data.txt").split()))
        options = {"gtol": 1e-13}
        wanted = minimize(
            adjit.value_and_grad(loss), np.zeros(n), (X, y), "BFGS", jac=True, options=options
        )
        assert abs(found[0] - wanted.fun) < 1e-10
        np.testing.assert_allclose(found[1:], wanted.x, atol=1e-6)


def test_no_python_in_the_process(build) -> None:
    libraries = run("ldd", build / "descent")
    assert "python" not in libraries.lower()
    assert "libloss.so" in libraries


@pytest.mark.skipif(VALGRIND is None, reason="no valgrind")
@pytest.mark.parametrize("program", ["descent", "newton"])
def test_valgrind_finds_nothing(build, program, tmp_path) -> None:
    problem(20, 3, tmp_path / "data.txt")
    run(*CHECKED, build / program, tmp_path / "data.txt")


WRONG = """
#include <stdlib.h>
#include <stdio.h>
#include "fit.h"

/* Every array has one element: whoever looks at a second one is found out. */
int main(void) {
    double *x = malloc(sizeof *x), *y = malloc(sizeof *y), *value = malloc(sizeof *value);
    double *grad = malloc(sizeof *grad);
    char *workspace = malloc(1);
    int64_t sizes[][2] = {{0, 5}, {5, 0}, {-3, 5}, {2, 5}, {5, 1}, {(int64_t)1 << 41, 5}};
    for (int k = 0; k < 6; k++) {
        int64_t m = sizes[k][0], n = sizes[k][1];
        int status = fit_value_and_grad(m, n, x, y, value, grad, workspace, 1);
        printf("%d %d\\n", status, (int)fit_value_and_grad_workspace(m, n));
    }
    printf("%d\\n", fit_value_and_grad(5, 5, x, y, value, grad, workspace, 1));
    printf("%d\\n", fit_value_and_grad(5, 5, NULL, y, value, grad, workspace, 1 << 20));
    printf("%d\\n", fit_value_and_grad(5, 5, x, y, value, x, workspace, 1 << 20));
    free(x); free(y); free(value); free(grad); free(workspace);
    return 0;
}
"""


@pytest.mark.skipif(VALGRIND is None, reason="no valgrind")
def test_what_is_refused_touches_no_memory(tmp_path) -> None:
    def fit(x, y):
        u = x.copy()
        for _ in range(3):
            u[1:-1] = u[1:-1] + 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        return np.sum(u**2) + np.sum(np.cumsum(y[1:] - y[:-1]) ** 2)

    compile_library(
        fit, "x: f64[m], y: f64[n]", emit="value_and_grad", output=tmp_path, target="x86-64-v2"
    )
    (tmp_path / "wrong.c").write_text(WRONG)
    program, source = tmp_path / "wrong", tmp_path / "wrong.c"
    linked = [f"-L{tmp_path}", "-lfit", f"-Wl,-rpath,{tmp_path}"]
    run("cc", "-g", f"-I{tmp_path}", source, "-o", program, *linked)
    lines = run(*CHECKED, program).splitlines()
    assert lines[:6] == ["1 -1"] * 6
    assert lines[6:] == ["2", "3", "4"]
