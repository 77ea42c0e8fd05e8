"""The files of a library: what they depend on, and that other tools take them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from libraries import made

from adjit.__main__ import main
from adjit.aot import compile_library

ARGS = "w: f64[n], X: f64[m, n], y: f64[m]"
KINDS = "value,grad,value_and_grad,jvp,hvp,jacobian"


def loss(w, X, y):
    return np.mean(np.logaddexp(0.0, -y * (X @ w))) + 0.05 * np.sum(np.arctan(w) ** 2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("files")
    compile_library(loss, ARGS, emit=KINDS, output=place)
    return place


def run(*command: object, **options: object) -> str:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_symbols(folder) -> None:
    lines = run("nm", "-D", folder / "libloss.so").splitlines()
    defined = {line.split()[-1] for line in lines if " T " in line}
    emitted = {f"loss_{kind}" for kind in KINDS.split(",")}
    assert defined == emitted | {f"{name}_workspace" for name in emitted} | {"loss_status"}
    needed = {line.split()[-1].partition("@")[0] for line in lines if " U " in line}
    assert needed <= {"memset", "memcpy", "memmove", "atan", "log1p", "exp"}
    assert not any(word in line for line in lines for word in ("Py", "npy", "numba", "adjit"))


def test_dependencies(folder) -> None:
    names = {line.split()[0] for line in run("ldd", folder / "libloss.so").splitlines()}
    system = ("linux-vdso", "libc.", "libm.", "/lib64/ld-linux")
    assert all(name.startswith(system) for name in names)


def test_nothing_is_written_outside_of_arguments(folder) -> None:
    sections = run("objdump", "-h", folder / "libloss.so")
    rows = [line.split() for line in sections.splitlines()]
    sizes = {row[1]: int(row[2], 16) for row in rows if row and row[0].isdigit()}
    assert sizes.get(".bss", 0) <= 8
    assert sizes.get(".data", 0) <= 8


@pytest.mark.parametrize("compiler", [["cc", "-std=c99"], ["c++", "-std=c++17", "-xc++"]])
def test_the_header_is_c_and_cpp(folder, compiler, tmp_path) -> None:
    source = tmp_path / "use.c"
    source.write_text(
        '#include "loss.h"\n#include "loss.h"\n'
        "int main(void) { return loss_status(LOSS_OK) == 0 || loss_grad_workspace(0, 1) != -1; }\n"
    )
    program = tmp_path / "use"
    warnings = ["-Wall", "-Wextra", "-pedantic-errors", "-Werror"]
    source_first = [*compiler, *warnings, f"-I{folder}", source, "-xnone", "-o", program]
    run(*source_first, f"-L{folder}", "-lloss", f"-Wl,-rpath,{folder}")
    run(program)


def test_the_header_says_what_arguments_are(folder) -> None:
    text = (folder / "loss.h").read_text()
    assert "X     f64[m, n], input" in text
    assert "int64_t m, int64_t n, const double *w, const double *X, const double *y" in text
    assert "Sizes: m, n, all at least 1." in text
    assert max(map(len, text.splitlines())) <= 100


def test_the_loader_needs_numpy_alone(folder) -> None:
    code = (
        "import sys, numpy as np, loss\n"
        "v, g = loss.value_and_grad(np.zeros(2), np.ones((3, 2)), np.ones(3))\n"
        "print(round(float(v), 6), g.shape, any(n.startswith(('adjit', 'numba', 'llvm', 'scipy'))"
        " for n in sys.modules))\n"
    )
    text = run(
        sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(folder)!r})\n{code}"
    )
    assert text == "0.693147 (2,) False\n"


def test_the_loader_checks_arrays(folder) -> None:
    from libraries import load

    from adjit.aot.library import Library

    module = load(Library("loss", "shared", (), (), ()), folder)
    w, X, y = np.zeros(2), np.ones((3, 2)), np.ones(3)
    for wrong, kind in (
        ((w, X[0], y), ValueError),
        ((np.zeros(3), X, y), ValueError),
        ((w + 1j, X, y), TypeError),
        ((w, X), TypeError),
    ):
        with pytest.raises(kind):
            module.value(*wrong)
    strided = np.asfortranarray(np.ones((3, 4)))[:, ::2]
    assert module.value(w, strided, y) == module.value([0, 0], X.astype(np.float32), y)
    assert module.hvp.__doc__ == "The Hessian of loss by w, times a tangent."


def test_the_manifest(folder) -> None:
    found = json.loads((folder / "loss.json").read_text())
    assert set(found["files"]) == {path.name for path in folder.iterdir() if path.is_file()}
    row = next(row for row in found["functions"] if row["kind"] == "value_and_grad")
    assert row["inputs"][1] == {"name": "X", "dtype": "float64", "shape": ["m", "n"]}
    assert row["sizes"] == ["m", "n"]
    assert found["statuses"]["SIZE"][0] == 1


@pytest.mark.skipif(shutil.which("pkg-config") is None, reason="no pkg-config")
def test_pkg_config(folder) -> None:
    text = run("pkg-config", "--cflags", "--libs", folder / "loss.pc")
    assert f"-I{folder}" in text
    assert "-lloss" in text


@pytest.mark.skipif(shutil.which("cmake") is None, reason="no cmake")
@pytest.mark.parametrize("format", ["shared", "static", "object"])
def test_cmake_takes_the_folder(format, tmp_path) -> None:
    compile_library(loss, ARGS, output=tmp_path / "loss", format=format)
    (tmp_path / "use.c").write_text(
        '#include "loss.h"\nint main(void) { return loss_value_workspace(0, 0) != -1; }\n'
    )
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.14)\nproject(use C)\nadd_subdirectory(loss made)\n"
        "add_executable(use use.c)\ntarget_link_libraries(use PRIVATE loss::loss)\n"
    )
    run("cmake", "-S", tmp_path, "-B", tmp_path / "build")
    run("cmake", "--build", tmp_path / "build")
    run(tmp_path / "build" / "use")


def test_a_static_library(tmp_path) -> None:
    library = compile_library(loss, ARGS, output=tmp_path, format="static")
    assert library.format == "static"
    source = tmp_path / "use.c"
    source.write_text('#include "loss.h"\nint main(void) { return loss_status(0) == 0; }\n')
    run("cc", f"-I{tmp_path}", source, tmp_path / "libloss.a", "-lm", "-o", tmp_path / "use")
    run(tmp_path / "use")


@pytest.mark.parametrize(
    ("format", "suffix", "begin"), [("llvm", "ll", "; Mod"), ("assembly", "s", "\t")]
)
def test_text(tmp_path, format, suffix, begin) -> None:
    compile_library(loss, ARGS, output=tmp_path, format=format)
    assert (tmp_path / f"loss.{suffix}").read_text().startswith(begin)


def test_annotations_and_samples(tmp_path) -> None:
    rate = 0.5

    def model(w: f64[n], X: f64[m, n], k: int, scale=2.0):  # noqa: F821
        if np.sum(w) > 0:
            return rate * np.sum((X @ w) ** k) * scale
        return np.sum(X) * np.sum(w) * scale

    module = made(model, None, tmp_path / "a")
    rng = np.random.default_rng(0)
    w, X = rng.normal(size=3), rng.normal(size=(4, 3))

    def make_args(m, n):
        return np.ones(n), np.ones((m, n)), 2

    other = made(model, None, tmp_path / "b", sample=make_args, name="other")
    for x in (w, -w):
        np.testing.assert_allclose(module.value(x, X, 2), model(x, X, 2))
        np.testing.assert_allclose(other.value(x, X, 2), model(x, X, 2))


def test_what_is_captured_is_constant(tmp_path) -> None:
    kept = np.array([1.0, 2.0, 3.0])

    def dotted(x):
        return np.sum(x * kept)

    module = made(dotted, "x: f64[3]", tmp_path)
    kept[:] = 0.0
    value, grad = module.value_and_grad(np.ones(3))
    assert value == 6.0
    np.testing.assert_array_equal(grad, [1.0, 2.0, 3.0])
    assert "kept" in (tmp_path / "dotted.h").read_text()


def test_containers(tmp_path) -> None:
    def net(P, x):
        return np.sum(np.tanh(P["w"] @ x + P["b"][0]) ** 2)

    module = made(net, "P: {'w': f64[k, n], 'b': (f64[k],)}, x: f64[n]", tmp_path, wrt="P,x")
    rng = np.random.default_rng(0)
    w, b, x = rng.normal(size=(2, 3)), rng.normal(size=2), rng.normal(size=3)
    value, dw, db, dx = module.value_and_grad(w, b, x)
    y = np.tanh(w @ x + b)
    assert value == pytest.approx(np.sum(y**2))
    g = 2 * y * (1 - y**2)
    for found, wanted in ((dw, np.outer(g, x)), (db, g), (dx, w.T @ g)):
        np.testing.assert_allclose(found, wanted)
    assert "const double *P_w, const double *P_b_0" in (tmp_path / "net.h").read_text()


def test_the_command(tmp_path, monkeypatch, capsys) -> None:
    (tmp_path / "commanded.py").write_text(
        "import numpy as np\ndef f(x: 'f64[n]'):\n    return np.sum(x ** 2)\n"
        "def g(x: 'f64[n, n]'):\n    return np.sum(np.linalg.inv(x))\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    assert main(["compile", "commanded:f", "--emit", "grad", "-o", "out", "--static"]) == 0
    assert (tmp_path / "out" / "libf.a").exists()
    assert "libf.a" in capsys.readouterr().out
    for wrong in (
        ["commanded:g"],
        ["commanded:h"],
        ["nothing"],
        ["commanded:f", "--target", "toaster"],
    ):
        assert main(["compile", *wrong]) == 1
        captured = capsys.readouterr()
        assert captured.err.startswith("adjit: compile: ")
        assert not captured.out
