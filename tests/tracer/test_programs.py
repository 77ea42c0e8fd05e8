"""Generated NumPy functions: source code with views, in-place writes, branches and loops.

Each program is written to a file, so that it goes through source rewriting like a user's. Its
value must be NumPy's own, in number, dtype and shape, and its derivatives those of differences.
"""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adjit import check_grads, jit

_serial = itertools.count()

SLICES = [":", "1:", ":-1", "::-1", "::2", "-2:", "1:3", "3:0:-1", "...", "None", "-1", "0"]
UNARY = ["np.sin({})", "np.tanh({})", "np.exp(0.3 * {})", "{} * {}", "np.abs({}) + 0.5", "-{}"]
BINARY = [
    "{} + {}",
    "{} - 0.5 * {}",
    "{} * {}",
    "np.maximum({}, {})",
    "np.where({} > 0.1, {}, 0.25)",
    "{} / (1.5 + {} ** 2)",
]
# The shapes of the names: x and y are vectors of 4 elements, A is 3 by 4.
STATEMENTS = [
    "x[1:] = x[:-1] * 0.5",
    "x[:-1] += x[1:]",
    "x[::2] *= y[1::2] + 1.0",
    "x[::-1][1:3] = y[:2]",
    "x[2] = x[0] * y[1]",
    "x[-1] -= np.sum(y)",
    "y = x[::-1]",
    "y = x.copy()",
    "y[0] = 0.75",
    "y *= 0.5",
    "y += x",
    "A[1] = x",
    "A[:, 2] += y[:3]",
    "A[1:, ::2] = A[:-1, 1::2]",
    "A.T[3] = x[:3]",
    "A.reshape(-1)[2:5] = y[1:]",
    "A[0, 1:3] = np.tanh(A[1, :2])",
    "A -= A.mean(axis=0)",
    "A = A * x",
    "A = np.stack([x, y, x * y])",
    "x = A[1] + y",
    "x = A.T @ A[:, 0]",
    "y = np.concatenate([x[2:], y[:2]])",
    "B = A[1:]\n    B[0, ::-1] = x",
    "row = A[2]\n    row += 0.5 * y",
    "np.multiply(x, y, out=x)",
    "np.add.at(x, slice(1, 3), y[:2])",
    "if np.sum(x) > 0.2:\n        x = x * 1.5\n    else:\n        y = y - x",
    "for i in range(3):\n        x[i + 1] += 0.3 * x[i] * y[i]",
    "for row in A:\n        row *= 0.9",
    "x = helper(x, y)",
    "A = outer(x, y)[:3]",
]
HEADER = """
import math

import numpy as np

def helper(a, b, scale=0.7):
    a[1] = b[1] * scale
    if a[0] > b[0]:
        return a + b
    return a - 2 * b

def outer(a, b):
    return a[:, None] * b[None, :] + math.sqrt(2.0)

def program(x, y, A):
    x, y, A = x.copy(), y.copy(), A.copy()
"""


@st.composite
def programs(draw: Any, largest: int = 6) -> str:
    """The source of a function of two vectors and a matrix."""
    lines = []
    for _ in range(draw(st.integers(1, largest))):
        kind = draw(st.integers(0, 3))
        if kind == 0:
            name = draw(st.sampled_from(["x", "y", "A"]))
            lines.append(f"{name} = {draw(st.sampled_from(UNARY)).replace('{}', name)}")
        elif kind == 1:
            left, right = draw(st.permutations(["x", "y", "y[::-1]", "x * 0.5"]))[:2]
            form = draw(st.sampled_from(BINARY))
            name = draw(st.sampled_from(["x", "y"]))
            lines.append(f"{name} = {form.replace('{}', left, 1).replace('{}', right)}")
        else:
            lines.append(draw(st.sampled_from(STATEMENTS)))
    index = draw(st.sampled_from(SLICES))
    result = draw(st.sampled_from(["np.sum(x * y) + np.sum(A * A)", f"A[{index}]", f"x[{index}]"]))
    return HEADER + "".join(f"    {line}\n" for line in lines) + f"    return {result}\n"


def load(source: str, folder: Path) -> Callable[..., Any]:
    path = folder / f"generated_{next(_serial)}.py"
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[..., Any] = module.program
    return found


def check(source: str, folder: Path, order: int) -> None:
    program = load(source, folder)
    rng = np.random.default_rng(len(source))
    args = (rng.normal(size=4), rng.normal(size=4), rng.normal(size=(3, 4)))
    expected = program(*args)
    found = jit(program)(*args)
    assert type(found) is type(expected), source
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12, err_msg=source)
    if np.size(expected) and smooth(program, args):
        check_grads(program, args, order=order, rtol=1e-5, atol=1e-6)


def smooth(program: Callable[..., Any], args: tuple) -> bool:
    """Whether no kink and no branch lies within the steps of the differences."""
    rng = np.random.default_rng(1)
    moves = [rng.normal(size=np.shape(x)) for x in args]
    values = [
        program(*[x + h * m for x, m in zip(args, moves, strict=True)])
        for h in (-4e-3, -2e-3, 0.0, 2e-3, 4e-3)
    ]
    third = values[0] - 4 * values[1] + 6 * values[2] - 4 * values[3] + values[4]
    size = 1.0 + max(float(np.max(np.abs(v))) for v in values)
    return size < 1e3 and float(np.max(np.abs(third))) < 1e-7 * size


@given(source=programs())
def test_generated_programs(source: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    check(source, tmp_path_factory.mktemp("programs"), order=1)


@pytest.mark.slow
@settings(max_examples=400)
@given(source=programs(largest=12))
def test_generated_programs_at_length(
    source: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    check(source, tmp_path_factory.mktemp("programs"), order=1)


@pytest.mark.slow
@settings(max_examples=60)
@given(source=programs(largest=5))
def test_generated_programs_second_order(
    source: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    check(source, tmp_path_factory.mktemp("programs"), order=2)
