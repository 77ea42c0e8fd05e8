"""Two families in one graph are an error; apart, each follows its own rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from marked import attached, equal, required
from test_mxnet_rules import Products

from adjit import autograd
from adjit.autograd import array

MET = r"marked by attach_grad\(\) and by requires_grad_\(\) meet"


def written(a: Any, b: Any) -> Any:
    y = a * 1
    y[0] = b[0]
    return y


OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "operator": lambda a, b: a * b,
    "ufunc": np.maximum,
    "product": lambda a, b: a @ b,
    "function": lambda a, b: np.concatenate([a, b]),
    "written": written,
    "in place": lambda a, b: (a * 1).__iadd__(b),
    "Function": lambda a, b: Products()(a, b),
    "heads": lambda a, b: autograd.backward([a * a, b * b], [None, array([1.0, 1.0])]),
    "variables": lambda a, b: autograd.grad((a * a).sum(), [b]),
    "of both": lambda a, b: autograd.grad([a * a, b.sum()], [a, b]),
    "head gradient": lambda a, b: autograd.grad(a * a, [a], head_grads=b, create_graph=True),
    "mark": lambda a, b: (a * a).requires_grad_(),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_mixing_is_an_error(name: str) -> None:
    operation = OPERATIONS[name]
    orders = [(attached, required), (required, attached)]
    for one, other in orders[: 1 if name == "mark" else 2]:
        a, b = one([1.0, 2.0]), other([3.0, 4.0])
        with autograd.record(), pytest.raises(RuntimeError, match=MET):
            operation(a, b)


def test_where_nothing_is_recorded_they_meet() -> None:
    a, b = attached([1.0, 2.0]), required([3.0, 4.0])
    with autograd.pause():
        equal(a * b, [3, 8])
    with autograd.no_grad():
        b -= a
    equal(b, [2, 2])
    with autograd.record():
        y = a * b.detach()
    y.backward()
    equal(a.grad, [2, 2])
    assert b.grad is None


def test_each_follows_its_rules() -> None:
    a, b = attached([1.0, 2.0]), required([1.0, 2.0])
    for times in (1, 2):
        with autograd.record():
            y = a * a
            z = (b * b).sum()
        y.backward()
        z.backward()
        equal(a.grad, [2, 4])
        equal(b.grad, [2 * times, 4 * times])


def test_a_mark_is_changed() -> None:
    x = attached([1.0, 2.0])
    x.requires_grad_()
    assert x.grad is None
    x.sum().backward()
    equal(x.grad, [1, 1])
    x.attach_grad()
    equal(x.grad, [0, 0])
