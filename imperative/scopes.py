"""``record``, ``pause``, ``no_grad`` and their like: contexts, and decorators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .evaluate import after_a_step
from .modes import Scope, state


def record(train_mode: bool = True) -> Scope:
    """Records what is computed from arrays that ``attach_grad`` marked."""
    after_a_step()
    return Scope(recording=True, training=train_mode)


def pause(train_mode: bool = False) -> Scope:
    """Records nothing for derivatives."""
    return Scope(after_a_step, recording=False, enabled=False, training=train_mode)


def train_mode() -> Scope:
    """Layers behave as in training, whether or not anything is recorded."""
    return Scope(training=True)


def predict_mode() -> Scope:
    """Layers behave as in prediction, whether or not anything is recorded."""
    return Scope(training=False)


def no_grad(fun: Callable[..., Any] | None = None) -> Any:
    """Records nothing for derivatives: a context, and a decorator with or without ``()``."""
    scope = Scope(after_a_step, recording=False, enabled=False)
    return scope if fun is None else scope(fun)


def enable_grad(fun: Callable[..., Any] | None = None) -> Any:
    """Records what is computed from arrays that ``requires_grad_`` marked, in a ``no_grad``."""
    scope = Scope(enabled=True)
    return scope if fun is None else scope(fun)


def set_grad_enabled(mode: bool) -> Scope:
    """``enable_grad()`` or ``no_grad()``."""
    scope: Scope = enable_grad() if mode else no_grad()
    return scope


def detect_anomaly(mode: bool = True) -> Scope:
    """A backward looks for NaN, operation by operation, and names the line of the first.

    It is much slower: for finding a mistake.
    """
    return Scope(anomaly=mode)


def is_recording() -> bool:
    """Whether what is computed from arrays that ``attach_grad`` marked is recorded."""
    return state.recording


def is_training() -> bool:
    """Whether layers behave as in training."""
    return state.training


def is_grad_enabled() -> bool:
    """Whether what is computed from arrays that ``requires_grad_`` marked is recorded."""
    return state.enabled
