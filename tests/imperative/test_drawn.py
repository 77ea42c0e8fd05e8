"""Random programs: both families, transforms of the same code, and central differences agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from drawn import differences, leaves, program
from marked import attached, close, required

import adjit
from adjit import autograd

SLOW = [pytest.param(seed, marks=pytest.mark.slow) for seed in range(10, 120)]


@pytest.mark.parametrize("seed", [*range(10), *SLOW])
def test_gradients_agree(seed: int) -> None:
    stops = seed % 2 == 1
    fun, x = program(seed, stops), leaves(seed)
    argnums = tuple(range(len(x)))
    value, wanted = adjit.value_and_grad(fun, argnums)(*x)
    close(fun(*x), value)
    if not stops:
        for g, slope in zip(wanted, differences(fun, x, 1e-6), strict=True):
            close(g, slope, 1e-6)

    def along(*x: Any) -> Any:
        return sum(np.sum(g * g) for g in adjit.grad(fun, argnums)(*x))

    second = adjit.grad(along, argnums)(*x)
    for mark in (attached, required):
        marked = [mark(item) for item in x]
        with autograd.record():
            y = fun(*marked)
        close(y, value)
        if not y.requires_grad:  # all of it is stopped
            assert all(not np.any(g) for g in wanted)
            continue
        y.backward()
        for item, g in zip(marked, wanted, strict=True):
            close(np.zeros(g.shape) if item.grad is None else item.grad, g, 1e-9)
        with autograd.record():
            found = autograd.grad(fun(*marked), marked, create_graph=True, materialize_grads=True)
            total = sum((g * g).sum() for g in found)
        if not total.requires_grad:
            assert all(not np.any(g) for g in second)
            continue
        again = autograd.grad(total, marked, materialize_grads=True)
        for g, g2 in zip(again, second, strict=True):
            close(g, g2, 1e-7)
