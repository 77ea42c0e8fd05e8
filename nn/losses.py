"""Losses: one number for each sample, the mean over all other axes."""

from __future__ import annotations

from typing import Any

from ..imperative.arrays import Array, array
from . import functions
from .block import Block


class Loss(Block):
    """``loss(pred, label, sample_weight=None)``: an array along the axis of the batch.

    ``weight``: a factor of all; ``sample_weight``: one that is broadcast with the terms.
    """

    def __init__(self, weight: float | None = None, batch_axis: int = 0) -> None:
        self.options: dict[str, Any] = {}
        if weight is not None:
            self.options["weight"] = float(weight)
        if batch_axis:
            self.options["batch_axis"] = batch_axis

    def __call__(self, pred: Any, label: Any, sample_weight: Any = None) -> Any:
        return super().__call__(_array(pred), _array(label), sample_weight)

    def _describe(self) -> str:
        return ", ".join(f"{name}={value}" for name, value in self.options.items())


def _array(item: Any) -> Array:
    return item if type(item) is Array else array(item)


class L2Loss(Loss):
    """Half the squared error."""

    def forward(self, pred: Any, label: Any, sample_weight: Any) -> Any:
        return functions.l2_loss(pred, label, sample_weight, **self.options)


class L1Loss(Loss):
    """The absolute error."""

    def forward(self, pred: Any, label: Any, sample_weight: Any) -> Any:
        return functions.l1_loss(pred, label, sample_weight, **self.options)


class HuberLoss(Loss):
    """Squared errors below ``rho``, absolute ones above."""

    def __init__(self, rho: float = 1.0, weight: float | None = None, batch_axis: int = 0) -> None:
        super().__init__(weight, batch_axis)
        self.options["rho"] = float(rho)

    def forward(self, pred: Any, label: Any, sample_weight: Any) -> Any:
        return functions.huber_loss(pred, label, sample_weight, **self.options)


class SoftmaxCrossEntropyLoss(Loss):
    """Minus the log-probability of the label, by the softmax of ``pred`` along ``axis``.

    ``sparse_label``: labels are numbers of classes, of the shape of ``pred`` without ``axis``;
    one that is no class is an IndexError. Else they are distributions. ``from_logits``: ``pred``
    is log-probabilities already.
    """

    def __init__(
        self,
        axis: int = -1,
        sparse_label: bool = True,
        from_logits: bool = False,
        weight: float | None = None,
        batch_axis: int = 0,
    ) -> None:
        super().__init__(weight, batch_axis)
        self.sparse_label = sparse_label
        if axis != -1:
            self.options["axis"] = axis
        if from_logits:
            self.options["from_logits"] = True

    def forward(self, pred: Any, label: Any, sample_weight: Any) -> Any:
        fun = functions.cross_entropy_of_classes if self.sparse_label else functions.cross_entropy
        return fun(pred, label, sample_weight, **self.options)


SoftmaxCELoss = SoftmaxCrossEntropyLoss


class SigmoidBinaryCrossEntropyLoss(Loss):
    """Minus the log-probability of labels 0 and 1, by the logistic function of ``pred``.

    ``from_sigmoid``: ``pred`` is probabilities already.
    """

    def __init__(
        self, from_sigmoid: bool = False, weight: float | None = None, batch_axis: int = 0
    ) -> None:
        super().__init__(weight, batch_axis)
        if from_sigmoid:
            self.options["from_sigmoid"] = True

    def forward(self, pred: Any, label: Any, sample_weight: Any) -> Any:
        return functions.binary_cross_entropy(pred, label, sample_weight, **self.options)


SigmoidBCELoss = SigmoidBinaryCrossEntropyLoss
