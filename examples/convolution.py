"""A convolution layer by ``einsum`` over windows, trained on handwritten digits.

The windows of an image are a stack of shifted slices, and the layer is one ``einsum`` of these and
the filters: no convolution routine, and none for its derivative. The network is that layer, a
tanh, the mean over blocks of two by two, and a linear classifier.

Run: ``python examples/convolution.py``
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp
from sklearn.datasets import load_digits

from adjit import check_grads, compile_grad

SIZE, FILTERS, CLASSES = 3, 8, 10
SHAPES = {
    "filters": (SIZE * SIZE, FILTERS),
    "bias": (FILTERS,),
    "weights": (3, 3, FILTERS, CLASSES),
}
DECAY = 3e-4
"""Weight of the squared parameters in the loss."""


def windows(images):
    """``y[n, i, j, k]``: the pixels of the window of image n that begins at (i, j)."""
    high, wide = images.shape[1] - SIZE + 1, images.shape[2] - SIZE + 1
    places = [(i, j) for i in range(SIZE) for j in range(SIZE)]
    return np.stack([images[:, i : i + high, j : j + wide] for i, j in places], axis=-1)


def scores(parameters, images):
    """Of each image for each class."""
    hidden = np.einsum("nijk,kf->nijf", windows(images), parameters["filters"])
    hidden = np.tanh(hidden + parameters["bias"])
    blocks = hidden.reshape(len(images), 3, 2, 3, 2, FILTERS).mean(axis=(2, 4))
    return np.einsum("nijf,ijfc->nc", blocks, parameters["weights"])


def unpack(flat):
    """The parameters by name, from one vector."""
    parameters, at = {}, 0
    for name, shape in SHAPES.items():
        size = int(np.prod(shape))
        parameters[name] = flat[at : at + size].reshape(shape)
        at += size
    return parameters


@compile_grad
def loss(flat, images, labels):
    """Mean cross-entropy of the labels, rows of zeros and a one, and the decay."""
    y = scores(unpack(flat), images)
    return np.mean(logsumexp(y, axis=1) - np.sum(labels * y, axis=1)) + DECAY * np.sum(flat**2)


def main() -> None:
    digits = load_digits()
    images = digits.images / 16.0
    labels = np.eye(CLASSES)[digits.target]
    train, test = slice(0, 1200), slice(1200, None)

    count = sum(int(np.prod(shape)) for shape in SHAPES.values())
    start = 0.3 * np.random.default_rng(0).normal(size=count)
    print(f"data: {len(images)} images of 8 by 8; {count} parameters")
    check_grads(loss.value, (start, images[:4], labels[:4]), order=1)
    print("gradient check against central differences: passed")

    found = minimize(
        loss,
        start,
        args=(images[train], labels[train]),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 80},
    )
    print(f"loss: {found.fun:.4f} in {found.nfev} calls")
    for name, part in (("training", train), ("test", test)):
        right = scores(unpack(found.x), images[part]).argmax(axis=1) == digits.target[part]
        print(f"accuracy on {name} images: {right.mean():.4f}")


if __name__ == "__main__":
    main()
