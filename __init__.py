"""adjit: a compiler for NumPy functions and their derivatives."""

from typing import TYPE_CHECKING, Any

from .tracer.api import compile_grad, grad, jit, stop_gradient, value_and_grad
from .tracer.check import check_grads
from .tracer.checkpoint import checkpoint
from .tracer.errors import AdjitError
from .tracer.products import jvp, vjp

if TYPE_CHECKING:
    from .tracer.custom import custom_jvp, custom_vjp
    from .tracer.jacobians import hessian, hvp, jacfwd, jacobian, jacrev

__version__ = "0.1.0"

__all__ = [
    "AdjitError",
    "check_grads",
    "checkpoint",
    "compile_grad",
    "custom_jvp",
    "custom_vjp",
    "grad",
    "hessian",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jit",
    "jvp",
    "stop_gradient",
    "value_and_grad",
    "vjp",
]

# Imported when somebody asks for them: they import what records and differentiates.
_LATE = dict.fromkeys(("custom_jvp", "custom_vjp"), "custom")
_LATE |= dict.fromkeys(("hessian", "hvp", "jacfwd", "jacobian", "jacrev"), "jacobians")


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module 'adjit' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".tracer.{_LATE[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATE})
