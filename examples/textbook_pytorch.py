"""The textbook chapter on automatic differentiation, in its PyTorch form.

The program of Dive into Deep Learning, section "Automatic Differentiation", with its exercises:
arrays are marked by ``requires_grad_``, recorded wherever ``no_grad()`` does not forbid it, and
their gradients add up from None. Values are computed when they are printed.

Run: ``python examples/textbook_pytorch.py [PNG]`` (by default ``textbook_pytorch.png`` in the
current folder)
"""

from __future__ import annotations

import sys

import numpy
from matplotlib.figure import Figure

from adjit import autograd
from adjit import numpy as np


def dot_product() -> None:
    """y = 2 x·x has the gradient 4x; that of the next function is added unless one clears it."""
    x = np.arange(4.0)
    x.requires_grad_(True)
    print(f"x: {x}")
    print(f"its gradient at first: {x.grad}")
    y = 2 * np.dot(x, x)
    print(f"2 x·x: {y}")
    y.backward()
    print(f"gradient of 2 x·x: {x.grad}")
    print(f"equal to 4x: {x.grad == 4 * x}")
    y = x.sum()
    y.backward()
    print(f"gradient of the sum, added: {x.grad}")
    x.grad.zero_()
    y = x.sum()
    y.backward()
    print(f"gradient of the sum, after zero_(): {x.grad}")


def vector() -> None:
    """Of an array, backward needs the gradient of something by it: there is no default."""
    x = np.arange(4.0).requires_grad_()
    y = x * x
    try:
        y.backward()
    except RuntimeError as problem:
        print(f"backward of an array: {problem}")
    y.backward(gradient=np.ones(len(y)))
    print(f"gradient of x * x, weighed by ones: {x.grad}")


def detached() -> None:
    """With u = x*x taken as a constant, the gradient of u * x is u and not 3x²."""
    x = np.arange(4.0).requires_grad_()
    y = x * x
    u = y.detach()
    z = u * x
    z.sum().backward()
    print(f"gradient of u * x: {x.grad}")
    print(f"equal to u: {x.grad == u}")
    x.grad.zero_()
    y.sum().backward()
    print(f"gradient of y, recorded on the way: {x.grad}")


def f(a):
    """Doubling until the norm reaches 1000: linear in each piece, so the slope is f(a) / a."""
    b = a * 2
    while np.linalg.norm(b) < 1000:
        b = b * 2
    if b.sum() > 0:
        c = b
    else:
        c = 100 * b
    return c


def control_flow() -> None:
    """Loops and conditions look at values; what they led through is what is differentiated."""
    for number in (0.7, -0.7, 300.0):
        a = np.array(number).requires_grad_()
        d = f(a)
        d.backward()
        print(f"slope of f at {number}: {a.grad}, f(a) / a: {d.detach() / a.detach()}")


def exercise_twice() -> None:
    """A second backward finds nothing: what was recorded is forgotten unless one asks for it."""
    x = np.arange(4.0).requires_grad_()
    y = 2 * np.dot(x, x)
    y.backward(retain_graph=True)
    y.backward()
    print(f"after two with retain_graph=True: {x.grad}")
    try:
        y.backward()
    except RuntimeError as problem:
        print(f"a third backward: {problem}")


def exercise_vector() -> None:
    """f of a vector or a matrix is one too, so backward is an error; that of its sum is not."""
    for a in (np.array([0.5, -1.0, 2.0]), np.array([[0.5, 1.0], [2.0, 3.0]])):
        a.requires_grad_()
        try:
            f(a).backward()
        except RuntimeError as problem:
            print(f"backward of f at {a.tolist()}: {problem}")
        f(a).sum().backward()
        print(f"gradient of the sum of f at {a.tolist()}: {a.grad.tolist()}")


def exercise_second_derivative() -> None:
    """The second derivative costs more than the first, which is recorded for it."""
    x = np.array([0.5, 1.0]).requires_grad_()
    y = (x**3).sum()
    (first,) = autograd.grad(y, x, create_graph=True)
    (second,) = autograd.grad(first.sum(), x)
    print(f"first and second derivative of x³: {first.tolist()}, {second.tolist()}")


def price(bids):
    """The price of a second-price auction: the winner pays the second-highest bid."""
    highest, second = bids[0], bids[1]
    if second > highest:
        highest, second = second, highest
    for bid in bids[2:]:
        if bid > highest:
            highest, second = bid, highest
        elif bid > second:
            second = bid
    return second


def exercise_auction() -> None:
    """The price depends on the second-highest bid alone, so nobody gains by a false one."""
    bids = np.array([3.0, 7.5, 5.0, 6.5]).requires_grad_()
    paid = price(bids)
    paid.backward()
    print(f"price for the bids {bids}: {paid}")
    print(f"its gradient by the bids: {bids.grad}")


def exercise_sine(path: str) -> None:
    """The sine and its derivative, which is found without being told the cosine."""
    x = np.linspace(-numpy.pi, numpy.pi, 201).requires_grad_()
    y = np.sin(x)
    y.sum().backward()
    with autograd.no_grad():
        error = np.abs(x.grad - np.cos(x)).max()
    print(f"largest difference between the derivative of sin and cos: {error}")
    axes = (figure := Figure(figsize=(6, 4))).subplots()
    axes.plot(x.detach().numpy(), y.detach().numpy(), label="sin x")
    axes.plot(x.detach().numpy(), x.grad.numpy(), "--", label="its derivative")
    axes.set_xlabel("x")
    axes.legend()
    figure.savefig(path, dpi=120)
    print(f"plot written to {path}")


def main(path: str) -> None:
    dot_product()
    vector()
    detached()
    control_flow()
    exercise_twice()
    exercise_vector()
    exercise_second_derivative()
    exercise_auction()
    exercise_sine(path)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "textbook_pytorch.png")
