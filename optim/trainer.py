"""``Trainer``: an optimizer of the parameters of a block, as in Gluon."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any

from ..tracer.errors import error
from .optimizer import Optimizer
from .rules import BY_NAME


class Trainer:
    """``params``: of ``collect_params()``; ``optimizer``: an Optimizer, or the name of one
    ("sgd", "adam", "adamw") that is made of ``optimizer_params``."""

    def __init__(
        self, params: Any, optimizer: Any, optimizer_params: Mapping[str, Any] | None = None
    ) -> None:
        if isinstance(optimizer, str):
            if optimizer.lower() not in BY_NAME:
                text = f"unknown optimizer {optimizer!r}: one of {sorted(BY_NAME)}"
                raise error("value", text=text)
            optimizer = BY_NAME[optimizer.lower()](**(optimizer_params or {}))
        elif not isinstance(optimizer, Optimizer):
            raise error("type", text=f"a {type(optimizer).__name__} is no optimizer")
        elif optimizer_params:
            raise error("type", text="optimizer_params are for an optimizer that is named")
        self.optimizer: Optimizer = optimizer
        optimizer.add(params)

    def step(self, batch_size: float) -> None:
        """One update, by the gradients divided by ``batch_size``."""
        self.optimizer.step(batch_size)

    def zero_grad(self) -> None:
        """Sets the gradients to zero."""
        self.optimizer.zero_grad()

    @property
    def learning_rate(self) -> float:
        return self.optimizer.learning_rate

    def set_learning_rate(self, learning_rate: float) -> None:
        """Sets the learning rate from the next update on."""
        self.optimizer.set_learning_rate(learning_rate)

    def save_states(self, path: str | PathLike[str]) -> None:
        """Writes what the optimizer keeps to a file."""
        self.optimizer.save_states(path)

    def load_states(self, path: str | PathLike[str]) -> None:
        """Reads what ``save_states`` has written."""
        self.optimizer.load_states(path)
