"""An old name of `test_util`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .test_util import check_grads


def quick_grad_check(
    fun: Callable[..., Any], x: Any, extra_args: Sequence[Any] = (), **options: Any
) -> None:
    """Checks the first derivative by the first argument."""
    check_grads(fun, modes=["rev"], order=1, **options)(x, *extra_args)
