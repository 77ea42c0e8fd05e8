"""The introduction to MXNet's autograd and Gluon, with adjit's arrays: the same calls, compiled.

A square and its gradient; a network of two dense layers, whose gradients are checked by hand;
dropout in both modes; a layer that is frozen; a function with control flow, whose gradient at
ten points is another one in each of its pieces; a head gradient.

Run: ``python examples/gluon.py``
"""

from __future__ import annotations

import math

from adjit import autograd, nn
from adjit import numpy as np


def square() -> None:
    """2 x², whose gradient is 4 x."""
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    x.attach_grad()
    with autograd.record():
        y = 2 * x * x
    y.backward()
    print("x:", x.tolist())
    print("gradient of 2x²:", x.grad.tolist())
    print("is 4x:", bool((x.grad == 4 * x).all()))


def network() -> nn.HybridSequential:
    net = nn.HybridSequential()
    net.add(nn.Dense(3, activation="relu"), nn.Dense(1))
    np.random.seed(0)
    net.initialize(nn.Xavier())
    return net


def by_hand(net: nn.HybridSequential, X: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    """The gradients of the sum of squared errors, halved, by the chain rule."""
    W1, b1 = net[0].weight.data(), net[0].bias.data()
    W2, b2 = net[1].weight.data(), net[1].bias.data()
    before = X @ W1.T + b1
    hidden = np.maximum(before, 0)
    error = hidden @ W2.T + b2 - y
    back = (error @ W2) * (before > 0)
    return {
        "0.weight": back.T @ X,
        "0.bias": back.sum(axis=0),
        "1.weight": error.T @ hidden,
        "1.bias": error.sum(axis=0),
    }


def dense_network() -> None:
    net = network()
    loss_of = nn.L2Loss()
    X = np.random.uniform(size=(10, 4)).astype("float32")
    y = X.sum(axis=1, keepdims=True) ** 2
    with autograd.record():
        loss = loss_of(net(X), y)
    loss.backward()
    print(net)
    expected = by_hand(net, X, y)
    worst = max(
        float(abs(p.grad() - expected[name]).max()) for name, p in net.collect_params().items()
    )
    print(f"loss of {loss.shape[0]} samples, mean {loss.mean().item():.4f}")
    print(f"largest difference from the gradients by hand: {worst:.1e}")


def dropout() -> None:
    layer = nn.Dropout(0.5)
    x = np.ones((3, 3))
    np.random.seed(3)
    with autograd.record():
        y = layer(x)
    print("dropout in training mode:", y.tolist())
    with autograd.record(train_mode=False):
        y = layer(x)
    print("dropout in prediction mode:", y.tolist())


def frozen() -> None:
    """``grad_req = "null"``: no gradient by the first layer, and no work for one."""
    net = network()
    X = np.ones((2, 4), dtype="float32")
    net(X)
    for parameter in net[0].collect_params().values():
        parameter.grad_req = "null"
    before = net[1].bias.data().tolist()
    with autograd.record():
        loss = net(X).sum()
    loss.backward()
    has = [name for name, p in net.collect_params().items() if p.grad_req != "null"]
    print("parameters with a gradient:", has)
    print("bias before:", before, "its gradient:", net[1].bias.grad().tolist())


def power(x):
    """x to the power k, where k depends on x."""
    if x.item() < 0.75:
        k = math.floor(1 / (1 - x.item())) + 1
    else:
        k = 0
    return x**k


def control_flow(dtype: str) -> None:
    found = []
    for n in range(10):
        x = np.array(n / 10, dtype=dtype)
        x.attach_grad()
        with autograd.record():
            y = power(x)
        y.backward()
        found.append(x.grad.item())
    print(f"gradients at 0, 0.1, ... 0.9 in {dtype}:", " ".join(f"{g:.4g}" for g in found))


def head_gradient() -> None:
    """d(z)/d(x) where only z's gradient by y = 4 x² is known: 24 times 8 x."""
    x = np.array([1.0])
    x.attach_grad()
    with autograd.record():
        y = 4 * x * x
    y.backward(np.array([24.0]))
    print("gradient with the head gradient 24:", x.grad.item())


def main() -> None:
    square()
    dense_network()
    dropout()
    frozen()
    control_flow("float32")
    control_flow("float64")
    head_gradient()


if __name__ == "__main__":
    main()
