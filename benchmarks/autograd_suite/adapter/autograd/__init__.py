"""What autograd's tests import as `autograd`: NumPy, under adjit's derivatives."""

from adjit import checkpoint

from .builtins import dict, isinstance, list, tuple
from .core import make_vjp as _make_vjp
from .differential_operators import (
    deriv,
    elementwise_grad,
    grad,
    grad_and_aux,
    hessian,
    hessian_tensor_product,
    holomorphic_grad,
    jacobian,
    make_ggnvp,
    make_hvp,
    make_jvp,
    make_vjp,
    tensor_jacobian_product,
    value_and_grad,
)
