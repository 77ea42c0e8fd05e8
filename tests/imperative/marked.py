"""What the tests of recorded arrays share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from adjit import autograd
from adjit.autograd import Array, array
from adjit.imperative.evaluate import counters


def attached(values: Any, grad_req: str = "write") -> Array:
    """An array that is marked as in MXNet."""
    x = array(values, float)
    x.attach_grad(grad_req)
    return x


def required(values: Any) -> Array:
    """An array that is marked as in PyTorch."""
    return array(values, float).requires_grad_()


def equal(found: Any, wanted: Any) -> None:
    np.testing.assert_array_equal(np.asarray(found), wanted)


def close(found: Any, wanted: Any, tolerance: float = 1e-12) -> None:
    np.testing.assert_allclose(np.asarray(found), wanted, rtol=tolerance, atol=tolerance)


@contextmanager
def counted(programs: int | None = None, calls: int | None = None) -> Iterator[None]:
    """As many programs are compiled, and native calls made, inside."""
    autograd.flush()
    before = counters.programs, counters.calls
    yield
    found = counters.programs - before[0], counters.calls - before[1]
    assert programs is None or found[0] == programs, f"{found[0]} programs"
    assert calls is None or found[1] == calls, f"{found[1]} calls"
