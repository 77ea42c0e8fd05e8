"""What layers compute, as NumPy functions, each of which is one operation where it is recorded.

With arrays of NumPy they return what NumPy computes; with an ``adjit.Array`` among their
arguments they are recorded.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from ..imperative.apply import apply
from ..imperative.arrays import Array
from ..tracer.api import stop_gradient


def operation(fun: Callable[..., Any]) -> Callable[..., Any]:
    """``fun`` as one operation of the Arrays among its arguments."""

    @functools.wraps(fun)
    def call(*args: Any, **kwargs: Any) -> Any:
        for item in args:
            if isinstance(item, Array):
                return apply(fun, args, kwargs, eager=False)
        return fun(*args, **kwargs)

    return call


# --- activations ----------------------------------------------------------------------------


@operation
def relu(x: Any) -> Any:
    """max(x, 0), with derivative 0 at 0."""
    return np.where(x <= 0, 0, x)


@operation
def leaky_relu(x: Any, alpha: float = 0.25) -> Any:
    """x above 0, else ``alpha * x``; the derivative at 0 is ``alpha``."""
    return np.where(x <= 0, alpha * x, x)


@operation
def elu(x: Any, alpha: float = 1.0) -> Any:
    """x above 0, else ``alpha * (exp(x) - 1)`` (Clevert, Unterthiner and Hochreiter 2015)."""
    return np.where(x <= 0, alpha * np.expm1(np.where(x <= 0, x, 0)), x)


@operation
def selu(x: Any) -> Any:
    """The self-normalizing unit (Klambauer et al. 2017)."""
    scale, alpha = 1.0507009873554805, 1.6732632423543772
    return scale * np.where(x <= 0, alpha * np.expm1(np.where(x <= 0, x, 0)), x)


@operation
def gelu(x: Any) -> Any:
    """x times the normal distribution function at x (Hendrycks and Gimpel 2016)."""
    return 0.5 * x * special.erfc(x * -math.sqrt(0.5))


@operation
def silu(x: Any) -> Any:
    """x times the logistic function of x, also called swish."""
    return x * special.expit(x)


@operation
def sigmoid(x: Any) -> Any:
    """The logistic function 1 / (1 + exp(-x))."""
    return special.expit(x)


@operation
def tanh(x: Any) -> Any:
    """The hyperbolic tangent."""
    return np.tanh(x)


@operation
def softrelu(x: Any) -> Any:
    """log(1 + exp(x)), also called softplus."""
    return np.logaddexp(x, 0)


@operation
def softsign(x: Any) -> Any:
    """x / (1 + |x|)."""
    return x / (1 + np.abs(x))


@operation
def log_softmax(x: Any, axis: int = -1) -> Any:
    """The logarithm of softmax, which does not overflow."""
    return _log_softmax(x, axis)


@operation
def softmax(x: Any, axis: int = -1) -> Any:
    """exp(x), divided by its sum along an axis."""
    powers = np.exp(_below_zero(x, axis))
    return powers / np.sum(powers, axis=axis, keepdims=True)


def _below_zero(x: Any, axis: int) -> Any:
    """``x`` minus its largest element, which changes no softmax, and so has no derivative."""
    return x - stop_gradient(np.max(x, axis=axis, keepdims=True))


def _log_softmax(x: Any, axis: int) -> Any:
    shifted = _below_zero(x, axis)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


swish = silu
softplus = softrelu

ACTIVATIONS: dict[str, Callable[..., Any]] = {
    "relu": relu,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "softrelu": softrelu,
    "softplus": softrelu,
    "softsign": softsign,
    "gelu": gelu,
    "silu": silu,
    "swish": silu,
    "elu": elu,
    "selu": selu,
    "leaky": leaky_relu,
    "leaky_relu": leaky_relu,
}


# --- layers ---------------------------------------------------------------------------------


@operation
def dense(x: Any, weight: Any, bias: Any, flatten: bool = True) -> Any:
    """``x @ weight.T + bias`` over the last axis, or over all but the first with ``flatten``."""
    if flatten and len(x.shape) != 2:
        x = x.reshape(x.shape[0], math.prod(x.shape[1:]))
    y = x @ weight.T
    return y if bias is None else y + bias


@operation
def layer_norm(x: Any, gamma: Any, beta: Any, axis: int, epsilon: float) -> Any:
    """Mean 0 and variance 1 along an axis, then times ``gamma`` plus ``beta``."""
    centered = x - np.mean(x, axis=axis, keepdims=True)
    variance = np.mean(centered * centered, axis=axis, keepdims=True)
    return _scaled(centered / np.sqrt(variance + epsilon), gamma, beta, axis)


@operation
def batch_norm(
    x: Any, gamma: Any, beta: Any, mean: Any, variance: Any, axis: int, epsilon: float
) -> Any:
    """``x`` with these statistics taken out, then times ``gamma`` plus ``beta``."""
    y = (x - _along(mean, x, axis)) / np.sqrt(_along(variance, x, axis) + epsilon)
    return _scaled(y, gamma, beta, axis)


@operation
def batch_norm_of_batch(
    x: Any, gamma: Any, beta: Any, axis: int, epsilon: float
) -> tuple[Any, Any, Any]:
    """The same with the statistics of ``x`` itself, and these: mean and (biased) variance."""
    others = tuple(n for n in range(len(x.shape)) if n != axis % len(x.shape))
    mean = np.mean(x, axis=others, keepdims=True)
    centered = x - mean
    variance = np.mean(centered * centered, axis=others, keepdims=True)
    y = _scaled(centered / np.sqrt(variance + epsilon), gamma, beta, axis)
    return y, mean.reshape(x.shape[axis]), variance.reshape(x.shape[axis])


def _scaled(y: Any, gamma: Any, beta: Any, axis: int) -> Any:
    if gamma is not None:
        y = y * _along(gamma, y, axis)
    return y if beta is None else y + _along(beta, y, axis)


def _along(v: Any, x: Any, axis: int) -> Any:
    """A vector as an array that is broadcast along all axes of ``x`` but one."""
    shape = [1] * len(x.shape)
    shape[axis] = x.shape[axis]
    return v.reshape(shape)


# --- losses ---------------------------------------------------------------------------------


def _batch_mean(loss: Any, sample_weight: Any, batch_axis: int) -> Any:
    if sample_weight is not None:
        loss = loss * sample_weight
    others = tuple(n for n in range(len(loss.shape)) if n != batch_axis % len(loss.shape))
    return np.mean(loss, axis=others) if others else loss


@operation
def l2_loss(
    pred: Any, label: Any, sample_weight: Any, weight: float = 1.0, batch_axis: int = 0
) -> Any:
    """``weight / 2 * (pred - label)**2``, its mean over all axes but that of the batch."""
    error = pred - label.reshape(pred.shape)
    return _batch_mean(0.5 * weight * (error * error), sample_weight, batch_axis)


@operation
def l1_loss(
    pred: Any, label: Any, sample_weight: Any, weight: float = 1.0, batch_axis: int = 0
) -> Any:
    """``weight * |pred - label|``, its mean over all axes but that of the batch."""
    error = np.abs(pred - label.reshape(pred.shape))
    return _batch_mean(weight * error, sample_weight, batch_axis)


@operation
def huber_loss(
    pred: Any,
    label: Any,
    sample_weight: Any,
    rho: float = 1.0,
    weight: float = 1.0,
    batch_axis: int = 0,
) -> Any:
    """``error**2 / (2 rho)`` where the error is below ``rho``, else ``|error| - rho / 2``."""
    size = np.abs(pred - label.reshape(pred.shape))
    loss = np.where(size > rho, size - 0.5 * rho, (0.5 / rho) * (size * size))
    return _batch_mean(weight * loss, sample_weight, batch_axis)


@operation
def cross_entropy_of_classes(
    pred: Any,
    label: Any,
    sample_weight: Any,
    axis: int = -1,
    from_logits: bool = False,
    weight: float = 1.0,
    batch_axis: int = 0,
) -> Any:
    """Minus the log-probability of a class, whose number is the label."""
    logs = pred if from_logits else _log_softmax(pred, axis)
    classes = pred.shape[axis]
    label = label.astype(np.intp)
    label = np.where(label < 0, classes, label)  # which is out of bounds, as it should be
    shape = list(pred.shape)
    shape[axis] = 1
    picked = np.take_along_axis(logs, label.reshape(shape), axis)
    return _batch_mean(-weight * picked, sample_weight, batch_axis)


@operation
def cross_entropy(
    pred: Any,
    label: Any,
    sample_weight: Any,
    axis: int = -1,
    from_logits: bool = False,
    weight: float = 1.0,
    batch_axis: int = 0,
) -> Any:
    """Minus the mean log-probability, where the label is a distribution."""
    logs = pred if from_logits else _log_softmax(pred, axis)
    loss = -weight * np.sum(logs * label.reshape(pred.shape), axis=axis, keepdims=True)
    return _batch_mean(loss, sample_weight, batch_axis)


@operation
def binary_cross_entropy(
    pred: Any,
    label: Any,
    sample_weight: Any,
    from_sigmoid: bool = False,
    weight: float = 1.0,
    batch_axis: int = 0,
) -> Any:
    """Minus the log-probability of a label 0 or 1; ``pred``: its logit, or its probability."""
    label = label.reshape(pred.shape)
    if from_sigmoid:
        tiny = 1e-12
        loss = -(np.log(pred + tiny) * label + np.log(1 - pred + tiny) * (1 - label))
    else:
        loss = np.logaddexp(pred, 0) - pred * label
    return _batch_mean(weight * loss, sample_weight, batch_axis)
