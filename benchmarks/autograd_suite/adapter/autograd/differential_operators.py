"""autograd's operators, as adjit's products with the Jacobian."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import adjit

from . import core
from .wrap_util import unary_to_nary

Function = Callable[..., Any]


@unary_to_nary
def grad(fun: Function, x: Any) -> Any:
    """
    Returns a function which computes the gradient of a real number.
    """
    return value_of(fun, x)[1]


@unary_to_nary
def value_and_grad(fun: Function, x: Any) -> Any:
    """
    Returns a function which computes value and gradient of a real number.
    """
    return value_of(fun, x)


def value_of(fun: Function, x: Any) -> Any:
    return adjit.value_and_grad(fun)(core.floating(x))


@unary_to_nary
def grad_and_aux(fun: Function, x: Any) -> Any:
    """The gradient of the first result, and the second."""
    return adjit.grad(fun, has_aux=True)(core.floating(x))


@unary_to_nary
def make_vjp(fun: Function, x: Any) -> Any:
    """``(pullback, value)``."""
    return core.make_vjp(fun, x)


@unary_to_nary
def make_jvp(fun: Function, x: Any) -> Any:
    """A function of a tangent that returns ``(value, tangent)``."""
    return core.make_jvp(fun, x)


@unary_to_nary
def deriv(fun: Function, x: Any) -> Any:
    """The derivative by a number, in forward mode."""
    return adjit.jvp(fun, (core.floating(x),), (np.ones(np.shape(x)),))[1]


@unary_to_nary
def elementwise_grad(fun: Function, x: Any) -> Any:
    """The gradient of the sum of the results, each of which belongs to one element."""
    value, pullback = adjit.vjp(fun, core.floating(x))
    return pullback(np.ones(np.shape(value)))[0]


@unary_to_nary
def holomorphic_grad(fun: Function, x: Any) -> Any:
    """The derivative of a function that is holomorphic: it follows from its real part."""
    value, pullback = adjit.vjp(lambda z: np.real(fun(z)), x)
    return pullback(np.ones(np.shape(value)))[0]


@unary_to_nary
def jacobian(fun: Function, x: Any) -> Any:
    """All derivatives; the axes of the result, then those of the argument."""
    value, pullback = adjit.vjp(fun, core.floating(x))
    shape = np.shape(value)
    size = int(np.prod(shape))
    units = np.eye(size).reshape((size, *shape))
    rows = [pullback(units[n])[0] for n in range(size)]
    return np.reshape(np.stack(rows), shape + np.shape(x))


@unary_to_nary
def hessian(fun: Function, x: Any) -> Any:
    """The Jacobian of the Jacobian."""
    return jacobian(jacobian(fun))(x)


@unary_to_nary
def make_hvp(fun: Function, x: Any) -> Any:
    """``(product, gradient)``: a function that multiplies the Hessian with a vector."""
    return core.make_vjp(grad(fun), x)


def hessian_tensor_product(fun: Function, argnum: int = 0) -> Function:
    """``product(*args, v)``, the Hessian times ``v``."""

    def product(*args: Any) -> Any:
        *rest, v = args
        return make_hvp(fun, argnum)(*rest)[0](v)

    return product


def tensor_jacobian_product(fun: Function, argnum: int = 0) -> Function:
    """``product(*args, v)``, ``v`` times the Jacobian; axes that ``v`` lacks stay."""

    def product(*args: Any) -> Any:
        *rest, v = args

        def weighted(*inner: Any) -> Any:
            return np.tensordot(v, fun(*inner), axes=np.ndim(v))

        return jacobian(weighted, argnum)(*rest)

    return product


def make_ggnvp(
    fun: Function, g: Function = lambda x: 0.5 * np.sum(x * x), f_argnum: int = 0
) -> Function:
    """``make(x)(v)``: J^T H J v, with the Jacobian of ``fun`` and the Hessian of ``g``."""

    @unary_to_nary
    def make(inner: Function, x: Any) -> Function:
        def product(v: Any) -> Any:
            y, t = adjit.jvp(inner, (x,), (v,))
            _, moved = adjit.jvp(adjit.grad(g), (y,), (t,))
            return adjit.vjp(inner, x)[1](moved)[0]

        return product

    made: Function = make(fun, f_argnum)
    return made
