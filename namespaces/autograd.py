"""Recording as you go: arrays that are marked, and the gradients by them."""

from adjit.imperative.arrays import Array, array
from adjit.imperative.collector import GradientCollector
from adjit.imperative.differentiate import backward, grad, mark_variables
from adjit.imperative.evaluate import counters, flush
from adjit.imperative.function import Function
from adjit.imperative.protocol import scale_gradient
from adjit.imperative.scopes import (
    detect_anomaly,
    enable_grad,
    is_grad_enabled,
    is_recording,
    is_training,
    no_grad,
    pause,
    predict_mode,
    record,
    set_grad_enabled,
    train_mode,
)
from adjit.tracer.api import stop_gradient

__all__ = [
    "Array",
    "Function",
    "GradientCollector",
    "array",
    "backward",
    "counters",
    "detect_anomaly",
    "enable_grad",
    "flush",
    "grad",
    "is_grad_enabled",
    "is_recording",
    "is_training",
    "mark_variables",
    "no_grad",
    "pause",
    "predict_mode",
    "record",
    "scale_gradient",
    "set_grad_enabled",
    "stop_gradient",
    "train_mode",
]
