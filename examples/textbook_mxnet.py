"""The textbook chapter on automatic differentiation, in its MXNet form.

The program of Dive into Deep Learning, section "Automatic Differentiation", with its exercises:
arrays are marked by ``attach_grad``, recorded inside ``record()``, and their gradients are
overwritten by each ``backward``. Values are computed when they are printed.

Run: ``python examples/textbook_mxnet.py [PNG]`` (by default ``textbook_mxnet.png`` in the
current folder)
"""

from __future__ import annotations

import sys

import numpy
from matplotlib.figure import Figure

from adjit import autograd
from adjit import numpy as np


def dot_product() -> None:
    """y = 2 x·x has the gradient 4x; the gradient of the next function takes its place."""
    x = np.arange(4.0)
    x.attach_grad()
    print(f"x: {x}")
    print(f"its gradient at first: {x.grad}")
    with autograd.record():
        y = 2 * np.dot(x, x)
    print(f"2 x·x: {y}")
    y.backward()
    print(f"gradient of 2 x·x: {x.grad}")
    print(f"equal to 4x: {x.grad == 4 * x}")
    with autograd.record():
        y = x.sum()
    y.backward()
    print(f"gradient of the sum, overwritten: {x.grad}")


def vector() -> None:
    """Of an array, backward takes the gradient of the sum, or of what head gradients weigh."""
    x = np.arange(4.0)
    x.attach_grad()
    with autograd.record():
        y = x * x
    y.backward()
    print(f"gradient of x * x: {x.grad}")
    with autograd.record():
        y = x * x
    y.backward(np.array([1.0, 0.0, 0.0, 10.0]))
    print(f"weighed by 1, 0, 0, 10: {x.grad}")


def detached() -> None:
    """With u = x*x taken as a constant, the gradient of u * x is u and not 3x²."""
    x = np.arange(4.0)
    x.attach_grad()
    with autograd.record():
        y = x * x
        u = y.detach()
        z = u * x
    z.backward()
    print(f"gradient of u * x: {x.grad}")
    print(f"equal to u: {x.grad == u}")
    y.backward()
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
        a = np.array(number)
        a.attach_grad()
        with autograd.record():
            d = f(a)
        d.backward()
        print(f"slope of f at {number}: {a.grad}, f(a) / a: {d / a}")


def exercise_twice() -> None:
    """A second backward finds nothing: what was recorded is forgotten unless one asks for it."""
    x = np.arange(4.0)
    x.attach_grad()
    with autograd.record():
        y = 2 * np.dot(x, x)
    y.backward()
    try:
        y.backward()
    except RuntimeError as problem:
        print(f"a second backward: {problem}")
    with autograd.record():
        y = 2 * np.dot(x, x)
    y.backward(retain_graph=True)
    y.backward()
    print(f"after two with retain_graph=True: {x.grad}")


def exercise_vector() -> None:
    """f of a vector or a matrix is one too; backward takes the gradient of its sum."""
    for a in (np.array([0.5, -1.0, 2.0]), np.array([[0.5, 1.0], [2.0, 3.0]])):
        a.attach_grad()
        with autograd.record():
            d = f(a)
        d.backward()
        print(f"gradient of the sum of f at {a.tolist()}: {a.grad.tolist()}")


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
    bids = np.array([3.0, 7.5, 5.0, 6.5])
    bids.attach_grad()
    with autograd.record():
        paid = price(bids)
    paid.backward()
    print(f"price for the bids {bids}: {paid}")
    print(f"its gradient by the bids: {bids.grad}")


def exercise_sine(path: str) -> None:
    """The sine and its derivative, which is found without being told the cosine."""
    x = np.linspace(-numpy.pi, numpy.pi, 201)
    x.attach_grad()
    with autograd.record():
        y = np.sin(x)
    y.backward()
    error = np.abs(x.grad - np.cos(x)).max()
    print(f"largest difference between the derivative of sin and cos: {error}")
    axes = (figure := Figure(figsize=(6, 4))).subplots()
    axes.plot(x.asnumpy(), y.asnumpy(), label="sin x")
    axes.plot(x.asnumpy(), x.grad.asnumpy(), "--", label="its derivative")
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
    exercise_auction()
    exercise_sine(path)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "textbook_mxnet.png")
