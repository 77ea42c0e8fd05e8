"""What rewritten code calls instead of calling, loading and reading attributes directly.

While nothing is recorded every hook does what Python would have done. While recording, NumPy
functions are replaced by their recording versions, the user's helpers are rewritten in turn,
and what comes from outside of the function is observed (see ``capture``).
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

from ..ir.sizes import Size
from . import staging
from .array import Array
from .capture import note, observe, variable
from .current import current_trace
from .errors import unsupported
from .follow import call, read_attribute
from .places import MISSING, Global, IdentityOf
from .source import is_user_function
from .staging import UNSET, For, If, While
from .table import twin_of


class Hooks:
    """The hooks of one function: captured names are looked up in its globals and closure."""

    def __init__(self, function: FunctionType) -> None:
        self.function = function

    # Control flow. These stand here as they are, so that no frame lies in between.
    for_ = For
    while_ = While
    if_ = If
    unrolled = staticmethod(staging.unrolled)
    choose = staticmethod(staging.choose)
    both = staticmethod(staging.both)
    either = staticmethod(staging.either)
    negate = staticmethod(staging.negate)
    chain = staticmethod(staging.chain)
    unset = UNSET

    def load(self, name: str, value: Any, /) -> Any:
        """A global or closure variable."""
        trace = current_trace()
        if trace is None or isinstance(value, Array | ModuleType):
            return value
        place = variable(self.function, name)
        # Builtins are not captured, and neither is a type parameter that hides a global.
        if place is None or place[1] is not value:
            return value
        return twin_of(observe(trace, place[0], value))

    def attribute(self, owner: Any, name: str, /) -> Any:
        trace = current_trace()
        if trace is None or isinstance(owner, Array):
            return getattr(owner, name)
        return read_attribute(trace, owner, name)

    def call(self, f: Any, /, *args: Any, **kwargs: Any) -> Any:
        trace = current_trace()
        return f(*args, **kwargs) if trace is None else call(trace, f, args, kwargs)

    def call_method(self, owner: Any, name: str, /, *args: Any, **kwargs: Any) -> Any:
        trace = current_trace()
        if trace is None or isinstance(owner, Array):
            return getattr(owner, name)(*args, **kwargs)
        return call(trace, read_attribute(trace, owner, name), args, kwargs)

    def own_names(self, names: Any, /) -> Any:
        """What ``locals()`` or ``dir()`` returned, without the names of rewritten code."""
        if isinstance(names, list):
            return [name for name in names if not name.startswith("__adjit_")]
        return {name: value for name, value in names.items() if not name.startswith("__adjit_")}

    def direct(self, name: str, builtin: Any, /) -> Any:
        """``eval``, ``exec`` or ``globals``, which read captured names past the hooks."""
        if current_trace() is not None and getattr(builtin, "__module__", "") == "builtins":
            raise unsupported(f"{name}()", hint="use the names themselves")
        return builtin

    def caught(self) -> None:
        """The start of an ``except`` block: a global that was missing may exist later."""
        trace, problem = current_trace(), sys.exception()
        if trace is None or not isinstance(problem, NameError) or not problem.name:
            return
        traceback = problem.__traceback__
        while traceback is not None and traceback.tb_next is not None:
            traceback = traceback.tb_next
        if traceback is not None:
            namespace = traceback.tb_frame.f_globals
            if problem.name not in namespace:
                note(trace, Global(IdentityOf(namespace), problem.name), MISSING)

    def binary(self, symbol: str, left: Any, right: Any, /) -> Any:
        """An operator where sizes are not known: a float on the left would ask a size for its
        number."""
        if isinstance(right, Size) and not isinstance(left, int | Array):
            right = right.as_number()
        return _BINARY[symbol](left, right)

    def augment(self, symbol: str, current: Any, operand: Any, /) -> Any:
        """The new value of a captured variable in ``x += y``."""
        return _IN_PLACE[symbol](current, operand)

    def augment_attribute(self, symbol: str, owner: Any, name: str, operand: Any, /) -> None:
        setattr(owner, name, _IN_PLACE[symbol](self.attribute(owner, name), operand))


_IN_PLACE: dict[str, Callable[[Any, Any], Any]] = {
    "Add": operator.iadd,
    "Sub": operator.isub,
    "Mult": operator.imul,
    "MatMult": operator.imatmul,
    "Div": operator.itruediv,
    "FloorDiv": operator.ifloordiv,
    "Mod": operator.imod,
    "Pow": operator.ipow,
    "LShift": operator.ilshift,
    "RShift": operator.irshift,
    "BitAnd": operator.iand,
    "BitOr": operator.ior,
    "BitXor": operator.ixor,
}
"""Operator class of the syntax tree -> what its ``x op= y`` does."""

_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    symbol: getattr(operator, f"__{in_place.__name__[1:].strip('_')}__")
    for symbol, in_place in _IN_PLACE.items()
}


def recordable(fun: Callable[..., Any]) -> Callable[..., Any] | None:
    """What a recording calls in place of ``fun``; None for a function without source."""
    from .rewrite import rewrite

    if isinstance(fun, FunctionType) and is_user_function(fun):
        return rewrite(fun)

    def follow(*args: Any, **kwargs: Any) -> Any:
        trace = current_trace()
        return fun(*args, **kwargs) if trace is None else call(trace, fun, args, kwargs)

    return follow
