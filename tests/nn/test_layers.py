"""Every layer and function against NumPy, written here once more: values, and gradients by
central differences in float64; the modes, the shapes that the first input tells, the errors."""

import math

import numpy as np
import pytest
from scipy import special

import adjit
from adjit import autograd, nn

rng = np.random.default_rng(3)


def differences(fun, x, step=1e-6):
    """The gradient of the number ``fun(x)``."""
    found = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += step
        down[place] -= step
        found[place] = (fun(up) - fun(down)) / (2 * step)
    return found


def check(block, plain, x, seed=0, train=True):
    """``plain(x, **parameters)``: the same as the block computes, by NumPy."""
    values = {name: np.array(p.data()) for name, p in block.collect_params().items()}
    expected = plain(x, **values)
    given = autograd.array(x)
    given.attach_grad()
    with autograd.record(train_mode=train):
        y = block(given)
    np.testing.assert_allclose(y, expected, rtol=1e-10, atol=1e-12)
    assert y.shape == expected.shape
    assert y.dtype == expected.dtype
    weights = np.random.default_rng(seed).normal(size=expected.shape)
    y.backward(autograd.array(weights))

    def along(name, value):
        changed = x if name is None else values | {name: value}
        if name is None:
            return np.sum(weights * plain(value, **values))
        return np.sum(weights * plain(x, **changed))

    np.testing.assert_allclose(
        given.grad, differences(lambda v: along(None, v), x), rtol=1e-6, atol=1e-7
    )
    for name, p in block.collect_params().items():
        if p.grad_req != "null":
            by_hand = differences(lambda v, name=name: along(name, v), values[name])
            np.testing.assert_allclose(p.grad(), by_hand, rtol=1e-6, atol=1e-7)


def started(block):
    np.random.seed(1)
    block.initialize(nn.Normal(1.0))
    return block


ACTIVATIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "softrelu": lambda x: np.log1p(np.exp(x)),
    "softplus": lambda x: np.log1p(np.exp(x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "gelu": lambda x: x * 0.5 * (1 + special.erf(x / math.sqrt(2))),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "swish": lambda x: x / (1 + np.exp(-x)),
    "elu": lambda x: np.where(x > 0, x, np.exp(x) - 1),
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * (np.exp(x) - 1)),
    "leaky": lambda x: np.where(x > 0, x, 0.25 * x),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name):
    x = np.array([[-2.5, -0.3, 0.2], [1.7, 3.0, -1.0]])
    check(nn.Activation(name), ACTIVATIONS[name], x)
    fun = nn.functions.ACTIVATIONS[name]
    np.testing.assert_allclose(fun(x), ACTIVATIONS[name](x), rtol=1e-12)
    assert nn.Activation(name)(autograd.array(x.astype(np.float32))).dtype == np.float32


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_at_zero_and_far_away(name):
    x = autograd.array([0.0, 500.0, -500.0])
    x.attach_grad()
    with autograd.record():
        y = nn.Activation(name)(x)
    y.backward()
    assert np.all(np.isfinite(y))
    assert np.all(np.isfinite(x.grad))
    if name == "relu":
        assert x.grad.tolist() == [0.0, 1.0, 0.0]


def test_relu_keeps_nan():
    assert np.isnan(nn.relu(autograd.array([np.nan])).item())


@pytest.mark.parametrize("block", [nn.LeakyReLU(0.1), nn.ELU(0.5)])
def test_activations_with_a_parameter(block):
    x = np.array([-2.0, -0.1, 0.3])
    below = 0.1 * x if type(block) is nn.LeakyReLU else 0.5 * (np.exp(x) - 1)
    np.testing.assert_allclose(block(autograd.array(x)), np.where(x > 0, x, below))


def test_softmax_functions():
    x = rng.normal(size=(2, 3)) * 100
    np.testing.assert_allclose(nn.softmax(autograd.array(x)), special.softmax(x, axis=-1))
    np.testing.assert_allclose(
        nn.log_softmax(autograd.array(x), axis=0), special.log_softmax(x, axis=0)
    )


@pytest.mark.parametrize("flatten", [True, False])
@pytest.mark.parametrize("shape", [(4, 3), (2, 2, 3), (0, 3), (3, 1)])
def test_dense(shape, flatten):
    block = started(nn.Dense(2, flatten=flatten, dtype="float64"))
    x = rng.normal(size=shape)
    if flatten:
        block(autograd.array(x))

    def plain(x, weight, bias):
        return (x.reshape(len(x), math.prod(x.shape[1:])) if flatten else x) @ weight.T + bias

    block(autograd.array(x))
    check(block, plain, x)


def test_dense_with_activation_and_without_bias():
    block = started(nn.Dense(2, "tanh", use_bias=False, in_units=3, dtype="float64"))
    assert list(block.collect_params()) == ["weight"]
    check(block, lambda x, weight: np.tanh(x @ weight.T), rng.normal(size=(4, 3)))


def test_dense_is_float32_unless_told():
    block = started(nn.Dense(2))
    assert block(autograd.array(np.ones((1, 3), np.float32))).dtype == np.float32
    assert block.weight.data().dtype == np.float32


def test_dense_tells_its_inputs():
    block = nn.Dense(2, in_units=3)
    block.initialize()
    with pytest.raises(ValueError, match="Dense of 3 inputs was given 4"):
        block(np.ones((5, 4), np.float32))
    with pytest.raises(ValueError, match="a batch of inputs"):
        block(np.ones(3, np.float32))


def test_shapes_that_the_first_input_tells():
    block = nn.Dense(2)
    assert block.weight.shape == (2, 0)
    with pytest.raises(RuntimeError, match="has no values: call initialize"):
        block(np.ones((1, 3), np.float32))
    block = nn.Dense(2)
    block.initialize()
    with pytest.raises(RuntimeError, match=r"'weight' has the shape \(2, 0\).* first call"):
        block.weight.data()
    assert "None -> 2" in repr(block)
    block(np.ones((1, 3), np.float32))
    assert block.weight.data().shape == (2, 3)
    assert "3 -> 2" in repr(block)


def test_unknown_names():
    with pytest.raises(ValueError, match="unknown activation 'rely'"):
        nn.Activation("rely")
    with pytest.raises(ValueError, match="unknown activation 'rely'"):
        nn.Dense(2, activation="rely")
    with pytest.raises(ValueError, match="unknown initializer 'javier'"):
        nn.Dense(2, weight_initializer="javier")
    with pytest.raises(ValueError, match="grad_req must be one of"):
        nn.Parameter((2,), grad_req="red")
    with pytest.raises(ValueError, match="rate of Dropout"):
        nn.Dropout(1.0)


# --- dropout --------------------------------------------------------------------------------


def test_dropout_in_both_modes():
    block = nn.Dropout(0.5)
    x = autograd.array(np.ones((3, 3), np.float32))
    np.random.seed(0)
    with autograd.record():
        y = block(x)
    assert set(np.array(y).flat) == {0.0, 2.0}
    assert y.dtype == np.float32
    with autograd.record(train_mode=False):
        np.testing.assert_array_equal(block(x), np.ones((3, 3)))
    np.testing.assert_array_equal(block(x), np.ones((3, 3)))
    with autograd.train_mode():
        assert set(np.array(block(x)).flat) == {0.0, 2.0}


def test_dropout_drops_a_share_and_keeps_the_mean():
    block = nn.Dropout(0.2)
    np.random.seed(0)
    with autograd.train_mode():
        y = np.array(block(autograd.array(np.ones(100_000))))
    assert set(np.unique(y)) == {0.0, 1.25}
    assert abs(np.mean(y == 0) - 0.2) < 0.01


def test_dropout_draws_anew_and_by_the_seed():
    block = nn.Dropout(0.5)
    x = autograd.array(np.ones(64))
    with autograd.train_mode():
        np.random.seed(5)
        first, second = np.array(block(x)), np.array(block(x))
        np.random.seed(5)
        again = np.array(block(x))
    assert (first != second).any()
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("hybrid", [False, True])
def test_dropout_has_the_same_mask_forward_and_backward(hybrid):
    block = nn.HybridSequential(nn.Dropout(0.5), nn.Lambda(lambda x: x * x))
    block.hybridize(hybrid)
    x = autograd.array(np.full(64, 3.0))
    x.attach_grad()
    for _ in range(3):
        with autograd.record():
            y = block(x)
        y.backward()
        np.testing.assert_array_equal(np.array(x.grad), np.where(np.array(y) == 0, 0, 24.0))


def test_dropout_along_axes():
    with autograd.train_mode():
        y = np.array(nn.Dropout(0.5, axes=(1,))(autograd.array(np.ones((40, 7)))))
    assert (y == y[:, :1]).all()
    assert set(np.unique(y)) == {0.0, 2.0}


# --- norms ----------------------------------------------------------------------------------


def along(v, x, axis):
    shape = [1] * x.ndim
    shape[axis] = -1
    return v.reshape(shape)


@pytest.mark.parametrize("axis", [-1, 1])
def test_layer_norm(axis):
    block = started(nn.LayerNorm(axis, epsilon=1e-3, dtype="float64"))
    x = rng.normal(size=(2, 3, 4))
    block(autograd.array(x))
    block.gamma.set_data(rng.normal(size=x.shape[axis]))

    def plain(x, gamma, beta):
        y = (x - x.mean(axis, keepdims=True)) / np.sqrt(x.var(axis, keepdims=True) + 1e-3)
        return y * along(gamma, x, axis) + along(beta, x, axis)

    check(block, plain, x)


@pytest.mark.parametrize(("shape", "axis"), [((5, 3), 1), ((2, 3, 4), 1), ((4, 3), -1)])
def test_batch_norm_in_training(shape, axis):
    block = started(nn.BatchNorm(axis, epsilon=1e-3, dtype="float64"))
    x = rng.normal(size=shape) + 1
    others = tuple(n for n in range(len(shape)) if n != axis % len(shape))
    block(autograd.array(x))

    def plain(x, gamma, beta, running_mean, running_var):
        y = (x - x.mean(others, keepdims=True)) / np.sqrt(x.var(others, keepdims=True) + 1e-3)
        return y * along(gamma, x, axis) + along(beta, x, axis)

    check(block, plain, x)
    np.testing.assert_allclose(block.running_mean.data(), 0.1 * x.mean(others))
    np.testing.assert_allclose(block.running_var.data(), 0.9 + 0.1 * x.var(others))


@pytest.mark.parametrize("train", [False, True])
def test_batch_norm_in_prediction(train):
    block = started(nn.BatchNorm(epsilon=1e-3, dtype="float64", use_global_stats=train))
    x = rng.normal(size=(5, 3))
    block(autograd.array(x))
    block.running_mean.set_data(rng.normal(size=3))
    block.running_var.set_data(rng.uniform(1, 2, size=3))

    def plain(x, gamma, beta, running_mean, running_var):
        return (x - running_mean) / np.sqrt(running_var + 1e-3) * gamma + beta

    before = np.array(block.running_mean.data())
    check(block, plain, x, train=train)
    np.testing.assert_array_equal(block.running_mean.data(), before)


@pytest.mark.parametrize("hybrid", [False, True])
def test_running_statistics_over_several_batches(hybrid):
    block = nn.HybridSequential(nn.BatchNorm(momentum=0.8), nn.Dense(2))
    block.initialize()
    block.hybridize(hybrid)
    mean, var = np.zeros(3), np.ones(3)
    for seed in range(4):
        x = np.random.default_rng(seed).normal(size=(6, 3)).astype(np.float32)
        with autograd.record():
            y = block(autograd.array(x)).sum()
        y.backward()
        mean = 0.8 * mean + 0.2 * x.mean(0)
        var = 0.8 * var + 0.2 * x.var(0)
    np.testing.assert_allclose(block[0].running_mean.data(), mean, rtol=1e-5)
    np.testing.assert_allclose(block[0].running_var.data(), var, rtol=1e-5)
    before = np.array(block[0].running_mean.data())
    block(autograd.array(x))
    np.testing.assert_array_equal(block[0].running_mean.data(), before)


def test_norms_tell_their_sizes():
    block = nn.LayerNorm(in_channels=3)
    block.initialize()
    with pytest.raises(ValueError, match=r"'gamma' has the shape \(3,\), not \(4,\)"):
        block(np.ones((2, 4), np.float32))
    with pytest.raises(ValueError, match="along axis 1 was given the shape"):
        nn.BatchNorm()(np.ones(4))


def test_flatten_and_lambda():
    x = rng.normal(size=(2, 3, 4))
    check(nn.Flatten(), lambda x: x.reshape(2, 12), x)
    check(nn.Lambda(lambda x: x * 2 + 1), lambda x: x * 2 + 1, x)
    assert nn.Flatten()(autograd.array(np.ones((0, 3, 2)))).shape == (0, 6)


def test_functions_in_compiled_functions():
    found = adjit.grad(lambda x: np.sum(nn.gelu(x)))(np.array([0.5]))
    by_hand = differences(lambda x: np.sum(ACTIVATIONS["gelu"](x)), np.array([0.5]))
    np.testing.assert_allclose(found, by_hand, rtol=1e-8)
