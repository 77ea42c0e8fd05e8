"""``adjit.optim``: optimizers of parameters and of plain marked arrays."""

from .minimize import minimize
from .optimizer import Optimizer
from .rules import SGD, Adam, AdamW
from .trainer import Trainer

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "Trainer", "minimize"]
