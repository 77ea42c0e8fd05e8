"""What the tests name of autograd's own tracer, and functions with rules of the user's own."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from adjit import custom_vjp
from adjit.tracer.array import Array
from adjit.tracer.current import current_trace

Maker = Callable[..., Callable[[Any], Any]]
"""Takes the result and the arguments and returns the function from cotangent to cotangent."""


def isbox(x: Any) -> bool:
    """Whether ``x`` belongs to a recording."""
    return isinstance(x, Array)


class primitive(custom_vjp):  # noqa: N801
    """A function whose rules come one by one; what has none has no derivative."""

    def __init__(self, fun: Callable[..., Any]) -> None:
        super().__init__(fun)
        self.rules: dict[int, Maker | None] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if current_trace() is not None:
            if not self.rules:
                raise NotImplementedError(f"VJP and JVP of {self.name} are not defined")
            makers = [self.rules.get(n) for n in range(len(args))]
            self.defvjps(*[maker and functools.partial(_by, maker) for maker in makers])
        return super().__call__(*args, **kwargs)

    # The names of autograd before its version 1.2.

    def defgrad(self, maker: Maker, argnum: int = 0) -> None:
        self.rules[argnum] = maker

    def defvjp(self, *rules: Any, argnum: int = 0) -> None:
        if len(rules) == 2:  # of custom_vjp itself
            super().defvjp(*rules)
            return
        (rule,) = rules
        self.rules[argnum] = lambda y, *args: lambda g: rule(g, y, None, None, *args)

    def defvjp_is_zero(self, argnums: Sequence[int] = (0,)) -> None:
        self.rules.update(dict.fromkeys(argnums))


def _by(maker: Maker, g: Any, y: Any, *args: Any) -> Any:
    return maker(y, *args)(g)
