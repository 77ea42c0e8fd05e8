"""A network that reads handwritten digits: scikit-learn's 1797 images of 8 by 8 pixels.

Two hidden layers of 64, dropout, softmax cross-entropy, Adam with a learning rate that falls;
each training step, forward, backward and update, is one call of native code. The loss of each
epoch is plotted, and at the end it is printed how many programs were compiled.

Run: ``python examples/digits.py [PNG]`` (by default ``digits.png`` in the current folder)
"""

from __future__ import annotations

import sys

from matplotlib.figure import Figure
from rich.progress import Progress
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from adjit import autograd, nn, optim
from adjit import numpy as np

EPOCHS = 40
BATCH = 32


def data() -> tuple[np.ndarray, ...]:
    """Training and test images, training and test labels; pixels between 0 and 1."""
    digits = load_digits()
    images = (digits.data / 16).astype("float32")
    return train_test_split(
        images, digits.target, test_size=0.25, random_state=0, stratify=digits.target
    )


def network() -> nn.HybridSequential:
    net = nn.HybridSequential()
    net.add(
        nn.Dense(64, activation="relu"),
        nn.Dense(64, activation="relu"),
        nn.Dropout(0.2),
        nn.Dense(10),
    )
    net.initialize(nn.Xavier())
    net.hybridize()
    return net


def accuracy(net: nn.Block, images: np.ndarray, labels: np.ndarray) -> float:
    """The share of images that are read right, in prediction mode."""
    return float((net(images).argmax(axis=1) == labels).mean())


def train(net: nn.Block, images: np.ndarray, labels: np.ndarray) -> list[float]:
    """The mean loss of each epoch."""
    loss_of = nn.SoftmaxCrossEntropyLoss()
    loss_of.hybridize()
    trainer = optim.Trainer(net.collect_params(), "adam")
    batches = len(images) // BATCH
    losses = []
    with Progress(transient=True, disable=not sys.stdout.isatty()) as progress:
        task = progress.add_task("training", total=EPOCHS)
        for epoch in range(EPOCHS):
            trainer.set_learning_rate(0.003 * 0.93**epoch)
            order = np.random.permutation(len(images)).numpy()
            total = 0.0
            for n in range(batches):
                chosen = order[n * BATCH : (n + 1) * BATCH]
                x, y = np.array(images[chosen]), np.array(labels[chosen])
                with autograd.record():
                    loss = loss_of(net(x), y)
                loss.backward()
                trainer.step(BATCH)
                total += loss.mean().item()
            losses.append(total / batches)
            progress.update(task, advance=1, description=f"loss {losses[-1]:.4f}")
    return losses


def main(path: str) -> None:
    np.random.seed(0)
    train_images, test_images, train_labels, test_labels = data()
    net = network()
    print(f"{len(train_images)} images to learn from, {len(test_images)} to test")
    losses = train(net, train_images, train_labels)
    print(f"mean loss of the first epoch: {losses[0]:.4f}, of the last: {losses[-1]:.4f}")
    print(f"training accuracy: {100 * accuracy(net, train_images, train_labels):.2f} %")
    print(f"test accuracy: {100 * accuracy(net, test_images, test_labels):.2f} %")
    counters = autograd.counters
    print(f"compiled programs: {counters.programs}, native calls: {counters.calls}")

    figure = Figure(figsize=(6, 4))
    axes = figure.subplots()
    axes.semilogy(range(1, EPOCHS + 1), losses)
    axes.set_xlabel("epoch")
    axes.set_ylabel("mean loss")
    figure.savefig(path, dpi=120)
    print(f"loss curve written to {path}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "digits.png")
