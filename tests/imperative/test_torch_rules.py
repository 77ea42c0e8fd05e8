"""The rules of PyTorch: requires_grad_, no_grad and what goes with them.

The numbers are those that PyTorch 2 gives for the same programs.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from marked import close, equal, required
from test_mxnet_rules import WRITES, Sigmoid

from adjit import autograd
from adjit.autograd import Array, array


def test_the_gradient_is_none_then_adds_up() -> None:
    x = required(np.arange(4.0))
    assert x.grad is None
    assert x.requires_grad
    assert x.is_leaf
    y = 2 * np.dot(x, x)
    assert not y.is_leaf
    assert y.grad is None
    y.backward()
    equal(x.grad, [0, 4, 8, 12])
    x.sum().backward()
    equal(x.grad, [1, 5, 9, 13])
    grad = x.grad
    grad.zero_()
    assert x.grad is grad
    equal(x.grad, [0, 0, 0, 0])
    x.sum().backward()
    equal(grad, [1, 1, 1, 1])
    x.grad = None
    (x * x).sum().backward()
    equal(x.grad, [0, 2, 4, 6])
    equal(grad, [1, 1, 1, 1])


def test_what_a_gradient_may_be() -> None:
    x = required([1.0, 2.0])
    with pytest.raises(ValueError, match="gradient of float64"):
        x.grad = array([1.0, 2.0, 3.0])
    with pytest.raises(TypeError, match=r"adjit.Array or None"):
        x.grad = 3.0
    with pytest.raises(RuntimeError, match="only a marked array has a gradient"):
        array([1.0]).grad = array([1.0])


def test_an_array_needs_a_gradient() -> None:
    x = required([1.0, 2.0])
    with pytest.raises(RuntimeError, match=r"test_torch_rules.py:\d+: .*shape \(2,\) needs grad"):
        (x * x).backward()
    (x * x).backward(gradient=array([1.0, 10.0]))
    equal(x.grad, [2, 40])
    (x * x)[:1].backward()
    equal(x.grad, [4, 40])
    (x * x).sum().backward(array(3.0))
    equal(x.grad, [10, 52])


def test_complex_numbers() -> None:
    x = array(np.array([1 + 2j, 3.0])).requires_grad_()
    with pytest.raises(RuntimeError, match="backward of a complex number needs gradient="):
        (x * x).sum().backward()
    (abs(x) ** 2).sum().backward()
    close(x.grad, [2 - 4j, 6])  # df/dx - 1j df/dy, as everywhere in adjit


def test_what_may_be_differentiated() -> None:
    for call in (autograd.backward, lambda y: autograd.grad(y, required([1.0]))):
        with pytest.raises(TypeError, match=r"of and by an adjit\.Array, not a float"):
            call(3.0)


def test_a_second_backward() -> None:
    x = required([1.0, 2.0])
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    equal(x.grad, [4, 8])
    with pytest.raises(RuntimeError, match=r"second backward .*retain_graph=True"):
        y.backward()


def test_marks() -> None:
    x = array([1.0, 2.0])
    assert x.requires_grad_() is x
    assert x.requires_grad_() is x
    y = x * x
    with pytest.raises(RuntimeError, match=r"use detach\(\)"):
        y.requires_grad_(False)
    x.requires_grad_(False)
    assert not x.requires_grad
    with pytest.raises(TypeError, match="dtype int64 cannot be marked"):
        array([1, 2]).requires_grad_()
    with pytest.raises(RuntimeError, match="was not recorded from any marked array"):
        (x * x).sum().backward()


def test_no_grad() -> None:
    x = required([1.0, 2.0])
    with autograd.no_grad():
        assert not autograd.is_grad_enabled()
        assert not (x * x).requires_grad
        with autograd.enable_grad():
            assert (x * x).requires_grad
        with autograd.set_grad_enabled(True):
            assert (x * x).requires_grad
    assert not autograd.set_grad_enabled(False)(lambda: (x * x).requires_grad)()

    @autograd.no_grad()
    def called() -> Array:
        return x * x

    @autograd.no_grad
    def plain() -> Array:
        return x * x

    @autograd.no_grad()
    def each() -> Any:
        yield x * x
        yield autograd.is_grad_enabled()

    items = each()
    assert not next(items).requires_grad
    assert autograd.is_grad_enabled()
    assert not next(items)
    assert not called().requires_grad
    assert not plain().requires_grad
    assert autograd.is_grad_enabled()
    with autograd.no_grad():
        x -= 0.5
    equal(x, [0.5, 1.5])
    assert x.requires_grad
    assert x.is_leaf


def test_detach() -> None:
    x = required([1.0, 2.0])
    u = (x * x).detach()
    assert not u.requires_grad
    (u * x).sum().backward()
    equal(x.grad, [1, 4])
    y = x * x
    y.detach_()
    assert not y.requires_grad
    u[0] = 7.0
    equal(x, [1, 2])


def test_grad() -> None:
    x, w, unused = required([1.0, 2.0]), required([3.0, 4.0]), required([5.0])
    h = x * w
    found = autograd.grad((h * h).sum(), [x, h])
    assert isinstance(found, tuple)
    equal(found[0], [18, 64])
    equal(found[1], [6, 16])
    assert x.grad is None
    y = (x * x).sum()
    with pytest.raises(RuntimeError, match=r"variable 1: pass allow_unused=True"):
        autograd.grad(y, [x, unused])
    gx, gu = autograd.grad((x * x).sum(), [x, unused], allow_unused=True)
    equal(gx, [2, 4])
    assert gu is None
    zeros = autograd.grad((x * x).sum(), [unused], materialize_grads=True)[0]
    equal(zeros, [0])
    with pytest.raises(RuntimeError, match="variable 0 was neither marked nor recorded"):
        autograd.grad((x * x).sum(), [array([1.0])])
    (named,) = autograd.grad(outputs=x * x, inputs=x, grad_outputs=array([1.0, 10.0]))
    equal(named, [2, 40])
    with pytest.raises(TypeError, match="two names of one argument"):
        autograd.grad(x * x, inputs=x, variables=x)


def test_backward_of_some_inputs() -> None:
    x, w = required([1.0, 2.0]), required([3.0, 4.0])
    (x * w).sum().backward(inputs=[w])
    assert x.grad is None
    equal(w.grad, [1, 2])
    autograd.backward([x * w, x], [array([1.0, 1.0]), array([1.0, 1.0])], inputs=x)
    equal(x.grad, [4, 5])
    equal(w.grad, [1, 2])


def test_hooks_of_leaves() -> None:
    x = required([1.0, 2.0])
    seen: list[np.ndarray] = []
    x.register_hook(lambda g: seen.append(np.array(g)))
    tenfold = x.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: g + 1)
    (x * 2 + x).sum().backward()
    equal(x.grad, [31, 31])
    equal(seen, [[3, 3]])  # once, with all contributions
    tenfold.remove()
    tenfold.remove()
    x.grad = None
    (x * 3).sum().backward()
    equal(x.grad, [4, 4])
    equal(autograd.grad((x * 5).sum(), [x])[0], [6, 6])


def test_hooks_of_intermediates() -> None:
    order: list[str] = []
    x = required([1.0, 2.0])
    x.register_hook(lambda g: order.append("x"))
    y = x * 3
    y.register_hook(lambda g: order.append("y"))
    double = y.register_hook(lambda g: g * 2)
    z = y * y
    z.register_hook(lambda g: order.append("z"))
    z.sum().backward(retain_graph=True)
    assert order == ["z", "y", "x"]
    equal(x.grad, [36, 72])
    double.remove()
    x.grad = None
    z.sum().backward()
    equal(x.grad, [18, 36])
    bad = x * 3
    bad.register_hook(lambda g: np.ones(3))
    total = bad.sum()
    with pytest.raises(ValueError, match=r"shape \(3,\)"):
        total.backward()
    with pytest.raises(RuntimeError, match="not recorded from any marked"):
        array([1.0]).register_hook(print)


def test_one_hook_registered_twice() -> None:
    x = required([1.0])

    def double(g: Array) -> Array:
        return g * 2

    first = x.register_hook(double)
    x.register_hook(double)
    first.remove()
    (x * 3).sum().backward()
    equal(x.grad, [6])


def test_hooks_record_only_with_create_graph() -> None:
    x, w = required([2.0]), required([3.0])
    x.register_hook(lambda g: g * w)
    (x * x).sum().backward()
    assert not x.grad.requires_grad
    (g,) = autograd.grad((x**3).sum(), [x], create_graph=True)  # 3 x² w
    equal(g, [36])
    x_again, by_w = autograd.grad(g.sum(), [x, w])
    equal(by_w, [12])
    equal(x_again, [6 * 2 * 3 * 3])  # the hook is called again: 6 x w, times w


def test_retain_grad() -> None:
    x = required([1.0, 2.0])
    y = x * 3
    y.retain_grad()
    y.register_hook(lambda g: g * 2)
    y.retain_grad()
    y.sum().backward(retain_graph=True)
    equal(y.grad, [2, 2])  # what the hooks have left, wherever they were registered
    equal(x.grad, [6, 6])
    y.sum().backward()
    equal(y.grad, [4, 4])
    y = x * 2
    y.retain_grad()
    y *= 3
    (y * y).sum().backward()
    equal(y.grad, [12, 24])  # by what it holds in the end
    with pytest.raises(RuntimeError, match="not recorded from any marked"):
        array([1.0]).retain_grad()


def test_marked_arrays_are_not_written_to() -> None:
    x = required([1.0, 2.0])
    for write in WRITES.values():
        with pytest.raises(RuntimeError, match=r"marked is written to.*inside no_grad\(\)"):
            write(x)
        equal(x, [1, 2])
        with autograd.no_grad():
            write(x)
            assert x.requires_grad
            x[...] = array([1.0, 2.0])


def test_what_is_computed_is_written_to() -> None:
    x = required([1.0, 2.0, 3.0])
    y = x * 1
    kept = y * y
    y[0] = 10.0
    y[1:] *= x[1:]
    np.add.at(y, [2, 2], x[:2])
    y -= 1
    equal(y, [9, 3, 11])
    (kept.sum() + (y * y).sum()).backward()
    # 3 from the last element twice: its parts are x[2]², x[0] and x[1].
    equal(x.grad, [2 + 22, 4 + 2 * 3 * 4 + 22, 6 + 22 * 6])


def test_written_to_between_recordings() -> None:
    x = required([1.0, 2.0])
    y = (x**2).sum()
    with autograd.no_grad():
        x += 1
    (y + (x**2).sum()).backward()
    equal(x.grad, [2 + 4, 4 + 6])
    y = (x**2).sum()
    with autograd.no_grad():
        x *= 0
    equal(autograd.grad(y, [x])[0], [4, 6])


def test_views_keep_how_they_were_made() -> None:
    x = required(np.arange(4.0))
    part = x[1:]
    with autograd.no_grad():
        x -= 1
        equal(part, [0, 1, 2])
        assert part.requires_grad
        constant = x[:2]
    (part * part).sum().backward()
    equal(x.grad, [0, 0, 2, 4])
    assert not constant.requires_grad
    buffer = array(np.zeros(4))
    part = buffer[2:]
    buffer[1:3] = x[:2] * 3
    x.grad = None
    part.sum().backward()
    equal(x.grad, [0, 3, 0, 0])


def test_a_whole_array_is_written() -> None:
    x, y = required([1.0, 2.0]), array([0.0, 0.0])
    with autograd.no_grad():
        y[...] = x
    assert not y.requires_grad
    y[:] = x
    assert not y.is_leaf
    y.register_hook(lambda g: g * 10)
    (y * x).sum().backward()
    equal(x.grad, [1 * 10 + 1, 2 * 10 + 2])
    assert y.grad is None


def test_higher_orders() -> None:
    v = np.array([0.3, 0.7])
    x = required(v)
    y = (np.exp(x) * np.sin(x)).sum()
    (a,) = autograd.grad(y, [x], create_graph=True)
    (b,) = autograd.grad(a.sum(), [x], create_graph=True)
    b.sum().backward()
    close(a, np.exp(v) * (np.sin(v) + np.cos(v)))
    close(b, 2 * np.exp(v) * np.cos(v))
    close(x.grad, 2 * np.exp(v) * (np.cos(v) - np.sin(v)))
    x.grad = None
    (x**4).sum().backward(create_graph=True)
    (g2,) = autograd.grad(x.grad.sum(), [x])
    close(g2, 12 * v**2)


def test_gradient_penalty() -> None:
    W, v = np.array([[0.5, -1.0], [2.0, 0.3]]), np.array([0.4, 0.8])
    w, x = required(W), required(v)
    y = np.tanh(w @ x).sum()
    (g,) = autograd.grad(y, x, create_graph=True)
    penalty = (np.sqrt((g * g).sum()) - 1) ** 2
    penalty.backward()

    def value(W: np.ndarray) -> float:
        g = W.T @ (1 - np.tanh(W @ v) ** 2)
        return float((np.sqrt(g @ g) - 1) ** 2)

    wanted = np.zeros((2, 2))
    for place in np.ndindex(2, 2):
        step = np.zeros((2, 2))
        step[place] = 1e-6
        wanted[place] = (value(W + step) - value(W - step)) / 2e-6
    close(w.grad, wanted, 1e-8)


def test_function() -> None:
    v = np.array([-1.0, 0.3])
    s = 1 / (1 + np.exp(-v))
    x = required(v)
    (first,) = autograd.grad(Sigmoid()(x).sum(), [x], create_graph=True)
    (second,) = autograd.grad(first.sum(), [x], create_graph=True)
    close(first, s * (1 - s))
    close(second, s * (1 - s) * (1 - 2 * s))
    (third,) = autograd.grad(second.sum(), [x])
    close(third, s * (1 - s) * (1 - 6 * s + 6 * s * s))


# --- anomalies ------------------------------------------------------------------------------


def helper(x: Any) -> Any:
    return np.sqrt(x) * 0  # the gradient of sqrt at 0: 0 times infinity


def logarithm(x: Any) -> Any:
    return np.log(x - 10)


def quotient(x: Any) -> Any:
    zero = x * 0
    return zero / 0


def overflow(x: Any) -> Any:
    large = np.exp(x + 1000)
    return large * 0


def shared(x: Any) -> Any:
    return np.exp(x) * 1.0 + helper(x) + x * 2


BORN: list[tuple[Any, str, str, str]] = [
    (helper, "gradient", "sqrt", "np.sqrt(x)"),
    (logarithm, "value", "log", "np.log"),
    (quotient, "value", "divide", "zero / 0"),
    (overflow, "value", "multiply", "large * 0"),
    (shared, "gradient", "sqrt", "np.sqrt(x)"),
]


@pytest.mark.parametrize(("fun", "what", "label", "text"), BORN)
def test_anomalies_name_the_line(fun: Any, what: str, label: str, text: str) -> None:
    lines = Path(__file__).read_text().splitlines()
    (line,) = [n for n, source in enumerate(lines, 1) if "return" in source and text in source]
    x = required([0.0, 1.0])
    with autograd.detect_anomaly():
        y = fun(x).sum()
        match = f"born in the {what} of {label}, recorded at .*test_torch_rules.py:{line}$"
        with pytest.raises(RuntimeError, match=match):
            y.backward()
    assert x.grad is None
    y = fun(x).sum()
    y.backward()  # elsewhere it is none of our business
    assert np.isnan(y if what == "value" else x.grad).any()


def test_without_an_anomaly() -> None:
    x = required([1.0, 2.0])
    with autograd.detect_anomaly():
        y = np.log(x) * Sigmoid()(x)
        y.sum().backward()
        (g,) = autograd.grad((x**3).sum(), [x])
    plain = required([1.0, 2.0])
    (np.log(plain) * Sigmoid()(plain)).sum().backward()
    close(x.grad, plain.grad)
    equal(g, [3, 12])


def test_an_anomaly_in_a_function() -> None:
    class Wrong(autograd.Function):
        def forward(self, x: Any) -> Any:
            return x * 1

        def backward(self, g: Any) -> Any:
            return g * np.nan

    x = required([1.0])
    with autograd.detect_anomaly():
        y = Wrong()(x)
        with pytest.raises(RuntimeError, match="in the gradient of Wrong"):
            y.sum().backward()


def test_errors_name_the_line_once() -> None:
    x = required([1.0, 2.0])
    with pytest.raises(RuntimeError) as caught:
        (x * x).backward()
    assert len(re.findall(r"test_torch_rules\.py:\d+", str(caught.value))) == 1
