"""adjit: a compiler for NumPy functions and their derivatives."""

from .tracer.api import compile_grad, grad, jit, stop_gradient, value_and_grad
from .tracer.check import check_grads
from .tracer.checkpoint import checkpoint
from .tracer.custom import custom_jvp, custom_vjp
from .tracer.errors import AdjitError
from .tracer.jacobians import hessian, hvp, jacfwd, jacobian, jacrev
from .tracer.products import jvp, vjp

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
