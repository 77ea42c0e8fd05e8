"""adjit: a compiler for NumPy functions and their derivatives."""

from typing import TYPE_CHECKING, Any

from .tracer.api import compile_grad, grad, jit, stop_gradient, value_and_grad
from .tracer.checkpoint import checkpoint
from .tracer.errors import AdjitError

if TYPE_CHECKING:
    from .imperative.arrays import Array
    from .tracer.check import check_grads
    from .tracer.custom import custom_jvp, custom_vjp
    from .tracer.elementwise import elementwise_grad, holomorphic_grad
    from .tracer.gauss_newton import gnvp
    from .tracer.jacobians import hessian, hvp, jacfwd, jacobian, jacrev
    from .tracer.products import jvp, linearize, vjp

__version__ = "0.1.0"

__all__ = [
    "AdjitError",
    "Array",
    "check_grads",
    "checkpoint",
    "compile_grad",
    "custom_jvp",
    "custom_vjp",
    "elementwise_grad",
    "gnvp",
    "grad",
    "hessian",
    "holomorphic_grad",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jit",
    "jvp",
    "linearize",
    "stop_gradient",
    "value_and_grad",
    "vjp",
]

# `adjit.numpy` and `adjit.autograd` are modules of that folder.
__path__.append(f"{__path__[0]}/namespaces")

# Imported when somebody asks for them: they import what records and differentiates.
_LATE = dict.fromkeys(("custom_jvp", "custom_vjp"), ".tracer.custom")
_LATE |= dict.fromkeys(("elementwise_grad", "holomorphic_grad"), ".tracer.elementwise")
_LATE |= dict.fromkeys(("hessian", "hvp", "jacfwd", "jacobian", "jacrev"), ".tracer.jacobians")
_LATE |= dict.fromkeys(("jvp", "linearize", "vjp"), ".tracer.products")
_LATE |= {"gnvp": ".tracer.gauss_newton", "check_grads": ".tracer.check"}
_LATE |= {"Array": ".imperative.arrays"}
_MODULES = ("autograd", "nn", "numpy", "optim")


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _MODULES:
        return import_module(f".{name}", __name__)
    if name not in _LATE:
        raise AttributeError(f"module 'adjit' has no attribute {name!r}")
    return getattr(import_module(_LATE[name], __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATE, *_MODULES})
