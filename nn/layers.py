"""Layers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..imperative.arrays import Array, array
from ..imperative.modes import state
from ..imperative.types import type_of
from ..tracer.errors import error
from . import functions
from .block import Block
from .capture import drawn
from .parameter import Parameter


class Activation(Block):
    """A function of each element, by its name: see ``functions.ACTIVATIONS``."""

    def __init__(self, activation: str) -> None:
        known = functions.ACTIVATIONS
        if activation not in known:
            text = f"unknown activation {activation!r}: one of {sorted(known)}"
            raise error("value", text=text)
        self.name = activation
        self.function = known[activation]

    def forward(self, x: Any) -> Any:
        return self.function(x)

    def _describe(self) -> str:
        return self.name


class LeakyReLU(Block):
    """x above 0, else ``alpha * x``."""

    def __init__(self, alpha: float) -> None:
        self.alpha = alpha

    def forward(self, x: Any) -> Any:
        return functions.leaky_relu(x, self.alpha)

    def _describe(self) -> str:
        return str(self.alpha)


class ELU(LeakyReLU):
    """x above 0, else ``alpha * (exp(x) - 1)``."""

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__(alpha)

    def forward(self, x: Any) -> Any:
        return functions.elu(x, self.alpha)


class Flatten(Block):
    """All axes but the first as one."""

    def forward(self, x: Any) -> Any:
        return x.reshape(x.shape[0], math.prod(x.shape[1:]))


class Dense(Block):
    """``activation(x @ weight.T + bias)``, where the weight has the shape (units, in_units).

    ``in_units``: 0 for as many as the first input has. ``flatten``: all axes of an input but the
    first are taken as one; else the layer works along the last axis.
    """

    def __init__(
        self,
        units: int,
        activation: str | None = None,
        use_bias: bool = True,
        flatten: bool = True,
        dtype: Any = np.float32,
        weight_initializer: Any = None,
        bias_initializer: Any = "zeros",
        in_units: int = 0,
    ) -> None:
        self.units = units
        self.flatten = flatten
        self.weight = Parameter((units, in_units), dtype, weight_initializer)
        self.bias = Parameter((units,), dtype, bias_initializer) if use_bias else None
        self.act = None if activation is None else Activation(activation)

    def forward(self, x: Any) -> Any:
        if not isinstance(x, Array):
            x = array(x)
        shape = x.shape
        if not shape or (self.flatten and len(shape) < 2):
            raise error("value", text=f"Dense takes a batch of inputs, not the shape {shape}")
        given = math.prod(shape[1:]) if self.flatten else shape[-1]
        if self.weight.shape[1] != given:
            if self.weight.shape[1] > 0:
                text = f"Dense of {self.weight.shape[1]} inputs was given {given}: shape {shape}"
                raise error("value", text=text)
            self.weight.shape = (self.units, given)
        bias = None if self.bias is None else self.bias.data()
        y = functions.dense(x, self.weight.data(), bias, flatten=self.flatten)
        return y if self.act is None else self.act(y)

    def _describe(self) -> str:
        text = f"{self.weight.shape[1] or None} -> {self.units}"
        return f"{text}, {'linear' if self.act is None else self.act.name}"

    def __repr__(self) -> str:
        return f"Dense({self._describe()})"


class Dropout(Block):
    """In training mode, zero with probability ``rate``, else divided by ``1 - rate``.

    In prediction mode, the input. ``axes``: along which all are dropped together.
    """

    def __init__(self, rate: float, axes: tuple[int, ...] = ()) -> None:
        if not 0 <= rate < 1:
            raise error("value", text=f"the rate of Dropout is in [0, 1), not {rate}")
        self.rate = rate
        self.axes = axes

    def forward(self, x: Any) -> Any:
        if not state.training or not self.rate:
            return x
        if not isinstance(x, Array):
            x = array(x)
        shape = list(x.shape)
        for axis in self.axes:
            shape[axis] = 1
        keep, dtype = 1 - self.rate, x.dtype

        def draw() -> np.ndarray:
            kept = np.random.random_sample(shape) < keep
            return np.asarray(kept * (1 / keep), dtype)

        return x * drawn(type_of(dtype, tuple(shape)), draw)

    def _describe(self) -> str:
        return f"p = {self.rate}"


class _Norm(Block):
    """``gamma`` and ``beta`` along an axis, whose size the first input tells."""

    def __init__(
        self,
        axis: int,
        epsilon: float,
        center: bool,
        scale: bool,
        in_channels: int,
        dtype: Any,
        beta_initializer: Any,
        gamma_initializer: Any,
    ) -> None:
        self.axis = axis
        self.epsilon = epsilon
        self.gamma = Parameter((in_channels,), dtype, gamma_initializer) if scale else None
        self.beta = Parameter((in_channels,), dtype, beta_initializer) if center else None

    def _given(self, x: Any) -> Any:
        """The input as an Array, whose axis has the size of the parameters."""
        if not isinstance(x, Array):
            x = array(x)
        if not -len(x.shape) <= self.axis < len(x.shape):
            text = f"{type(self).__name__} along axis {self.axis} was given the shape {x.shape}"
            raise error("value", text=text)
        size = x.shape[self.axis]
        for parameter in self.params.values():
            if parameter.shape[0] != size:
                parameter.shape = (size,)
        return x

    def _describe(self) -> str:
        return f"axis={self.axis}, eps={self.epsilon}"


def _data(parameter: Parameter | None) -> Array | None:
    return None if parameter is None else parameter.data()


class LayerNorm(_Norm):
    """Mean 0 and variance 1 along ``axis``, then ``gamma * x + beta``."""

    def __init__(
        self,
        axis: int = -1,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        in_channels: int = 0,
        dtype: Any = np.float32,
    ) -> None:
        super().__init__(
            axis, epsilon, center, scale, in_channels, dtype, beta_initializer, gamma_initializer
        )

    def forward(self, x: Any) -> Any:
        x = self._given(x)
        gamma, beta = _data(self.gamma), _data(self.beta)
        return functions.layer_norm(x, gamma, beta, axis=self.axis, epsilon=self.epsilon)


class BatchNorm(_Norm):
    """Mean 0 and variance 1 over all axes but ``axis``, then ``gamma * x + beta``.

    In training mode by the statistics of the batch (the variance without Bessel's correction);
    the running ones become ``momentum`` times themselves and ``1 - momentum`` times those of the
    batch. In prediction mode, or with ``use_global_stats``, by the running ones.
    """

    def __init__(
        self,
        axis: int = 1,
        momentum: float = 0.9,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = True,
        use_global_stats: bool = False,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        running_mean_initializer: Any = "zeros",
        running_variance_initializer: Any = "ones",
        in_channels: int = 0,
        dtype: Any = np.float32,
    ) -> None:
        super().__init__(
            axis, epsilon, center, scale, in_channels, dtype, beta_initializer, gamma_initializer
        )
        self.momentum = momentum
        self.use_global_stats = use_global_stats
        shape = (in_channels,)
        self.running_mean = Parameter(shape, dtype, running_mean_initializer, "null")
        self.running_var = Parameter(shape, dtype, running_variance_initializer, "null")

    def forward(self, x: Any) -> Any:
        x = self._given(x)
        gamma, beta = _data(self.gamma), _data(self.beta)
        options: dict[str, Any] = {"axis": self.axis, "epsilon": self.epsilon}
        if self.use_global_stats or not state.training:
            mean, variance = self.running_mean.data(), self.running_var.data()
            return functions.batch_norm(x, gamma, beta, mean, variance, **options)
        y, mean, variance = functions.batch_norm_of_batch(x, gamma, beta, **options)
        for parameter, found in ((self.running_mean, mean), (self.running_var, variance)):
            old = parameter.data().detach()
            new = self.momentum * old + (1 - self.momentum) * found.detach()
            parameter.set_data(new)
        return y
