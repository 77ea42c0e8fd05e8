"""NumPy itself: adjit records it as it is."""

from __future__ import annotations

from typing import Any

import numpy as _numpy

__version__ = _numpy.__version__
globals().update({name: item for name, item in vars(_numpy).items() if not name.startswith("__")})
globals().setdefault("row_stack", _numpy.vstack)  # which newer versions have without this name


def __getattr__(name: str) -> Any:
    """The modules that NumPy imports when they are asked for."""
    return getattr(_numpy, name)


def make_diagonal(D: Any, offset: int = 0, axis1: int = -1, axis2: int = -2) -> Any:
    """The inverse of `np.diagonal`, which NumPy has for one dimension only, as `diag`."""
    if (offset, axis1, axis2) != (0, -1, -2):
        raise NotImplementedError("make_diagonal with other axes")
    return D[..., None] * _numpy.eye(D.shape[-1])
