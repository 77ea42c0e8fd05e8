"""The rules of MXNet: attach_grad, record and what goes with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from marked import attached, close, equal

from adjit import autograd
from adjit.autograd import array


def test_scopes() -> None:
    def now() -> tuple[bool, bool]:
        return autograd.is_recording(), autograd.is_training()

    assert now() == (False, False)
    with autograd.record():
        assert now() == (True, True)
        with autograd.predict_mode():
            assert now() == (True, False)
        with autograd.pause():
            assert now() == (False, False)
            with autograd.train_mode():
                assert now() == (False, True)
        with autograd.pause(train_mode=True):
            assert now() == (False, True)
        assert now() == (True, True)
    with autograd.record(train_mode=False):
        assert now() == (True, False)
    with pytest.raises(KeyError), autograd.record():
        raise KeyError
    assert now() == (False, False)


@autograd.predict_mode()
def in_prediction() -> bool:
    return autograd.is_training()


def test_scopes_decorate() -> None:
    with autograd.train_mode():
        assert not in_prediction()
        assert autograd.is_training()


def test_the_gradient_is_zero_then_overwritten() -> None:
    x = attached(np.arange(4.0))
    equal(x.grad, [0, 0, 0, 0])
    with autograd.record():
        y = 2 * np.dot(x, x)
    assert float(y) == 28
    y.backward()
    equal(x.grad, [0, 4, 8, 12])
    with autograd.record():
        y = x.sum()
    y.backward()
    equal(x.grad, [1, 1, 1, 1])


def test_the_gradient_stays_in_its_buffer() -> None:
    x = attached([1.0, 2.0])
    grad, memory = x.grad, np.asarray(x.grad)
    equal(memory, [0, 0])
    for power in (2, 3):
        with autograd.record():
            y = (x**power).sum()
        y.backward()
        assert x.grad is grad
        assert np.shares_memory(np.asarray(x.grad), memory)
        equal(memory, power * np.array([1.0, 2.0]) ** (power - 1))
    with autograd.pause():
        x.grad[:] = 0
    equal(memory, [0, 0])


def test_memory_of_several_gradients_is_written_at_once() -> None:
    x, w = attached([1.0, 2.0]), attached([3.0, 4.0])
    shown = np.asarray(x.grad), np.asarray(w.grad)
    calls = autograd.counters.calls
    with autograd.record():
        y = (x * w).sum()
    y.backward()
    assert autograd.counters.calls == calls + 1
    equal(shown[0], [3, 4])
    equal(shown[1], [1, 2])


def test_requests() -> None:
    x, frozen = attached([1.0, 2.0], "add"), attached([3.0, 4.0], "null")
    assert frozen.grad is None
    for times in (1, 2):
        with autograd.record():
            y = x * frozen
        y.backward()
        equal(x.grad, times * np.array([3.0, 4.0]))
    assert frozen.grad is None
    with pytest.raises(ValueError, match="grad_req must be one of"):
        x.attach_grad("accumulate")
    with pytest.raises(TypeError, match=r"dtype int64 cannot be marked.*astype"):
        array([1, 2]).attach_grad()
    x.attach_grad()
    equal(x.grad, [0, 0])


def test_an_array_is_summed() -> None:
    x = attached([1.0, 2.0, 3.0])
    with autograd.record():
        y = x * x
    y.backward()
    equal(x.grad, [2, 4, 6])


@pytest.mark.parametrize("given", [[1.0, 10.0], np.array([1.0, 10.0]), array([1.0, 10.0])])
def test_head_gradients(given: Any) -> None:
    x = attached([1.0, 2.0])
    for call in ("positional", "named", "function", "listed"):
        with autograd.record():
            y = x * x
        if call == "positional":
            y.backward(given)
        elif call == "named":
            y.backward(out_grad=given)
        elif call == "function":
            autograd.backward(y, given)
        else:
            autograd.backward([y], [given], train_mode=True)
        equal(x.grad, [2, 40])
    with autograd.record():
        y = x * x
    with pytest.raises(ValueError, match=r"gradient of shape \(3,\) .* shape is \(2,\)"):
        y.backward(array([1.0, 2.0, 3.0]))


def test_several_heads() -> None:
    x = attached([1.0, 2.0])
    with autograd.record():
        y, z = x * x, 3 * x
    autograd.backward([y, z], [None, array([1.0, 2.0])])
    equal(x.grad, [5, 10])
    with autograd.record():
        y, z = x * x, 3 * x
    with pytest.raises(ValueError, match="1 head gradients for 2 heads"):
        autograd.backward([y, z], [array([1.0, 2.0])])
    with pytest.raises(ValueError, match="nothing to differentiate"):
        autograd.backward([])


def test_what_is_recorded_is_forgotten() -> None:
    x = attached([1.0, 2.0])
    with autograd.record():
        y = x * x
    y.backward(retain_graph=True)
    y.backward()
    equal(x.grad, [2, 4])
    with pytest.raises(RuntimeError, match=r"test_mxnet_rules.py:\d+: a second backward.*retain"):
        y.backward()
    with pytest.raises(RuntimeError, match="second backward"), autograd.record():
        (y * x).backward()


def test_outside_of_record_nothing_is_recorded() -> None:
    x = attached([1.0, 2.0])
    with pytest.raises(RuntimeError, match="not recorded from any marked array"):
        (x * x).backward()
    with autograd.record():
        y = x * x
        with autograd.pause():
            c = y * 2
        z = y + c
    z.backward()
    equal(x.grad, [2, 4])


def test_attach_grad_detaches_an_intermediate() -> None:
    x = attached([1.0, 2.0])
    with autograd.record():
        u = x * x
        u.attach_grad()
        z = u * x
    z.backward()
    equal(x.grad, [1, 4])
    equal(u.grad, [1, 2])


def test_detach_and_drop_grad() -> None:
    x = attached([0.0, 1.0, 2.0, 3.0])
    with autograd.record():
        y = x * x
        u = y.detach()
        z = u * x
    z.backward()
    equal(x.grad, [0, 1, 4, 9])
    y.backward()
    equal(x.grad, [0, 2, 4, 6])
    x.drop_grad()
    assert x.grad is None
    with autograd.record():
        assert not (x * x).requires_grad


def test_mark_variables() -> None:
    x, w, b = array([1.0, 2.0]), array([3.0, 4.0]), array([5.0, 6.0])
    grads = [array([7.0, 7.0]), array([7.0, 7.0]), array([7.0, 7.0])]
    autograd.mark_variables([x, w, b], grads, ["write", "add", "null"])
    with autograd.record():
        y = x * w + b
    y.backward()
    equal(grads[0], [3, 4])
    equal(grads[1], [8, 9])
    equal(grads[2], [7, 7])
    assert x.grad is grads[0]
    one, grad = array(2.0), array(0.0)
    autograd.mark_variables(one, grad)
    with autograd.record():
        y = one**3
    y.backward()
    assert float(grad) == 12
    with pytest.raises(ValueError, match="gradient of float64"):
        autograd.mark_variables([x], [array([1.0])])


def test_gradients_may_be_parts_of_one_array() -> None:
    both = array(np.zeros(4))
    x, w = array([1.0, 2.0]), array([3.0, 4.0])
    autograd.mark_variables([x, w], [both[:2], both[2:]])
    for _ in range(2):
        with autograd.record():
            y = x * w
        y.backward()
        equal(both, [3, 4, 1, 2])


def test_grad() -> None:
    x, w = attached([1.0, 2.0]), attached([3.0, 4.0])
    with autograd.record():
        h = x * w
        y = h * h
    found = autograd.grad(y, [x, w, h], retain_graph=True)
    assert isinstance(found, list)
    for g, wanted in zip(found, ([18, 64], [6, 32], [6, 16]), strict=True):
        equal(g, wanted)
    equal(x.grad, [0, 0])
    equal(autograd.grad(y, x, array([1.0, 0.5])), [18, 32])
    with pytest.raises(RuntimeError, match="second backward"):
        autograd.grad(y, x)
    with autograd.record():
        y = x * x
    with pytest.raises(RuntimeError, match="heads do not depend on variable 1"):
        autograd.grad(y, [x, w])


def test_gradients_of_gradients() -> None:
    x = attached([0.3, 0.7])
    with autograd.record():
        y = np.sin(x) * x
        first = autograd.grad(y, x, create_graph=True)
        second = autograd.grad(first, x, create_graph=True)
        third = autograd.grad(second, x, create_graph=True, retain_graph=True)
    third.backward()
    v = np.array([0.3, 0.7])
    close(first, np.sin(v) + v * np.cos(v))
    close(second, 2 * np.cos(v) - v * np.sin(v))
    close(third, -3 * np.sin(v) - v * np.cos(v))
    close(x.grad, -4 * np.cos(v) + v * np.sin(v))


def test_marked_arrays_are_not_written_to_while_recording() -> None:
    x = attached([1.0, 2.0])
    x[0] = 3.0
    with autograd.record():
        for write in WRITES.values():
            with pytest.raises(RuntimeError, match=r"marked is written to.*inside pause\(\)"):
                write(x)
        with autograd.pause():
            x += 1
        y = x * x
    y.backward()
    equal(x, [4, 3])
    equal(x.grad, [8, 6])


WRITES: dict[str, Any] = {
    "item": lambda x: x.__setitem__(0, 1.0),
    "slice": lambda x: x.__setitem__(slice(None), 1.0),
    "+=": lambda x: x.__iadd__(1),
    "*=": lambda x: x.__imul__(2),
    "fill": lambda x: x.fill(1.0),
    "zero_": lambda x: x.zero_(),
    "at": lambda x: np.add.at(x, [0], 1.0),
    "out": lambda x: np.add(x, 1.0, out=x),
    "out of a method": lambda x: x.clip(0, 1, out=x),
    "copyto": lambda x: np.copyto(x, 1.0),
    "put": lambda x: np.put(x, [0], 1.0),
    "view": lambda x: x[1:].__setitem__(0, 1.0),
    "view +=": lambda x: x[1:].__iadd__(1),
    "reshaped": lambda x: x.reshape(2, 1).fill(3),
    "transposed": lambda x: x.T.__imul__(2),
}


def test_what_is_computed_is_written_to() -> None:
    x = attached([1.0, 2.0, 3.0])
    with autograd.record():
        y = x * x
        z = y * 3
        y[0] = 10.0
        y[1:] *= x[1:]
        (y.sum() + z.sum()).backward()
    equal(y, [10, 8, 27])
    equal(x.grad, [6, 24, 45])


def test_values_before_and_after_a_write_both_count() -> None:
    x = attached([1.0, 2.0])
    with autograd.record():
        y = x**2
        with autograd.pause():
            x += 1
        z = y + x**2
    z.backward()
    equal(x.grad, [2 + 4, 4 + 6])


def test_views_of_marked_arrays() -> None:
    x = attached(np.arange(4.0))
    before = x[1:]
    with autograd.record():
        y = (before * before).sum() + (x[:2] ** 2).sum()
    y.backward()
    equal(x.grad, [0, 2, 0, 0])  # what was taken before record() is a constant
    part = array(np.arange(4.0))[2:]
    part.attach_grad()
    with autograd.record():
        y = part * part
    y.backward()
    equal(part.grad, [4, 6])


class Sigmoid(autograd.Function):
    def forward(self, x: Any) -> Any:
        assert not autograd.is_recording()
        y = 1 / (1 + np.exp(-x))
        self.save_for_backward(y)
        return y

    def backward(self, g: Any) -> Any:
        (y,) = self.saved_tensors
        return g * y * (1 - y)


class Products(autograd.Function):
    """Two results of two inputs; the second gradient is declared zero."""

    def forward(self, x: Any, w: Any) -> Any:
        self.x, self.w = x, w
        return x * w, x + w

    def backward(self, g: Any, h: Any) -> Any:
        return g * self.w + h, None


def test_function() -> None:
    v = np.array([-1.0, 0.3])
    s = 1 / (1 + np.exp(-v))
    x = attached(v)
    with autograd.record():
        y = Sigmoid()(x)
        z = (y * y).sum()
    z.backward(retain_graph=True)
    close(y, s)
    close(x.grad, 2 * s * s * (1 - s))
    with autograd.record():
        first = autograd.grad(Sigmoid()(x), x, create_graph=True)
    close(autograd.grad(first, x), s * (1 - s) * (1 - 2 * s))


def test_function_of_several() -> None:
    x, w = attached([1.0, 2.0]), attached([3.0, 4.0])
    with autograd.record():
        p, t = Products()(x, w)
        y = (p * p).sum() + t.sum()
    y.backward()
    equal(x.grad, [2 * 9 + 1, 2 * 8 * 4 + 1])
    equal(w.grad, [0, 0])
    with autograd.record():
        _, t = Products()(x, w)
    t.backward()
    equal(x.grad, [1, 1])


def test_function_is_used_once() -> None:
    x = attached([1.0])
    f = Sigmoid()
    f(x)
    with pytest.raises(RuntimeError, match="called once"):
        f(x)


@pytest.mark.parametrize("answers", [(), (1,), (1, 2, 3)])
def test_function_returns_a_gradient_for_each_input(answers: tuple) -> None:
    class Wrong(autograd.Function):
        def forward(self, x: Any, w: Any) -> Any:
            return x * w

        def backward(self, g: Any) -> Any:
            return tuple(g for _ in answers)

    x = attached([1.0])
    with autograd.record():
        y = Wrong()(x, x)
    match = f"Wrong.backward returned {len(answers)} gradients for 2 inputs"
    with pytest.raises(ValueError, match=match):
        y.backward()


def test_function_of_numpy() -> None:
    class Cube(autograd.Function):
        def forward(self, x: Any) -> Any:
            self.x = x
            return array(np.asarray(x) ** 3)

        def backward(self, g: Any) -> Any:
            return np.asarray(g) * 3 * np.asarray(self.x) ** 2

    x = attached([1.0, 2.0])
    with autograd.record():
        y = Cube()(x)
    y.backward()
    equal(x.grad, [3, 12])


def test_function_that_hides_a_derivative() -> None:
    class Hidden(autograd.Function):
        def forward(self, x: Any) -> Any:
            self.h = np.exp(x)
            return self.h * 2

        def backward(self, g: Any) -> Any:
            return g * self.h * 2

    x = attached([0.5])
    with autograd.record():
        y = Hidden()(x)
    close(autograd.grad(y, x), 2 * np.exp([0.5]))
    with autograd.record():
        y = Hidden()(x)
        with pytest.raises(RuntimeError, match="neither one of its inputs nor of its results"):
            autograd.grad(y, x, create_graph=True)


def test_function_of_its_own_input() -> None:
    class Straight(autograd.Function):
        def forward(self, x: Any) -> Any:
            return x

        def backward(self, g: Any) -> Any:
            return 10 * g

    x = attached([1.0, 2.0])
    with autograd.record():
        y = Straight()(x) * x
    y.backward()
    equal(x.grad, [11, 22])
