"""Other machines: object files by their headers, and one machine in an emulator."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest

from adjit.aot import compile_library
from adjit.codegen.machine import features

ARGS = "w: f64[n], X: f64[m, n], y: f64[m]"


def loss(w, X, y):
    z = -y * (X @ w)
    return np.mean(np.log1p(np.exp(z))) + np.sum(np.sin(w) * np.cosh(0.1 * w) + np.sqrt(w * w + 1))


HEADERS = {
    "x86-64": b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x01\x00\x3e\x00",
    "x86-64-v2": b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x01\x00\x3e\x00",
    "x86-64-v3": b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x01\x00\x3e\x00",
    "x86-64-v4": b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x01\x00\x3e\x00",
    "aarch64-linux-gnu": b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x01\x00\xb7\x00",
    "riscv64-linux-gnu": b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x01\x00\xf3\x00",
    "x86_64-windows": b"\x64\x86",
    "arm64-apple-macos": b"\xcf\xfa\xed\xfe\x0c\x00\x00\x01",
    "wasm32": b"\x00asm\x01\x00\x00\x00",
    "powerpc64le-linux-gnu": b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x01\x00\x15\x00",
}


@pytest.mark.parametrize("target", HEADERS)
def test_object_files(target, tmp_path) -> None:
    library = compile_library(
        loss, ARGS, emit="value_and_grad", output=tmp_path, target=target, format="object"
    )
    assert library.format == "object"
    assert library.files[0].read_bytes().startswith(HEADERS[target])


def test_without_a_linker_it_is_said(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    library = compile_library(loss, ARGS, output=tmp_path, target="aarch64-linux-gnu")
    assert library.format == "object"
    assert library.files[0].name == "loss.o"
    assert "no C compiler for aarch64" in library.notes[0]
    assert "OBJECT IMPORTED" in (tmp_path / "CMakeLists.txt").read_text()


PROGRAM = """
#include <stdio.h>
#include "loss.h"

int main(void) {
    static double w[50], X[2500], y[50], grad[50];
    static char workspace[100000];
    for (int m = 1; m <= 50; m += 7) {
        int n = m * 4 / 5 + 1;
        double value;
        for (int i = 0; i < m * n; i++) X[i] = (i * 7 % 11 - 5) / 8.0;
        for (int j = 0; j < n; j++) w[j] = (j * 5 % 7 - 3) / 4.0;
        for (int i = 0; i < m; i++) y[i] = i % 2 ? 1.0 : -1.0;
        int status = loss_value_and_grad(m, n, w, X, y, &value, grad, workspace, sizeof workspace);
        printf("%d %.17g", status, value);
        for (int j = 0; j < n; j++) printf(" %.17g", grad[j]);
        printf("\\n");
    }
    return 0;
}
"""
RUNNERS = {
    "aarch64-linux-gnu": ("aarch64-linux-gnu-gcc", ("qemu-aarch64-static", "qemu-aarch64")),
    "riscv64-linux-gnu": ("riscv64-linux-gnu-gcc", ("qemu-riscv64-static", "qemu-riscv64")),
    "x86-64": ("cc", ()),
    "x86-64-v3": ("cc", ()),
}


@pytest.mark.parametrize("target", RUNNERS)
def test_results(target, tmp_path) -> None:
    """The static library in a program of the target, which an emulator runs."""
    compiler, emulators = RUNNERS[target]
    emulator = next(filter(None, map(shutil.which, emulators)), None)
    if shutil.which(compiler) is None or (emulators and emulator is None):
        pytest.skip(f"no {compiler}, or no emulator")
    if target == "x86-64-v3" and not features().get("avx2"):
        pytest.skip("this processor has not these instructions")
    compile_library(
        loss, ARGS, emit="value_and_grad", output=tmp_path, target=target, format="static"
    )
    (tmp_path / "use.c").write_text(PROGRAM)
    command = [compiler, "-static", "-I.", "use.c", "libloss.a", "-lm", "-o", "use"]
    subprocess.run(command, cwd=tmp_path, check=True)
    runner = [emulator] if emulator else []
    done = subprocess.run(
        [*runner, "./use"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    for line, m in zip(done.stdout.splitlines(), range(1, 51, 7), strict=True):
        status, value, *grad = map(float, line.split())
        n = m * 4 // 5 + 1
        X = (np.arange(m * n) * 7 % 11 - 5).reshape(m, n) / 8.0
        w = (np.arange(n) * 5 % 7 - 3) / 4.0
        y = np.where(np.arange(m) % 2, 1.0, -1.0)
        z = -y * (X @ w)
        s = -y / (1 + np.exp(-z)) / m
        r = np.cos(w) * np.cosh(0.1 * w) + 0.1 * np.sin(w) * np.sinh(0.1 * w)
        assert status == 0
        np.testing.assert_allclose(value, loss(w, X, y), rtol=1e-14)
        np.testing.assert_allclose(
            grad, X.T @ s + r + w / np.sqrt(w * w + 1), rtol=1e-12, atol=1e-14
        )
