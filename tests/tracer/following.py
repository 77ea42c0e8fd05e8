"""Runs a program as users' functions run: plain on NumPy arrays, rewritten on recorded ones."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any

from adjit.tracer.array import Array
from adjit.tracer.lift import has_proxy
from adjit.tracer.rewrite import rewrite

from .recording import compare


def follow(
    program: Callable[..., Any], *arguments: Any, exact: bool = True, ulps: float = 4
) -> Any:
    """``recording.compare``, with calls of NumPy and Python functions followed."""
    assert isinstance(program, FunctionType)

    @functools.wraps(program)
    def run(*items: Any) -> Any:
        if not has_proxy(items):
            return program(*items)
        assert isinstance(items[0], Array)
        rewritten = rewrite(program)
        assert rewritten is not None
        return rewritten(*items)

    return compare(run, *arguments, exact=exact, ulps=ulps)
