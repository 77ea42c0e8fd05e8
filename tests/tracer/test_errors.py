"""Bad programs and calls: each is an error with the user's line, a builtin class and a way out."""

from __future__ import annotations

import functools
import operator
import time

import numpy as np
import pytest

from adjit import AdjitError, check_grads, compile_grad, grad, jit, jvp, vjp

X = np.array([1.0, 2.0, 3.0])
KEPT: list = []


class Holder:
    def __init__(self, item=None):
        self.item = item


HOLDER = Holder()


def square(x):
    return np.sum(x * x)


def product(x, y):
    return np.sum(x * y)


def generator(x):
    yield np.sum(x)


async def coroutine(x):
    return np.sum(x)


def endless(x):
    return endless(x * 2)


def endless_list(x):
    items = [np.sum(x)]
    items.append(items)
    return items


def appends(x):
    KEPT.append(x)
    return np.sum(x)


def keeps(x):
    HOLDER.item = x * 2
    return np.sum(x)


def caught(x):
    try:
        return np.sum(np.packbits(x))
    except Exception:
        return np.sum(x)


def drawn():
    (found,) = map(np.random.rand, [1])
    return found


@functools.lru_cache
def cached(x):
    return x * 2


def left_behind():
    jit(keeps)(X)
    return HOLDER.item


def overlapping():
    memory = np.ones(4)
    return memory[:3], memory[1:]


WRITTEN = np.ones(3)


def writes(x):
    x[0] = 2.0
    return np.sum(x * WRITTEN)


CALLS = {
    # arguments
    "int": (lambda: compile_grad(square)(np.arange(3)), TypeError, "x has dtype int64.*float64"),
    "list of ints": (lambda: compile_grad(square)([1, 2]), TypeError, r"x\[0\] has dtype int64"),
    "str": (lambda: compile_grad(square)("a"), TypeError, "argument x: str is not"),
    "object": (lambda: jit(square)(np.array([1, None])), TypeError, "dtype object.*astype"),
    "long complex": (lambda: jit(square)(X.astype("G")), TypeError, "argument x .*complex256"),
    "float16": (lambda: jit(square)(X.astype("f2")), TypeError, "argument x .*float16"),
    "long double": (lambda: jit(square)(X.astype(np.longdouble)), TypeError, "supported are"),
    "matrix": (lambda: jit(square)(np.matrix("1. 2.")), TypeError, "argument x: matrix"),
    "masked": (lambda: jit(square)(np.ma.array(X)), TypeError, "argument x: MaskedArray"),
    "huge int": (lambda: compile_grad(square)(10**30), TypeError, "argument x"),
    "none given": (lambda: compile_grad(square)(), TypeError, r"square\(\): missing.*'x'"),
    "too many": (lambda: grad(square)(X, X), TypeError, r"square\(\): too many"),
    "unknown": (lambda: jit(square)(X, out=X), TypeError, r"square\(\): .*'out'"),
    # what is transformed
    "no function": (lambda: compile_grad(3), TypeError, "a function is needed, not a int"),
    "argnums too large": (lambda: grad(square, 1)(X), ValueError, "argnums 1.*parameters are x"),
    "argnums name": (lambda: grad(square, "z")(X), ValueError, "argnums 'z'.*are x"),
    "argnums None": (lambda: grad(square, None), TypeError, "argnums is None: give a position"),
    "argnums float": (lambda: grad(square, 1.0), TypeError, "argnums is 1.0"),
    "argnums bool": (lambda: grad(square, True), TypeError, "argnums is True"),
    "argnums set": (lambda: grad(square, {"x"}), TypeError, "argnums is {'x'}"),
    # results
    "None result": (lambda: grad(lambda x: None)(X), TypeError, "a NoneType: .* vjp or jvp"),
    "vector result": (lambda: grad(lambda x: x)(X), TypeError, r"shape \(3,\): .*np.sum"),
    "int result": (lambda: grad(lambda x: np.sum(x > 1))(X), TypeError, "dtype int64"),
    "tuple result": (lambda: grad(lambda x: (np.sum(x), 1))(X), TypeError, "a tuple"),
    "no aux": (lambda: grad(square, has_aux=True)(X), TypeError, r"returns \(value, aux\)"),
    "generator": (lambda: jit(generator)(X), TypeError, "returned a generator"),
    "coroutine": (lambda: jit(coroutine)(X), TypeError, "returned a coroutine"),
    "map": (lambda: jit(lambda x: map(abs, x))(X), TypeError, "returned a map"),
    "closure": (lambda: jit(lambda x: lambda: x)(X), TypeError, "returned a function"),
    "object result": (lambda: jit(lambda x: Holder(x))(X), TypeError, "returned a Holder"),
    "endless list": (lambda: jit(endless_list)(X), RecursionError, "endless_list .*a loop"),
    "endless calls": (lambda: jit(endless)(X), RecursionError, "endless .*a loop"),
    # out=
    "out shape": (lambda: grad(square)(X, out=np.ones(2)), ValueError, r"out=.*shape \(2,\)"),
    "out dtype": (lambda: grad(square)(X, out=np.arange(3)), ValueError, "out=.*int64"),
    "out list": (lambda: grad(square)(X, out=[1.0] * 3), ValueError, "out=.*3 arrays"),
    "out inside a list": (lambda: grad(square)(X, out=[X.copy()]), ValueError, "structure"),
    "out masked": (lambda: grad(square)(X, out=np.ma.array(X)), ValueError, "MaskedArray"),
    "out read-only": (
        lambda: grad(square)(X, out=np.broadcast_to(1.0, 3)),
        ValueError,
        "out=.*read-only",
    ),
    "out twice": (
        lambda: grad(product, (0, 1))(X, X, out=(WRITTEN, WRITTEN)),
        ValueError,
        "out=.*overlaps",
    ),
    "out overlap": (
        lambda: grad(product, (0, 1))(X, X, out=overlapping()),
        ValueError,
        "out=.*overlaps",
    ),
    # tangents and cotangents
    "tangents None": (lambda: jvp(square, (X,), None), TypeError, "NoneType given as tangents"),
    "args array": (lambda: jvp(square, X, X), TypeError, "ndarray given as args"),
    "too few": (lambda: jvp(square, (X,), ()), TypeError, "0 entries given as tangents"),
    "tangent shape": (lambda: jvp(square, (X,), (X[:2],)), ValueError, r"\(2,\).*\(3,\)"),
    "tangent complex": (lambda: jvp(square, (X,), (X * 1j,)), TypeError, "be complex"),
    "cotangent shape": (lambda: vjp(square, X)[1](X), ValueError, r"cotangent of shape \(3,\)"),
    "cotangent keys": (
        lambda: vjp(lambda x: {"a": x}, X)[1]({"b": X}),
        TypeError,
        "given as a cotangent",
    ),
    "check nothing": (lambda: check_grads(square, (3,)), TypeError, "no floating-point argument"),
    "check array": (lambda: check_grads(square, X), TypeError, "ndarray given as args"),
    "check None": (lambda: check_grads(None, (X,)), TypeError, "a function is needed"),
    # what cannot be recorded
    "random": (lambda: jit(lambda x: x * drawn())(X), NotImplementedError, "a draw from np.random"),
    "clock": (lambda: jit(lambda x: x * time.time())(X), NotImplementedError, "time.time"),
    "no recording": (lambda: jit(caught)(X), NotImplementedError, "np.packbits"),
    "method": (lambda: jit(lambda x: x.tobytes())(X), NotImplementedError, "ndarray.tobytes"),
    "no method": (lambda: jit(lambda x: x.foo)(X), AttributeError, "ndarray.*no attribute 'foo'"),
    "key": (lambda: jit(lambda x: {1.0: 2}.get(x[0]))(X), TypeError, r"hash\(\) of a recorded"),
    "cache": (lambda: jit(lambda x: cached(x[0]))(X), TypeError, r"hash\(\) of a recorded"),
    "cut": (lambda: jit(lambda x: x[0].__complex__())(X), TypeError, "cut its derivative"),
    "text": (lambda: jit(lambda x: float("%f" % x[0]))(X), TypeError, "cut its derivative"),  # noqa: UP031
    "index": (lambda: jit(lambda x: x[5])(X), IndexError, "index 5 is out of bounds"),
    "axis": (lambda: jit(lambda x: np.sum(x, 1))(X), np.exceptions.AxisError, "axis 1"),
    "shapes": (lambda: jit(lambda x: x + np.ones(2))(X), ValueError, r"\(3,\) \(2,\)"),
    "truth": (lambda: jit(lambda x: 1 if x else 2)(X), ValueError, "truth value"),
    "int division": (lambda: jit(operator.floordiv)(7, 0), ZeroDivisionError, "by zero"),
    "appended": (lambda: jit(appends)(X), ValueError, "KEPT was changed"),
    "left behind": (lambda: left_behind() + 1, TypeError, "return the array"),
    "captured and passed": (lambda: jit(writes)(WRITTEN), ValueError, "x, .*global WRITTEN"),
    "passed twice": (
        lambda: jit(lambda x, y: operator.setitem(x, 0, y[1]) or np.sum(x * y))(WRITTEN, WRITTEN),
        ValueError,
        "argument x, which shares memory with argument y",
    ),
    # inside another recording
    "inner shape": (lambda: jit(lambda x: grad(lambda y: y)(x))(X), TypeError, "real scalar"),
    "inner call": (lambda: jit(lambda x: grad(square)())(X), TypeError, "missing.*'x'"),
    "inner tangent": (
        lambda: jit(lambda x: jvp(square, (x,), (np.ones(2),))[1])(X),
        ValueError,
        r"shape \(2,\)",
    ),
}


@pytest.mark.parametrize(("call", "kind", "message"), CALLS.values(), ids=CALLS)
def test_error(call, kind, message):
    with pytest.raises(kind, match=message) as caught_error:
        call()
    assert isinstance(caught_error.value, AdjitError)
    assert str(caught_error.value).startswith("test_errors.py:")


def test_errors_of_the_users_own_pass_through_and_leave_nothing_behind():
    def f(x, ok):
        return np.sum(x * x) if ok else 1 / 0

    g = compile_grad(f)
    with pytest.raises(ZeroDivisionError):
        g(X, False)
    assert g(X, True)[0] == 14.0
