"""Every ufunc of the table, operators and promotion, against NumPy."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from adjit.tracer.errors import AdjitError, AdjitNotImplementedError
from adjit.tracer.trace import Trace
from adjit.tracer.ufuncs import UFUNCS

from .recording import compare, record_argument

DTYPES = ["f8", "f4", "i8", "i4", "i1", "u8", "u4", "u1", "?"]
SCALARS = [2, -1, 2.5, True, np.float32(1.5), np.int8(3), np.uint64(2), np.bool_(True)]
BINARY = [f for f in UFUNCS if f.nin == 2]
UNARY = [f for f in UFUNCS if f.nin == 1]


def sample(dtype: str) -> np.ndarray:
    """Numbers with signs, zeros and ties; also special values for floats."""
    kind = np.dtype(dtype).kind
    if kind == "f":
        return np.array([0.5, -0.25, 0.0, 1.0, 2.0, -3.5, np.nan, np.inf], dtype)
    if kind == "u":
        return np.array([0, 1, 2, 3, 200, 7, 1, 0], dtype)
    return np.array([0, 1, 2, -3, 100, -7, 1, 0]).astype(dtype)


def refused(function: Callable[..., Any], *arguments: Any) -> bool:
    """Whether NumPy's result has a dtype that adjit refuses, or the case is unsupported."""
    if function is np.reciprocal:
        return np.asarray(arguments[0]).dtype.kind != "f"
    if function is np.signbit:
        return np.asarray(arguments[0]).dtype.itemsize == 1  # computed in float16
    try:
        with np.errstate(all="ignore"):
            results = function(*arguments)
    except (TypeError, ValueError, OverflowError):
        return False
    results = results if isinstance(results, tuple) else (results,)
    return any(np.asarray(y).dtype in (np.float16, object) for y in results)


def compare_or_refuse(function: Callable[..., Any], *arguments: Any) -> None:
    if refused(function, *arguments):
        with Trace() as trace, pytest.raises(AdjitError):
            function(*[record_argument(trace, 0, x) for x in arguments])
    else:
        compare(function, *arguments, exact=False)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("ufunc", UNARY, ids=lambda f: f.__name__)
def test_unary(ufunc: np.ufunc, dtype: str) -> None:
    compare_or_refuse(ufunc, sample(dtype))
    compare_or_refuse(ufunc, np.asfortranarray(sample(dtype).reshape(2, 2, 2)))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("ufunc", BINARY, ids=lambda f: f.__name__)
def test_binary(ufunc: np.ufunc, dtype: str) -> None:
    x = sample(dtype)
    for other in DTYPES:
        compare_or_refuse(ufunc, x, sample(other)[::-1].copy())
    for scalar in SCALARS:
        compare_or_refuse(ufunc, x, scalar)
        compare_or_refuse(ufunc, scalar, x[:3])
    compare_or_refuse(ufunc, x[:6].reshape(2, 3), x[:3])
    compare_or_refuse(ufunc, x[:2].reshape(2, 1), x[:3])


def test_shapes_that_do_not_fit() -> None:
    compare(operator.add, np.ones(2), np.ones(3))
    compare(operator.lt, np.ones((2, 3)), np.ones((2, 1, 2)))


@pytest.mark.parametrize("scalar", SCALARS, ids=repr)
@pytest.mark.parametrize("dtype", DTYPES)
def test_scalars_that_are_not_recorded(scalar: Any, dtype: str) -> None:
    for ufunc in (np.add, np.multiply, np.power, np.true_divide, np.less, np.equal, np.maximum):
        if not refused(ufunc, sample(dtype), scalar):
            compare(lambda x, f=ufunc: (f(x, scalar), f(scalar, x)), sample(dtype), exact=False)


@pytest.mark.parametrize("number", [300, -1, 2**40, 2**63, 2**64, -(2**63), 10**30, -(10**30)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_large_python_integers(number: int, dtype: str) -> None:
    for function in (operator.add, operator.lt, operator.ge, operator.eq, operator.ne):
        if not refused(function, sample(dtype), number):
            compare(lambda x, f=function: f(x, number), sample(dtype))
            compare(lambda x, f=function: f(number, x), sample(dtype))


def test_recorded_python_integers_in_comparisons_and_arithmetic_of_small_dtypes() -> None:
    for dtype in DTYPES[2:]:
        for number in (3, 300, -1):
            compare(lambda x, n: (x < n, n >= x, x == n), sample(dtype), number)
            compare(lambda x, n: x + n, sample(dtype), number)


BINARY_OPERATORS = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.floordiv,
    operator.mod,
    operator.pow,
    divmod,
    operator.lt,
    operator.le,
    operator.gt,
    operator.ge,
    operator.eq,
    operator.ne,
]
LOGIC = [operator.and_, operator.or_, operator.xor, operator.lshift, operator.rshift]
PYTHON = [3, -2, 0, 2.5, -0.5, True, False]


@pytest.mark.parametrize("function", BINARY_OPERATORS + LOGIC, ids=lambda f: f.__name__)
def test_operators_of_python_scalars_are_pythons(function: Callable[..., Any]) -> None:
    for x in PYTHON:
        for z in PYTHON:
            floats = float in (type(x), type(z))
            divides = function in (operator.truediv, operator.floordiv, operator.mod, divmod)
            if floats and divides and z == 0:  # infinity or NaN, as in NumPy; Python raises
                continue
            if function is operator.pow and (x == 0 or (x < 0 and z != int(z))):
                continue
            compare(function, x, z, exact=False)
            compare(lambda x, z=z: function(x, z), x, exact=False)
            compare(lambda z, x=x: function(x, z), z, exact=False)


@pytest.mark.parametrize("scalar", PYTHON, ids=repr)
def test_unary_operators_of_python_scalars_are_pythons(scalar: Any) -> None:
    for function in (operator.neg, operator.pos, abs):
        compare(function, scalar)
    if not isinstance(scalar, float):
        compare(operator.invert, scalar)


def test_python_integers_do_not_wrap() -> None:
    def factorial(n: int) -> Any:
        y = n
        for k in range(1, 60):
            y = y * (n + k)
        return y

    compare(factorial, 3)
    compare(lambda n: n**100, 7)
    compare(lambda n: 2**n, 5)
    compare(lambda n: (n << 3, n >> 1, n & 6, 2 | n), 5)


def test_a_ufunc_of_python_scalars_is_numpys() -> None:
    for x in (2, 2.5, True):
        compare(lambda x: (np.exp(x), np.add(x, x), np.sqrt(x) + 1), 2, exact=False)
        compare(lambda x: np.add(x, np.float32(1)), x, exact=False)


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, -1, -2, 0.5, 2.0, 1.5, -0.5, 0.0])
@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "u1", "?"])
def test_power_with_scalar_exponents(exponent: Any, dtype: str) -> None:
    if not refused(operator.pow, sample(dtype), exponent):
        compare(lambda x: x**exponent, sample(dtype), exact=False)
        compare(lambda x: x[3] ** exponent, sample(dtype), exact=False)


def test_cheap_powers_are_not_pow() -> None:
    def program(x: np.ndarray) -> tuple:
        return x**2, x**1, x**-1, x**0.5, x**0, x**2.0, np.square(x)

    graph = compare(program, np.array([1.0, 4.0]))
    assert "pow" not in {value.op.name for value in graph.values}


IN_PLACE = [
    operator.iadd,
    operator.isub,
    operator.imul,
    operator.itruediv,
    operator.ifloordiv,
    operator.imod,
    operator.ipow,
    operator.iand,
    operator.ior,
    operator.ixor,
    operator.ilshift,
    operator.irshift,
]


@pytest.mark.parametrize("function", IN_PLACE, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "i4", "?"])
def test_in_place_operators(function: Callable[..., Any], dtype: str) -> None:
    def program(x: np.ndarray, z: Any) -> None:
        y = function(x, z)
        assert y is x
        part = x[1::2]
        function(part, z)

    for other in (2, 2.5, np.float32(2), np.int8(2), np.array([1, 2])[:1], np.ones((2, 1))):
        compare(program, np.array([1, 2, 3, 4]).astype(dtype), other, exact=False)


def test_in_place_on_scalars_rebinds() -> None:
    def program(a: Any) -> tuple:
        b = a
        b += 1
        return a, b

    for scalar in (1, 1.5, np.float64(1.5), np.int32(2), np.array(1.5)):
        compare(program, scalar)
    compare(lambda a: program(a[0]), np.array([1.0, 2.0]))
    compare(lambda a: program(np.sin(a)), np.array(1.0))


def test_out_and_where() -> None:
    def program(x: np.ndarray, y: np.ndarray) -> Any:
        np.add(x, 1, out=x)
        np.multiply(x, y, out=y[:, ::-1])
        np.exp(y, where=y < 3, out=y)
        z = np.subtract(x, y, x)
        assert z is x
        return z, np.divmod(x, 2.0, out=(x, y))[1]

    compare(program, np.arange(3.0), np.ones((2, 3)), exact=False)
    compare(lambda x, y: np.add(x, y, out=y), np.ones(3), np.ones(3, np.int64))
    compare(lambda x, y: np.add(x, y, out=y), np.ones(3), np.ones(3, np.float32))
    compare(lambda x, y: np.add(x, y, out=y, casting="unsafe"), np.ones(3), np.ones(3, int))
    compare(lambda x, y: np.add(x, x, out=y), np.ones((2, 3)), np.ones(3))
    compare(lambda x, y: np.add(x, x, out=y), np.ones(3), np.ones((2, 3)))
    compare(lambda x: np.add(x, 1, dtype=np.float32), np.arange(3))
    compare(lambda x: np.add(x, 1.5, dtype=np.int64), np.arange(3))
    compare(lambda x: np.sqrt(x, dtype=np.float32), np.arange(3.0))


def test_where_without_out_is_refused() -> None:
    with Trace() as trace:
        x = trace.input("x", np.ones(3))
        with pytest.raises(AdjitNotImplementedError, match="give out="):
            np.add(x, 1, where=x > 0)


def test_methods_of_ufuncs() -> None:
    def at(x: np.ndarray) -> None:
        np.add.at(x, 1, 2.0)
        np.multiply.at(x, slice(0, 2), 3.0)

    compare(at, np.arange(4.0))
    compare(lambda x, y: np.multiply.outer(x, y), np.arange(3.0), np.ones((2, 2)))
    compare(lambda x: np.subtract.outer(x, [1, 2]), np.arange(3.0))
    compare(lambda x: np.subtract.outer(x, 2), np.arange(3))


def test_lists_and_nested_lists_with_recorded_items() -> None:
    compare(lambda x: operator.add(x, [1, 2, 3]), np.arange(3.0))
    compare(lambda x: [1, 2, 3] * x, np.arange(3))
    compare(lambda x: np.add([x[0], 1, x[1] * 2.5], x), np.arange(3))
    compare(lambda x: operator.add([[x[0], 1], [x[2], 3]], x[:2]), np.arange(3.0, dtype="f4"))
    compare(lambda x: x[0] * [[x[0], 1], [x[2], 3]], np.arange(3, dtype="i4"))
    compare(lambda x: x * [x, x + 1], np.arange(3.0))
    compare(lambda x: operator.add(x, [x, x[:1]]), np.arange(3.0))
    compare(lambda x, n: x * [n, 1.5], np.ones(2, "f4"), 3)


def test_a_sequence_times_a_recorded_integer_repeats() -> None:
    compare(lambda n: ([0.0] * n, n * (1, 2)), 3)
    compare(lambda a: [0.0] * a[1], np.arange(3))
    compare(lambda n: operator.add(n, [1]), 3)
    compare(lambda n: n * [1], 1.5)


def test_what_is_no_array() -> None:
    compare(lambda x: x + None, np.ones(3))
    compare(lambda x: x + "a", 1.5)
    compare(lambda x: (x == None, x != "a"), 1.5)  # noqa: E711
    with Trace() as trace:
        x = trace.input("x", np.ones(3))
        for program in (lambda: x == None, lambda: x == "a"):  # noqa: E711
            with pytest.raises(AdjitError, match=r"^test_ufuncs.py:\d+: "):
                program()
        with pytest.raises(AdjitNotImplementedError, match=r"power\.reduce of integers"):
            np.power.reduce(x.astype(int))
        with pytest.raises(AdjitNotImplementedError, match=r"np\.bitwise_count is not supported"):
            np.bitwise_count(x)


def test_mixed_with_plain_arrays() -> None:
    a = np.arange(3.0)
    compare(lambda x: (a + x, x - a, a < x, np.float32(2) * x), np.ones(3))
    with Trace() as trace:
        x = trace.input("x", np.ones(3))
        with pytest.raises(AdjitError, match="not recorded"):
            a += x
