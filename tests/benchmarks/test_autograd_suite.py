"""autograd's tests as a yardstick: the adapter and the counting, without the suite itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from adjit.benchmarks.autograd_suite import suite

TESTS = """
import numpy
import pytest

import adjit
import autograd.numpy as np
from autograd import grad, jacobian, make_jvp
from autograd.core import vspace
from autograd.test_util import check_grads, combo_check, scalar_close


def matrix():
    return np.linspace(0.1, 1.2, 6).reshape(2, 3)


def test_names_are_numpys():
    assert np.sum is numpy.sum
    assert np.linalg.norm is numpy.linalg.norm
    assert np.random.rand is numpy.random.rand


def test_right():
    check_grads(np.sin)(0.3)
    check_grads(lambda a, b: np.sum(a["x"] * b, axis=0), (0, 1))({"x": matrix()}, matrix()[0])
    combo_check(np.sum, [0])([matrix(), matrix()[:1]], axis=[None, 0], keepdims=[True, False])
    assert scalar_close(grad(lambda x, y: x * y, 1)(2, 3.0), 2.0)
    assert np.allclose(jacobian(lambda x: x * x)(matrix()[0]),
                       np.diag(2 * matrix()[0]))
    assert make_jvp(lambda x: x * x)(3.0)(1.0) == (9.0, 6.0)


def test_spaces():
    space = vspace({"a": [1.0, np.zeros((2, 0))], "b": (np.zeros(3, "f4"), 1j)})
    assert space.size == 1 + 3 + 2
    assert len(list(space.standard_basis())) == space.size
    assert vspace(space.randn()) == space != vspace({"a": 1.0})


def wrong_first(x):
    return x * adjit.stop_gradient(x)


def wrong_second(x):
    return np.sin(x) + (x - adjit.stop_gradient(x)) ** 2


@pytest.mark.parametrize("mode", ["fwd", "rev"])
def test_wrong(mode):
    kind = {"fwd": "JVP", "rev": "VJP"}[mode]
    with pytest.raises(AssertionError, match=f"{kind}. check of wrong_first failed"):
        check_grads(wrong_first, modes=[mode])(matrix())
    check_grads(wrong_second, modes=[mode], order=1)(matrix())
    with pytest.raises(AssertionError, match=f"{kind}. check of {kind.lower()}_wrong_second"):
        check_grads(wrong_second, modes=[mode])(matrix())


def test_refused():
    grad(lambda x: numpy.loadtxt(x))(1.0)


def test_unmet():
    check_grads(wrong_first)(matrix())


@pytest.mark.skip(reason="something is missing")
def test_skipped():
    pass
"""


@pytest.mark.parametrize("compile_all", [False, True])
def test_counts_what_holds_under_our_derivatives(tmp_path: Path, compile_all: bool) -> None:
    tests = tmp_path / "suite" / "tests"
    tests.mkdir(parents=True)
    (tests / "test_few.py").write_text(TESTS)
    found = suite.run(tests, tmp_path, compile_all, ["-n0"] if xdist() else [])
    assert found.summary == "5 of 8"
    assert [test.name for test in found.of("failed")] == [
        "test_few::test_refused",
        "test_few::test_unmet",
    ]
    assert [test.message for test in found.of("skipped")] == ["something is missing"]
    assert {len(names) for _, names in found.reasons()} == {1}


def xdist() -> bool:
    return suite.importlib.util.find_spec("xdist") is not None


def test_compiles_a_sample_or_all() -> None:
    """Which derivatives are compiled depends on the test alone."""
    program = """
import os
from autograd.engine import SAMPLER
for name in ("test_a", "test_b"):
    os.environ["PYTEST_CURRENT_TEST"] = f"{name} (call)"
    print(*[int(SAMPLER.next()) for _ in range(100)], sep="")
"""

    def decisions(compile: str) -> list[str]:
        path = os.pathsep.join([str(suite.ADAPTER), os.environ.get("PYTHONPATH", "")])
        environment = dict(os.environ, PYTHONPATH=path, ADJIT_SUITE_COMPILE=compile)
        command = [sys.executable, "-c", program]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.split()

    sampled = decisions("sample")
    assert sampled == decisions("sample")
    assert [text.count("1") for text in sampled] == [5, 5]
    assert decisions("all") == ["1" * 100] * 2


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("adjit.tracer.errors.AdjitTypeError: test_x.py:3: no f for (3, 4)\nmore",
         "AdjitTypeError: no f for (...)"),
        ("AssertionError: value of f: 1.25e-3 where NumPy gives -2.5",
         "AssertionError: value of f: # where NumPy gives #"),
        ("xarray is required", "xarray is required"),
    ],
)  # fmt: skip
def test_reasons_are_grouped_without_their_place(message: str, reason: str) -> None:
    assert suite.reason(message) == reason
