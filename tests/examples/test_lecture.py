"""The lecture's programs: their tables against formulas that paper and pencil give."""

from __future__ import annotations

import importlib
import math
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from example_runs import EXAMPLES, PNG_MAGIC, after, numbers, run

from adjit import compile_grad

E = math.e


def section(title: str, printed: str) -> list[list[str]]:
    """The rows of a table: the name, the formula, and what follows in the other columns."""
    text = printed.split(f"\n{title}\n")[1].split("\n\n")[0]
    return [re.split(r"\s{2,}", line.strip()) for line in text.splitlines()[1:]]


def test_modes(tmp_path: Path) -> None:
    printed = run("lecture_modes.py", tmp_path)
    assert after("operations of the value:", printed) == " 1 log, 1 mul, 1 sqrt, 1 add"
    counts = after("operations of value and gradient:", printed)
    assert "1 log," in counts  # neither the function nor its derivative computes it again
    assert "1 sqrt," in counts
    assert printed.count("= log(") == 4  # the text form and the table of each of the two Graphs
    assert section("values, from the first operation to the last", printed) == [
        ["w1", "= given", f"{E:.6g}"],
        ["w2", "= given", "4"],
        ["v1", "= log(w1)", "1"],
        ["v2", "= w2 * v1", "4"],
        ["v3", "= sqrt(v2)", "2"],
        ["v4", "= v2 + v3", "6"],
    ]
    assert section("forward mode: tangents t, in the order of the values", printed) == [
        ["t_w1", "= 1 by itself, else 0", "1", "0"],
        ["t_w2", "= 1 by itself, else 0", "0", "1"],
        ["t_v1", "= t_w1 * (1 / w1)", f"{1 / E:.6g}", "0"],
        ["t_v2", "= t_w2 * v1 + t_v1 * w2", f"{4 / E:.6g}", "1"],
        ["t_v3", "= t_v2 * (0.5 / v3)", f"{1 / E:.6g}", "0.25"],
        ["t_v4", "= t_v2 + t_v3", f"{5 / E:.6g}", "1.25"],
    ]
    assert section("reverse mode: cotangents g, in the reverse order", printed) == [
        ["g_v4", "= 1", "1"],
        ["g_v3", "= g_v4", "1"],
        ["g_v2", "= g_v4 + g_v3 * (0.5 / v3)", "1.25"],
        ["g_v1", "= g_v2 * w2", "5"],
        ["g_w1", "= g_v1 * (1 / w1)", f"{5 / E:.6g}"],
        ["g_w2", "= g_v2 * v1", "1.25"],
    ]


def test_modes_of_the_compiled_gradient(tmp_path: Path) -> None:
    printed = run("lecture_modes.py", tmp_path)
    rows = section("its values", printed)
    table = {name: values[-1] for name, *values in rows if values}
    for label, expected in (("gradient by w1", 5 / E), ("gradient by w2", 1.25), ("L", 6.0)):
        name = after(f"  {label} is ", printed)
        assert float(table[name]) == pytest.approx(expected, rel=1e-5)
    for label, expected in (("L", 6.0), ("dL/dw1", 5 / E), ("dL/dw2", 1.25)):
        compiled, by_hand = numbers(after(f"{label}, compiled:", printed))
        assert compiled == pytest.approx(expected, rel=1e-14)
        assert by_hand == pytest.approx(expected, rel=1e-14)


@pytest.fixture(scope="module")
def modes() -> ModuleType:
    """The program as a module, for tables of other functions."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(EXAMPLES)
        return importlib.import_module("lecture_modes")


def names_of_its_own(v1, y):
    return np.sin(v1) * v1 / y + 2.0


def repeated(x):
    return x * x * x - np.exp(-x)


def of_arrays(x, y):
    return np.sum(np.maximum(x, y) * x) + np.dot(x, x)


def one_argument(x, y):
    return x


OTHERS: list[tuple[Callable[..., Any], tuple, Callable[..., tuple]]] = [
    (
        names_of_its_own,
        (0.5, 3.0),
        lambda v, y: ((np.sin(v) + v * np.cos(v)) / y, -np.sin(v) * v / y**2),
    ),
    (repeated, (np.float32(1.5),), lambda x: (3 * x * x + np.exp(-x),)),
    (repeated, (0.0,), lambda x: (3 * x * x + np.exp(-x),)),
    (
        of_arrays,
        (np.array([4.0, -1.0, 0.5]), 2.0),
        lambda x, y: (np.where(x > y, 2 * x, y) + 2 * x, np.sum(np.where(x > y, 0.0, x))),
    ),
    (one_argument, (1.0, 2.0), lambda x, y: (1.0, 0.0)),
]


@pytest.mark.parametrize(("fun", "args", "by_hand"), OTHERS)
def test_tables_of_other_functions(
    fun: Callable[..., Any], args: tuple, by_hand: Callable[..., tuple], modes: ModuleType
) -> None:
    compiled = compile_grad(fun)
    steps = modes.Steps(compiled.graph(*args), args)
    expected = by_hand(*args)
    trace = {row.name: row.numbers for row in steps.trace()}
    tangents = [row.numbers for row in steps.forward()]
    cotangents = {row.name: row.numbers[0] for row in steps.reverse()}
    names = list(fun.__code__.co_varnames)
    last = steps.names[steps.graph.outputs[0]]
    rel = 1e-6 if isinstance(args[0], np.float32) else 1e-12
    assert trace[last][0] == pytest.approx(fun(*args), rel=rel)
    for name, gradient in zip(names, expected, strict=True):
        assert cotangents[f"g_{name}"] == pytest.approx(gradient, rel=rel)
        assert cotangents[f"g_{name}"].dtype == np.asarray(args[0]).dtype
    if fun is not one_argument:
        assert tangents[-1] == pytest.approx([np.sum(gradient) for gradient in expected], rel=rel)


def test_a_loop_has_no_row(modes: ModuleType) -> None:
    @compile_grad
    def power(x):
        y = x
        for _ in range(100):
            y = y * x
        return y

    with pytest.raises(ValueError, match="a loop would be a table of its own"):
        modes.Steps(power.graph(1.01), (1.01,))


VJP_ROWS = {
    "add": ([6, 15], [5, 7, 9]),
    "multiply": ([17, 38], [9, 12, 15]),
    "subtract": ([6, 15], [-5, -7, -9]),
    "divide": ([2.75, 8], [-9, -3, -0.9375]),
    "true_divide": ([2.75, 8], [-9, -3, -0.9375]),
    "exp(z)": ([E**3, -(E**5)],),
    "A @ x": ([3, 5, -3, -5], [1, -2]),
    "solve(A, b)": ([-0.64, -1.12, 0.48, 0.84], [0.8, -0.6]),
    "singular values": ([-1 / 5**0.5, 2 / 5**0.5, 2 / 5**0.5, 1 / 5**0.5],),
}
"""By each argument, at x = [[1], [2]], z = [1, 2, 4], g = [[1, 2, 3], [4, 5, 6]]; then at
A = [[2, 1], [1, 3]], b = [3, 5], g = [1, -1]."""


def test_products(tmp_path: Path) -> None:
    target = tmp_path / "plot.png"
    printed = run("lecture_products.py", tmp_path, str(target))
    check_rows(printed)

    w1, s = E, 4.0
    slope = 1 + 0.5 / math.sqrt(s)
    mixed = slope / w1 - s**-0.5 / (4 * w1)
    first = -4 * slope / w1**2 - 16 * s**-1.5 / (4 * w1**2)
    second = -(s**-1.5) / 4
    expected = [first * E + mixed, mixed * E + second]
    orders = ("by the identity, reverse over reverse", "hvp, forward over reverse")
    for label in (*orders, "reverse over forward", "the whole hessian times v"):
        *product, error = numbers(after(f"  {label}: ", printed))
        assert product == pytest.approx(expected, rel=1e-8)
        assert error < 1e-14

    lines = [line for line in printed.splitlines() if line.startswith("  eps ")]
    errors = [numbers(line)[1] for line in lines]
    assert [numbers(line)[0] for line in lines] == [10.0**-n for n in range(1, 13)]
    # Down with the square of the step, up with its inverse: a V whose bottom is near eps^(1/3).
    for coarse, fine in pairwise(errors[:4]):
        assert 80 < coarse / fine < 120
    assert 1e-6 <= 10.0 ** -(1 + int(np.argmin(errors))) <= 1e-4
    assert 1e-13 < min(errors) < 1e-9
    assert errors[-1] > 1e-6
    best, least, exact = numbers(after("best step: ", printed))
    assert (best, least) == (10.0 ** -(1 + int(np.argmin(errors))), min(errors))
    assert exact < 1e-14
    assert target.read_bytes().startswith(PNG_MAGIC)


def check_rows(printed: str) -> None:
    """Each row of the table of VJPs, and the differences to its formulas."""
    names = "|".join(map(re.escape, VJP_ROWS))
    blocks = re.findall(rf"^  ({names})\n((?:    .*\n)+)", printed, re.M)
    assert [name for name, _ in blocks] == list(VJP_ROWS)
    for name, block in blocks:
        rows = re.findall(r"(\[.*\]), off by (\S+)", block)
        assert len(rows) == len(VJP_ROWS[name])
        for (found, error), expected in zip(rows, VJP_ROWS[name], strict=True):
            assert numbers(found) == pytest.approx(expected, rel=1e-5)
            assert float(error) < 1e-12
