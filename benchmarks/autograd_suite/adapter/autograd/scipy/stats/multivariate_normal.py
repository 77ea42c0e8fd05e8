"""autograd has a module where SciPy has an object."""

from __future__ import annotations

from typing import Any

from scipy.stats import multivariate_normal as normal


def pdf(x: Any, mean: Any, cov: Any, allow_singular: bool = False) -> Any:
    return normal.pdf(x, mean, cov, allow_singular)


def logpdf(x: Any, mean: Any, cov: Any, allow_singular: bool = False) -> Any:
    return normal.logpdf(x, mean, cov, allow_singular)


def entropy(mean: Any, cov: Any) -> Any:
    return normal.entropy(mean, cov)
