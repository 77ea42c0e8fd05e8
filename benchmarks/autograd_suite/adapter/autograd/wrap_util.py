"""Operators of functions of one argument become operators of functions of any."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

Argnum = int | tuple[int, ...] | list[int]


def unary_to_nary(operator: Callable[..., Any]) -> Callable[..., Any]:
    """``operator(fun, x, ...)`` becomes ``operator(fun, argnum=0, ...)(*args, **kwargs)``.

    ``argnum`` is a position, or several: then ``x`` is the tuple of these arguments.
    """

    @functools.wraps(operator)
    def outer(
        fun: Callable[..., Any], argnum: Argnum = 0, *options: Any, **named: Any
    ) -> Callable[..., Any]:
        def inner(*args: Any, **kwargs: Any) -> Any:
            one = isinstance(argnum, int)
            places = (argnum,) if isinstance(argnum, int) else tuple(argnum)
            x = args[argnum] if isinstance(argnum, int) else tuple(args[n] for n in places)
            rest = [None if n in places else item for n, item in enumerate(args)]

            def of_one(x: Any) -> Any:
                given = [*rest]
                for n, item in zip(places, (x,) if one else x, strict=True):
                    given[n] = item
                return fun(*given, **kwargs)

            of_one.__name__ = getattr(fun, "__name__", "function")
            return operator(of_one, x, *options, **named)

        what, of = operator.__name__, getattr(fun, "__name__", "function")
        inner.__name__ = f"{what}_of_{of}_wrt_argnum_{argnum}"
        inner.__doc__ = f"    {what} of function {of} with respect to argument {argnum}."
        return inner

    return outer
