"""The rules of DJL: a collector of gradients, and what stops or scales them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from marked import attached, close, equal, required

import adjit
from adjit import autograd
from adjit.autograd import GradientCollector


def test_collector() -> None:
    x = attached(np.arange(4.0))
    with GradientCollector() as collector:
        assert autograd.is_recording()
        assert autograd.is_training()
        y = 2 * np.dot(x, x)
        collector.backward(y)
    assert not autograd.is_recording()
    equal(x.grad, [0, 4, 8, 12])
    with GradientCollector() as collector:
        collector.backward(x.sum())
        equal(x.grad, [1, 1, 1, 1])
        collector.backward(x * x)
        equal(x.grad, [0, 2, 4, 6])


def test_zero_gradients() -> None:
    x, w = attached([1.0, 2.0]), attached([1.0, 2.0], "add")
    for _ in range(2):
        with GradientCollector() as collector:
            collector.backward(x * w)
    equal(w.grad, [2, 4])
    grads = x.grad, w.grad
    with GradientCollector() as collector:
        collector.zero_gradients()
        equal(x.grad, [0, 0])
        equal(w.grad, [0, 0])
        collector.backward(x * w)
    equal(w.grad, [1, 2])
    assert (x.grad, w.grad) == grads or (x.grad is grads[0] and w.grad is grads[1])


def test_collector_after_an_error() -> None:
    x = attached([1.0, 2.0])
    with pytest.raises(KeyError), GradientCollector():
        raise KeyError
    assert not autograd.is_recording()
    with GradientCollector() as collector:
        collector.backward(x * x)
    equal(x.grad, [2, 4])


def test_stop_gradient() -> None:
    x = attached(np.arange(4.0))
    with GradientCollector() as collector:
        u = (x * x).stop_gradient()
        collector.backward(u * x)
    equal(x.grad, [0, 1, 4, 9])


@pytest.mark.parametrize("stop", [adjit.stop_gradient, autograd.stop_gradient])
def test_stop_gradient_of_containers(stop: Any) -> None:
    x, n = required([1.0, 2.0]), np.ones(2)
    found = stop({"y": x * x, "rest": [n, 3]})
    assert not found["y"].requires_grad
    assert found["rest"][0] is n
    (found["y"] * x).sum().backward()
    equal(x.grad, [1, 4])


@pytest.mark.parametrize("scale", [3, 0.5, -1.0, 0.0])
def test_scale_gradient(scale: float) -> None:
    x = required([1.0, 2.0])
    for y in (x.scale_gradient(scale), autograd.scale_gradient(x, scale)):
        equal(y, [1, 2])
        x.grad = None
        (y * y).sum().backward()
        close(x.grad, scale * np.array([2.0, 4.0]))
    (g,) = autograd.grad((x.scale_gradient(scale) ** 3).sum(), [x], create_graph=True)
    (g2,) = autograd.grad(g.sum(), [x])
    close(g2, scale**2 * 6 * np.array([1.0, 2.0]))
