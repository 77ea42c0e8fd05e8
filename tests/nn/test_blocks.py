"""Blocks: names, initial values, files, frozen parameters, text."""

import copy
import pickle

import numpy as np
import pytest

from adjit import autograd, nn


def network():
    net = nn.Sequential()
    net.add(nn.Dense(3, activation="relu"), nn.Dense(1, in_units=3))
    return net


class Residual(nn.Block):
    def __init__(self):
        self.inner = nn.Dense(2, in_units=2, flatten=False)
        self.scale = nn.Parameter((1,), init=nn.Constant(2.0))

    def forward(self, x):
        return x + self.scale.data() * self.inner(x)


def test_names_of_parameters():
    assert list(network().collect_params()) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    assert list(network().collect_params(".*weight")) == ["0.weight", "1.weight"]
    assert list(Residual().collect_params()) == ["inner.weight", "inner.bias", "scale"]
    assert list(Residual().collect_params("inner|nothing")) == ["inner.weight", "inner.bias"]


def test_a_block_of_ones_own():
    block = Residual()
    block.initialize(nn.Constant(0.5))
    x = np.array([[1.0, 2.0]], np.float32)
    np.testing.assert_allclose(block(x), [[1 + 2 * 1.5, 2 + 2 * 1.5]])
    assert block.scale.data().tolist() == [2.0]


def test_initial_values():
    np.random.seed(0)
    net = network()
    net.initialize()
    net(np.ones((1, 5), np.float32))
    weight = np.array(net[0].weight.data())
    assert abs(weight).max() < 0.07
    assert weight.std() > 0.02
    assert net[0].bias.data().tolist() == [0.0, 0.0, 0.0]
    net.initialize(nn.Zeros())
    np.testing.assert_array_equal(net[0].weight.data(), weight)
    net.initialize(nn.Constant(3.0), force_reinit=True)
    assert net[1].weight.data().tolist() == [[3.0, 3.0, 3.0]]
    np.random.seed(0)
    again = network()
    again.initialize()
    again(np.ones((1, 5), np.float32))
    np.testing.assert_array_equal(again[0].weight.data(), weight)


@pytest.mark.parametrize(
    ("init", "scale", "kind"),
    [
        (nn.Xavier(), np.sqrt(3 / 150), "uniform"),
        (nn.Xavier(factor_type="in", magnitude=2), np.sqrt(2 / 200), "uniform"),
        (nn.Xavier("gaussian", "out", 1), np.sqrt(1 / 100), "gaussian"),
        (nn.Uniform(0.3), 0.3, "uniform"),
        (nn.Normal(0.2), 0.2, "gaussian"),
    ],
)
def test_initializers(init, scale, kind):
    np.random.seed(0)
    x = init((100, 200))
    if kind == "uniform":
        assert 0.99 * scale < abs(x).max() <= scale
        assert abs(x.std() - scale / np.sqrt(3)) < 0.02 * scale
    else:
        assert abs(x.std() - scale) < 0.02 * scale
    assert abs(x.mean()) < 0.05 * scale


def test_xavier_is_for_matrices():
    with pytest.raises(ValueError, match="Xavier is for matrices"):
        nn.Xavier()((3,))
    with pytest.raises(ValueError, match="factor_type"):
        nn.Xavier(factor_type="mean")


def test_parameters():
    p = nn.Parameter((2, 2), name="p")
    with pytest.raises(RuntimeError, match="'p' has no values"):
        p.data()
    p.initialize()
    assert p.grad().tolist() == [[0, 0], [0, 0]]
    array = p.data()
    p.set_data(np.eye(2))
    assert p.data() is array
    assert array.dtype == np.float32
    assert array.tolist() == [[1, 0], [0, 1]]
    with pytest.raises(ValueError, match=r"shape \(2, 2\), not \(3,\)"):
        p.set_data(np.ones(3))
    with autograd.record(), pytest.raises(RuntimeError):
        p.set_data(np.eye(2))


def test_requests():
    p = nn.Parameter((2,), init="ones")
    p.initialize()
    for req, twice in (("write", 1.0), ("add", 2.0)):
        p.grad_req = req
        for _ in range(2):
            with autograd.record():
                y = p.data().sum()
            y.backward()
        assert p.grad().tolist() == [twice, twice]
    p.zero_grad()
    assert p.grad().tolist() == [0.0, 0.0]
    p.grad_req = "null"
    with pytest.raises(RuntimeError, match="has no gradient: its grad_req is 'null'"):
        p.grad()
    assert p.data().tolist() == [1.0, 1.0]


@pytest.mark.parametrize("suffix", ["npz", "params", "safetensors"])
def test_files(tmp_path, suffix):
    if suffix == "safetensors":
        pytest.importorskip("safetensors")
    net = network()
    net.initialize(nn.Normal(1.0))
    x = np.ones((2, 5), np.float32)
    y = np.array(net(x))
    path = tmp_path / f"net.{suffix}"
    net.save_parameters(path)
    assert path.exists()
    other = network()
    other.load_parameters(str(path))
    np.testing.assert_array_equal(other(x), y)
    other.initialize(nn.Zeros(), force_reinit=True)
    kept = other[0].weight.data()
    other.load_parameters(path)
    assert other[0].weight.data() is kept
    np.testing.assert_array_equal(other(x), y)


def test_files_that_do_not_fit(tmp_path):
    path = tmp_path / "net.npz"
    net = network()
    net.initialize()
    with pytest.raises(RuntimeError, match="gets its array at the first call"):
        net.save_parameters(path)
    net(np.ones((2, 5), np.float32))
    net.save_parameters(path)
    longer = network()
    longer.add(nn.Dense(1))
    with pytest.raises(ValueError, match=r"has no parameters \['2.bias', '2.weight'\]"):
        longer.load_parameters(path)
    longer.load_parameters(path, allow_missing=True)
    shorter = nn.Sequential(nn.Dense(3))
    with pytest.raises(ValueError, match="that the block has not"):
        shorter.load_parameters(path)
    shorter.load_parameters(path, ignore_extra=True)
    wider = nn.Sequential(nn.Dense(4), nn.Dense(1))
    with pytest.raises(ValueError, match=r"'0.weight' has the shape \(4, 0\), not \(3, 5\)"):
        wider.load_parameters(path)


def test_safetensors_that_is_not_installed(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "safetensors.numpy", None)
    net = nn.Dense(1, in_units=1)
    net.initialize()
    with pytest.raises(RuntimeError, match="pip install"):
        net.save_parameters(tmp_path / "net.safetensors")


def test_text():
    net = nn.HybridSequential(network(), nn.Dropout(0.5), nn.Activation("relu"), nn.BatchNorm())
    assert repr(net) == (
        "HybridSequential(\n"
        "  (0): Sequential(\n"
        "    (0): Dense(None -> 3, relu)\n"
        "    (1): Dense(3 -> 1, linear)\n"
        "  )\n"
        "  (1): Dropout(p = 0.5)\n"
        "  (2): Activation(relu)\n"
        "  (3): BatchNorm(axis=1, eps=1e-05)\n"
        ")"
    )
    assert repr(nn.Parameter((2,), name="w")) == "Parameter w (shape=(2,), dtype=float32)"


def test_sequential():
    net = network()
    assert len(net) == 2
    assert net[1] is list(net)[1]
    assert isinstance(net[:1], nn.Sequential)
    assert len(net[:1]) == 1
    net.add(lambda x: x * 2)
    assert isinstance(net[2], nn.Lambda)
    with pytest.raises(TypeError, match="no block and no function"):
        net.add(3)


@pytest.mark.parametrize("how", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_copies(how):
    net = network()
    net.initialize()
    net.hybridize()
    x = autograd.array(np.ones((2, 5), np.float32))
    y = np.array(net(x))
    other = how(net)
    np.testing.assert_array_equal(other(x), y)
    other[0].weight.set_data(np.zeros((3, 5)))
    other[1].bias.set_data(np.ones(1))
    np.testing.assert_array_equal(other(x), np.ones((2, 1)))
    np.testing.assert_array_equal(net(x), y)
    with autograd.record():
        z = other(x)
    z.backward()
    assert other[1].bias.grad().tolist() == [2.0]
    assert net[1].bias.grad().tolist() == [0.0]


@pytest.mark.parametrize("hybrid", [False, True])
def test_frozen_parameters(hybrid):
    """Their gradient work disappears from what is compiled."""
    from adjit.imperative import evaluate

    def compiled(frozen):
        net = network()
        net.initialize()
        net.hybridize(hybrid)
        x = autograd.array(np.ones((2, 5), np.float32))
        net(x)
        for parameter in net.collect_params(frozen).values():
            parameter.grad_req = "null"
        before = set(evaluate._programs)
        with autograd.record():
            loss = net(x).sum()
        loss.backward()
        autograd.flush()
        (key,) = set(evaluate._programs) - before
        program = evaluate._programs[key]
        (path,) = next(iter(program.dispatcher.programs.values()))[0].paths
        return net, count(path)

    def count(path):
        from adjit.tracer.compile import derive

        return sum(1 for value in derive(path).values if value.op.name == "contract")

    free, all_products = compiled("nothing")
    frozen, fewer = compiled("0")
    assert fewer < all_products
    assert free[0].weight.grad().shape == (3, 5)
    with pytest.raises(RuntimeError, match="has no gradient"):
        frozen[0].weight.grad()
    assert frozen[1].bias.grad().tolist() == [2.0]
