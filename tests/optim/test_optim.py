"""Optimizers against updates written by hand, over several steps; their states, files, errors."""

import numpy as np
import pytest

from adjit import autograd, nn, optim

rng = np.random.default_rng(4)
GRADIENTS = rng.normal(size=(6, 3))
START = np.array([1.0, -2.0, 0.5])


def sgd(rate, momentum=0.0, wd=0.0, clip=None):
    v = 0

    def update(x, g, t):
        nonlocal v
        g = g if clip is None else np.clip(g, -clip, clip)
        v = momentum * v - rate * (g + wd * x)
        return x + v

    return update


def adam(rate, b1=0.9, b2=0.999, eps=1e-8, wd=0.0, decoupled=0.0, clip=None):
    m = v = 0

    def update(x, g, t):
        nonlocal m, v
        g = g if clip is None else np.clip(g, -clip, clip)
        g = g + wd * x
        x = x - rate * decoupled * x
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        return x - rate * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)

    return update


CASES = [
    (optim.SGD, {"learning_rate": 0.1}, sgd(0.1)),
    (optim.SGD, {"lr": 0.1, "momentum": 0.9}, sgd(0.1, 0.9)),
    (optim.SGD, {"lr": 0.1, "momentum": 0.9, "wd": 0.01}, sgd(0.1, 0.9, 0.01)),
    (optim.SGD, {"lr": 0.1, "weight_decay": 0.1}, sgd(0.1, wd=0.1)),
    (optim.SGD, {"lr": 0.1, "clip_gradient": 0.3, "wd": 0.1}, sgd(0.1, wd=0.1, clip=0.3)),
    (optim.SGD, {}, sgd(0.01)),
    (optim.Adam, {}, adam(0.001)),
    (optim.Adam, {"lr": 0.1, "betas": (0.5, 0.8), "eps": 1e-3}, adam(0.1, 0.5, 0.8, 1e-3)),
    (optim.Adam, {"learning_rate": 0.1, "beta1": 0.7, "wd": 0.1}, adam(0.1, 0.7, wd=0.1)),
    (optim.Adam, {"lr": 0.1, "clip_gradient": 0.2}, adam(0.1, clip=0.2)),
    (optim.AdamW, {"lr": 0.1}, adam(0.1, decoupled=0.01)),
    (optim.AdamW, {"lr": 0.1, "weight_decay": 0.2}, adam(0.1, decoupled=0.2)),
]


@pytest.mark.parametrize("case", range(len(CASES)))
@pytest.mark.parametrize("rules", ["attach_grad", "requires_grad_"])
def test_updates(case, rules):
    kind, options, _ = CASES[case]
    expected, update = START.copy(), fresh(case)
    x = autograd.array(START)
    getattr(x, rules)()
    other = autograd.array(np.float32([[1.0, 2.0]]))
    getattr(other, rules)()
    optimizer = kind([x, other], **options)
    for t, g in enumerate(GRADIENTS, 1):
        optimizer.zero_grad()
        with autograd.record():
            loss = (x * g).sum() + other.sum()
        loss.backward()
        optimizer.step()
        expected = update(expected, g, t)
        np.testing.assert_allclose(x, expected, rtol=1e-12)
    assert x.dtype == np.float64
    assert other.dtype == np.float32


def fresh(case):
    """The update by hand with nothing kept yet."""
    update = CASES[case][2]
    closure = update.__closure__
    for name, cell in zip(update.__code__.co_freevars, closure, strict=True):
        if name in ("m", "v"):
            cell.cell_contents = 0
    return update


def test_batch_size_divides_the_gradient():
    x = autograd.array([1.0])
    x.attach_grad()
    trainer = optim.Trainer([x], "sgd", {"learning_rate": 0.5})
    with autograd.record():
        y = (x * np.ones((8, 1)) * 3).sum()
    y.backward()
    trainer.step(8)
    assert x.tolist() == [1.0 - 0.5 * 3]


def test_a_parameter_without_gradient_stays():
    """As in PyTorch, and it has its own count of updates for the correction of Adam."""
    x, y = (autograd.array([1.0]).requires_grad_() for _ in range(2))
    optimizer = optim.Adam([x, y], lr=0.1)
    update_x, update_y = adam(0.1), adam(0.1)
    a = b = np.array([1.0])
    for t in range(1, 5):
        optimizer.zero_grad()
        (2 * x * x).sum().backward()
        if t % 2 == 0:
            (y * y * y).sum().backward()
        optimizer.step()
        a, b = (
            update_x(a, 4 * a, t),
            update_y(b, 3 * b**2, t // 2) if t % 2 == 0 else b,
        )
        np.testing.assert_allclose([x.item(), y.item()], [a[0], b[0]])


def test_frozen_parameters_stay():
    net = nn.HybridSequential(nn.Dense(2, in_units=2), nn.Dense(1, in_units=2))
    net.initialize()
    for parameter in net[0].collect_params().values():
        parameter.grad_req = "null"
    before = {name: np.array(p.data()) for name, p in net.collect_params().items()}
    trainer = optim.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1, "momentum": 0.9})
    for _ in range(2):
        with autograd.record():
            loss = net(np.ones((3, 2), np.float32)).sum()
        loss.backward()
        trainer.step(3)
    for name, p in net.collect_params().items():
        assert np.array_equal(p.data(), before[name]) == name.startswith("0")
    net[0].weight.grad_req = "write"
    with autograd.record():
        loss = net(np.ones((3, 2), np.float32)).sum()
    loss.backward()
    trainer.step(3)
    assert not np.array_equal(net[0].weight.data(), before["0.weight"])


def trained(hybrid, steps, change=None, count=None):
    """A network after some steps, by a loop as people write it."""
    np.random.seed(0)
    net = nn.HybridSequential(nn.Dense(8, activation="relu"), nn.Dropout(0.2), nn.Dense(3))
    net.initialize(nn.Xavier())
    loss = nn.SoftmaxCrossEntropyLoss()
    if hybrid:
        net.hybridize()
        loss.hybridize()
    trainer = optim.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
    X = rng_data.normal(size=(8, 5)).astype(np.float32)
    y = rng_data.integers(0, 3, 8)
    X, y = autograd.array(X), autograd.array(y)
    counts = []
    for step in range(steps):
        before = autograd.counters.programs, autograd.counters.calls
        if change:
            change(step, trainer)
        with autograd.record():
            value = loss(net(X), y)
        value.backward()
        trainer.step(8)
        counts.append((autograd.counters.programs - before[0], autograd.counters.calls - before[1]))
    return net, counts, np.array(value)


rng_data = np.random.default_rng(8)


@pytest.mark.parametrize("hybrid", [False, True])
def test_a_step_is_one_native_call_and_compiles_nothing(hybrid):
    def change(step, trainer):
        trainer.set_learning_rate(0.01 / (1 + step))

    _, counts, _ = trained(hybrid, 6, change)
    assert counts[2:] == [(0, 1)] * 4
    assert sum(programs for programs, _ in counts) <= 2


def test_hybridized_training_gives_the_same_network():
    global rng_data
    found = []
    for hybrid in (False, True):
        rng_data = np.random.default_rng(8)
        net, _, value = trained(hybrid, 1)
        found.append((net.collect_params(), value))
    # Masks are drawn after all initial values where the block is captured first.
    assert found[0][1].shape == found[1][1].shape == (8,)
    assert np.isfinite(found[1][1]).all()


def test_the_values_of_a_step_are_those_of_another_library():
    """The whole loop in NumPy: two layers, softmax cross-entropy, SGD with momentum."""
    np.random.seed(0)
    net = nn.HybridSequential(nn.Dense(4, activation="tanh"), nn.Dense(3))
    net.initialize(nn.Normal(0.5))
    net.hybridize()
    X = rng.normal(size=(6, 5)).astype(np.float32)
    label = rng.integers(0, 3, 6)
    net(X)
    names = ("0.weight", "0.bias", "1.weight", "1.bias")
    W1, b1, W2, b2 = (np.array(net.collect_params()[n].data(), np.float64) for n in names)
    momenta = [0.0] * 4
    trainer = optim.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.3, "momentum": 0.9})
    loss = nn.SoftmaxCrossEntropyLoss()
    loss.hybridize()
    for _ in range(5):
        with autograd.record():
            value = loss(net(autograd.array(X)), autograd.array(label))
        value.backward()
        trainer.step(6)
        h = np.tanh(X @ W1.T + b1)
        z = h @ W2.T + b2
        p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
        np.testing.assert_allclose(value, -np.log(p[np.arange(6), label]), rtol=1e-4)
        dz = (p - np.eye(3)[label]) / 6
        dh = dz @ W2 * (1 - h**2)
        gradients = [dh.T @ X, dh.sum(0), dz.T @ h, dz.sum(0)]
        momenta = [0.9 * v - 0.3 * g for v, g in zip(momenta, gradients, strict=True)]
        W1, b1, W2, b2 = (x + v for x, v in zip((W1, b1, W2, b2), momenta, strict=True))
    for name, expected in zip(names, (W1, b1, W2, b2), strict=True):
        np.testing.assert_allclose(net.collect_params()[name].data(), expected, rtol=1e-4)


def test_looking_in_between_changes_nothing():
    def run(look):
        x = autograd.array([1.0, 2.0])
        x.attach_grad()
        trainer = optim.Trainer([x], "sgd", {"learning_rate": 0.1, "momentum": 0.5})
        for n in range(4):
            with autograd.record():
                y = (x * x * x).sum()
                if look == "loss":
                    y.item()
            y.backward()
            if look == "gradient":
                x.grad.tolist()
            if look == "both" and n % 2:
                y.item()
                x.grad *= 1.0
            trainer.step(1)
            if look == "parameter":
                x.tolist()
        return x.tolist()

    expected = run("")
    for look in ("loss", "gradient", "both", "parameter"):
        assert run(look) == pytest.approx(expected)


def test_gradients_that_are_added_up():
    x = autograd.array([1.0])
    x.attach_grad("add")
    optimizer = optim.SGD([x], lr=0.1)
    for _ in range(2):
        with autograd.record():
            y = x * 3
        y.backward()
    optimizer.step()
    assert x.item() == pytest.approx(1 - 0.1 * 6)
    optimizer.zero_grad()
    assert x.grad.tolist() == [0.0]


# --- learning rates, files, errors ------------------------------------------------------------


def test_learning_rates():
    x = autograd.array([0.0]).requires_grad_()
    optimizer = optim.SGD([x], lr_scheduler=lambda count: 0.5**count)
    rates = []
    for _ in range(3):
        rates.append(optimizer.learning_rate)
        optimizer.zero_grad()
        x.sum().backward()
        optimizer.step()
    assert rates == [1.0, 0.5, 0.25]
    assert x.item() == -1.75
    with pytest.raises(RuntimeError, match="lr_scheduler"):
        optimizer.set_learning_rate(1.0)
    trainer = optim.Trainer([x], "adam")
    assert trainer.learning_rate == 0.001
    trainer.set_learning_rate(0.5)
    assert trainer.learning_rate == 0.5
    with pytest.raises(ValueError, match="not negative"):
        trainer.set_learning_rate(-1.0)


def test_states_in_files(tmp_path):
    def one(x, optimizer, n):
        for k in range(n):
            optimizer.zero_grad()
            (x**2 * (k + 1)).sum().backward()
            optimizer.step()

    x = autograd.array([1.0, 2.0]).requires_grad_()
    optimizer = optim.Adam([x], lr=0.1)
    one(x, optimizer, 3)
    optimizer.save_states(tmp_path / "adam.npz")
    y = autograd.array(np.array(x)).requires_grad_()
    again = optim.Adam([y], lr=0.7)
    again.load_states(tmp_path / "adam.npz")
    assert again.learning_rate == 0.1
    one(x, optimizer, 2)
    one(y, again, 2)
    assert x.tolist() == y.tolist()
    with pytest.raises(ValueError, match="is not of a SGD of these parameters"):
        optim.SGD([x], momentum=0.9).load_states(tmp_path / "adam.npz")
    z = autograd.array([1.0]).requires_grad_()
    with pytest.raises(ValueError, match="is not of a Adam of these parameters"):
        optim.Adam([z]).load_states(tmp_path / "adam.npz")


def test_errors():
    x = autograd.array([1.0])
    with pytest.raises(RuntimeError):
        optim.SGD([x])
    with pytest.raises(TypeError, match="not a float"):
        optim.SGD([1.0])
    with pytest.raises(TypeError, match="a list or a dict"):
        optim.SGD(x)
    x.attach_grad()
    with pytest.raises(TypeError, match="lr is another name"):
        optim.SGD([x], 0.1, lr=0.1)
    with pytest.raises(ValueError, match="unknown optimizer 'sdg'"):
        optim.Trainer([x], "sdg")
    with pytest.raises(TypeError, match="is no optimizer"):
        optim.Trainer([x], 3)
    with pytest.raises(ValueError, match="betas"):
        optim.Adam([x], betas=(1.0, 0.9))
    net = nn.Dense(2)
    trainer = optim.Trainer(net.collect_params(), optim.SGD(learning_rate=0.1))
    with pytest.raises(RuntimeError, match="no values"):
        trainer.step(1)


# --- SciPy ----------------------------------------------------------------------------------


@pytest.mark.parametrize("rules", ["attach_grad", "requires_grad_"])
def test_minimize_rosenbrock(rules):
    x = autograd.array([-1.2, 1.0, 0.7])
    getattr(x, rules)()
    found = optim.minimize(
        lambda: (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum(), [x], tol=1e-12
    )
    assert found.success
    np.testing.assert_allclose(x, np.ones(3), rtol=1e-5)
    np.testing.assert_array_equal(found.x, x)


def test_minimize_a_block():
    np.random.seed(0)
    X = rng.normal(size=(20, 3)).astype(np.float32)
    y = X @ np.float32([[1.0], [-2.0], [0.5]]) + 3
    net = nn.Dense(1, in_units=3)
    net.initialize()
    loss = nn.L2Loss()
    before = autograd.counters.programs
    found = optim.minimize(lambda: loss(net(X), y), net.collect_params(), options={"maxiter": 50})
    assert autograd.counters.programs - before <= 2
    np.testing.assert_allclose(net.weight.data(), [[1.0, -2.0, 0.5]], atol=1e-3)
    np.testing.assert_allclose(net.bias.data(), [3.0], atol=1e-3)
    assert found.fun < 1e-5
    assert net.weight.data().dtype == np.float32
