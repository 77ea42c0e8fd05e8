"""Elementary functions (exp, sin, erf, ...) as arithmetic that the loop vectoriser takes."""

from . import (
    error_function,
    exponential,
    gamma,
    hyperbolic,
    inverse_trigonometric,
    logarithm,
    polygamma,
    powers,
    trigonometric,
)

__all__ = [
    "error_function",
    "exponential",
    "gamma",
    "hyperbolic",
    "inverse_trigonometric",
    "logarithm",
    "polygamma",
    "powers",
    "trigonometric",
]
