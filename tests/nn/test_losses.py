"""Losses against NumPy, written here once more: values, and gradients in closed form."""

import numpy as np
import pytest
from scipy import special

from adjit import autograd, nn

rng = np.random.default_rng(7)


def value_and_gradient(loss, pred, *rest):
    x = autograd.array(pred)
    x.attach_grad()
    with autograd.record():
        y = loss(x, *[autograd.array(item) for item in rest])
    y.backward()
    return np.array(y), np.array(x.grad)


@pytest.mark.parametrize("hybrid", [False, True])
def test_l2_loss(hybrid):
    loss = nn.L2Loss()
    loss.hybridize(hybrid)
    pred, label = rng.normal(size=(2, 4, 3))
    y, g = value_and_gradient(loss, pred, label)
    np.testing.assert_allclose(y, ((pred - label) ** 2).mean(1) / 2)
    np.testing.assert_allclose(g, (pred - label) / 3)


def test_l2_loss_of_numbers_and_of_a_column():
    pred, label = rng.normal(size=(2, 4))
    y, g = value_and_gradient(nn.L2Loss(), pred, label)
    np.testing.assert_allclose(y, (pred - label) ** 2 / 2)
    y, g = value_and_gradient(nn.L2Loss(weight=2.0), pred[:, None], label)
    np.testing.assert_allclose(y, (pred - label) ** 2)
    np.testing.assert_allclose(g[:, 0], 2 * (pred - label))


def test_l1_and_huber_loss():
    pred = np.array([[0.5, 3.0], [-1.0, -0.2]])
    label = np.zeros((2, 2))
    y, g = value_and_gradient(nn.L1Loss(), pred, label)
    np.testing.assert_allclose(y, abs(pred).mean(1))
    np.testing.assert_allclose(g, np.sign(pred) / 2)
    y, g = value_and_gradient(nn.HuberLoss(rho=0.8), pred, label)
    terms = np.where(abs(pred) > 0.8, abs(pred) - 0.4, pred**2 / 1.6)
    np.testing.assert_allclose(y, terms.mean(1))
    np.testing.assert_allclose(g, np.where(abs(pred) > 0.8, np.sign(pred), pred / 0.8) / 2)


@pytest.mark.parametrize("shift", [0.0, 1e4])
@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.float32])
def test_softmax_cross_entropy_of_classes(dtype, shift):
    pred = rng.normal(size=(5, 4)) + shift
    label = np.array([0, 3, 2, 2, 1], dtype)
    y, g = value_and_gradient(nn.SoftmaxCrossEntropyLoss(), pred, label)
    logs = special.log_softmax(pred, axis=1)
    np.testing.assert_allclose(y, -logs[np.arange(5), label.astype(int)], rtol=1e-9)
    np.testing.assert_allclose(g, np.exp(logs) - np.eye(4)[label.astype(int)], atol=1e-9)


def test_softmax_cross_entropy_of_distributions_and_log_probabilities():
    pred = rng.normal(size=(5, 4))
    label = special.softmax(rng.normal(size=(5, 4)), axis=1)
    logs = special.log_softmax(pred, axis=1)
    y, g = value_and_gradient(nn.SoftmaxCrossEntropyLoss(sparse_label=False), pred, label)
    np.testing.assert_allclose(y, -(label * logs).sum(1))
    np.testing.assert_allclose(g, np.exp(logs) - label, atol=1e-12)
    loss = nn.SoftmaxCrossEntropyLoss(from_logits=True)
    y, g = value_and_gradient(loss, logs, np.array([1, 0, 3, 2, 2]))
    np.testing.assert_allclose(y, -logs[np.arange(5), [1, 0, 3, 2, 2]])
    np.testing.assert_allclose(g, -np.eye(4)[[1, 0, 3, 2, 2]])


def test_softmax_cross_entropy_along_another_axis():
    pred = rng.normal(size=(2, 4, 3))
    label = rng.integers(0, 4, (2, 3))
    y, g = value_and_gradient(nn.SoftmaxCrossEntropyLoss(axis=1), pred, label)
    logs = special.log_softmax(pred, axis=1)
    picked = np.take_along_axis(logs, label[:, None], 1)[:, 0]
    np.testing.assert_allclose(y, -picked.mean(1))
    one_hot = np.moveaxis(np.eye(4)[label], -1, 1)
    np.testing.assert_allclose(g, (np.exp(logs) - one_hot) / 3)


@pytest.mark.parametrize("label", [4, -1])
def test_a_label_that_is_no_class(label):
    with pytest.raises(IndexError):
        print(nn.SoftmaxCrossEntropyLoss()(np.ones((1, 4)), np.array([label])))


def test_sigmoid_binary_cross_entropy():
    pred = np.array([[-800.0, 0.5], [2.0, 800.0]])
    label = np.array([[0.0, 1.0], [0.0, 1.0]])
    y, g = value_and_gradient(nn.SigmoidBinaryCrossEntropyLoss(), pred, label)
    terms = np.logaddexp(0, pred) - pred * label
    np.testing.assert_allclose(y, terms.mean(1))
    np.testing.assert_allclose(g, (special.expit(pred) - label) / 2)
    p = np.array([[0.2, 0.9]])
    y, g = value_and_gradient(nn.SigmoidBCELoss(from_sigmoid=True), p, np.array([[0.0, 1.0]]))
    np.testing.assert_allclose(y, [-(np.log(0.8) + np.log(0.9)) / 2])
    np.testing.assert_allclose(g, [[1 / 0.8 / 2, -1 / 0.9 / 2]])


@pytest.mark.parametrize("hybrid", [False, True])
def test_sample_weights(hybrid):
    loss = nn.L2Loss()
    loss.hybridize(hybrid)
    pred, label = rng.normal(size=(2, 4, 3))
    weight = np.array([[0.0], [1.0], [2.0], [0.5]])
    y, g = value_and_gradient(loss, pred, label, weight)
    np.testing.assert_allclose(y, (weight * (pred - label) ** 2).mean(1) / 2)
    np.testing.assert_allclose(g, weight * (pred - label) / 3)


def test_losses_of_float32_are_float32():
    pred, label = np.ones((2, 3), np.float32), np.zeros((2, 3), np.float32)
    for loss in (nn.L2Loss(), nn.L1Loss(), nn.HuberLoss(), nn.SigmoidBCELoss()):
        assert loss(pred, label).dtype == np.float32
    assert nn.SoftmaxCELoss()(pred, np.array([0, 1])).dtype == np.float32
