"""Random draws while recording: each becomes a Draw, and its numbers an input.

A draw is made for real, so that Python sees its numbers, and noted with what it was given. The
states of all generators in sight are followed: a draw that the rewriting cannot see would give
every later call the numbers of the recording, and is refused.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

import numpy as np

from ..ir.graph import Value
from . import indexing
from .array import Array, wrap
from .capture import memory_of, variable
from .core import ArrayCore
from .drawing import drawing_of
from .draws import (
    Argument,
    Call,
    Computed,
    Constant,
    Draw,
    Fixed,
    Listed,
    Loop,
    Made,
    Origin,
    own,
    yield_of,
)
from .errors import AdjitError, error, user_line
from .generators import is_generator, is_shared, name_of
from .lift import has_proxy
from .places import IdentityOf
from .recording import present
from .regions import (
    before_loops,
    refuse,
)
from .repeated import check_repeats, loops, parameters, rows, stream, varies
from .signature import DYNAMIC_INT
from .source import is_user_function
from .trace import Trace


def watch(trace: Trace, fun: Callable[..., Any]) -> None:
    """Follows the generators that ``fun`` may draw from unseen."""
    import random

    drawing = drawing_of(trace)
    for generator in (np.random.mtrand._rand, random._inst, *_generators(fun)):
        drawing.watch(generator)


def _generators(fun: Callable[..., Any]) -> Iterator[Any]:
    if not isinstance(fun, FunctionType):
        return
    for name in (*fun.__code__.co_names, *fun.__code__.co_freevars):
        found = variable(fun, name)
        if found is not None and is_generator(found[1]):
            yield found[1]


# --- what draws -----------------------------------------------------------------------------------

_METHODS = frozenset({MethodType, BuiltinFunctionType, type([].append), type([].__len__)})
_HIDDEN = frozenset({"get_state", "getstate"})
_SEEDED = frozenset({"Generator", "RandomState", "SeedSequence", "Random", "SystemRandom"})


def draws(f: Any) -> tuple[Any, str] | None:
    """The generator whose method ``f`` is, and the name of that; None for other functions."""
    if type(f) in _METHODS:
        owner = getattr(f, "__self__", None)
        written = f.__func__ if isinstance(f, MethodType) else None
        if isinstance(written, FunctionType) and is_user_function(written):
            return None  # a method of the user's own class of generators
        return (owner, f.__name__) if is_generator(owner) else None
    module = sys.modules.get("numpy.random.mtrand")
    if module is not None and type(f).__name__ == "cython_function_or_method":
        for name, method in (
            ("seed", "seed"),
            ("ranf", "random_sample"),
            ("sample", "random_sample"),
        ):
            if f is getattr(module, name):
                return module._rand, method
    return None


def makes_generator(f: Any) -> bool:
    """Whether ``f`` is a function or class that makes a generator."""
    if isinstance(f, type):
        if f.__module__.startswith("numpy.random"):
            return f.__name__ in _SEEDED or issubclass(f, np.random.BitGenerator)
        return f.__module__ == "random" and f.__name__ in _SEEDED
    random = sys.modules.get("numpy.random")
    return random is not None and f is getattr(random, "default_rng", None)


def read_state(generator: Any, name: str) -> None:
    """The state of a generator would be a constant of the recording."""
    hint = "it is another one at each call; read it outside"
    raise error("random", name=f"{type(generator).__name__}.{name}", hint=hint)


# --- drawing --------------------------------------------------------------------------------------


def make(trace: Trace, f: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
    """A generator that the function makes: each call makes another one."""
    if len(args) == 1 and not kwargs and isinstance(args[0], np.random.Generator):
        return f(*args)  # default_rng(rng) is rng
    return _draw(trace, None, f, f.__name__, args, kwargs, False)


def draw(
    trace: Trace,
    generator: Any,
    name: str,
    args: tuple,
    kwargs: dict[str, Any],
    in_place: bool = False,
) -> Any:
    """What a method of a generator gives, as recorded arrays and numbers."""
    label = f"{name_of(generator)}.{name}"
    if name in _HIDDEN:
        read_state(generator, name)
    args, kwargs = _settled(generator, name, args, kwargs)
    out = kwargs.get("out")
    if not isinstance(out, Array):
        return _draw(trace, generator, name, label, args, kwargs, in_place)
    kwargs["out"] = np.zeros(out.shape, out.dtype)
    indexing.write(out, Ellipsis, _draw(trace, generator, name, label, args, kwargs, in_place))
    return out


def _draw(
    trace: Trace,
    generator: Any,
    function: Any,
    label: str,
    args: tuple,
    kwargs: dict[str, Any],
    in_place: bool,
) -> Any:
    regions = loops(trace, label)
    drawing = drawing_of(trace)
    drawing.check()
    if regions and any(varies(trace, x) for x in (*args, *kwargs.values())):
        refuse(trace, f"{label} draws anew in each iteration, of what that computes")
    number = len(drawing.draws)
    origin = None if generator is None else origin_of(trace, generator)
    operands = tuple(_operand(trace, label, x) for x in args)
    keywords = tuple((name, _operand(trace, label, x)) for name, x in kwargs.items())
    run = function if generator is None else getattr(generator, function)
    numbers = {name: concrete(trace, x) for name, x in kwargs.items()}
    call = Call(run, [concrete(trace, x) for x in args], numbers, in_place)
    result = call()
    gives, array = yield_of(label, result)
    drawing.follow()
    found = Draw(
        number,
        origin,
        function,
        operands,
        keywords,
        gives,
        in_place,
        tuple(Loop(region.first, steps.count or 0) for region, steps in regions),
        stream(generator, function, operands, keywords) if regions else None,
        label,
        user_line(),
    )
    if regions:
        check_repeats(trace, found)
    drawing.draws.append(found)
    if regions:
        drawing.calls[number] = call
        drawing.noise.results.append(None)
        return rows(trace, drawing, found, [steps.symbol for _, steps in regions])
    drawing.noise.results.append(result)
    if gives.form is Made:
        drawing.made[IdentityOf(result)] = Made(number)
        drawing.watch(result)
    elif gives.item is Made:
        for item, one in enumerate(result):
            drawing.made[IdentityOf(one)] = Made(number, item)
            drawing.watch(one)
    if array is None:
        return result
    drawing.noise.arrays[found.key] = array
    return _proxies(trace, found, array)


def _proxies(trace: Trace, found: Draw, array: np.ndarray) -> Any:
    form, item = found.gives.form, found.gives.item
    name = f"{found.label}{found.number}".replace(" ", "")
    if form is list:
        x = trace.draw(found.key, name, array, None)
        kinds: Any = item
        bound = DYNAMIC_INT if item is int and not found.gives.is_large else None
        return [wrap(x[n].value, kinds, bound=bound) for n in range(len(array))]
    if form is np.ndarray:
        return trace.draw(found.key, name, array, None)
    if form is np.generic:
        return trace.draw(found.key, name, array[()], None)
    return trace.draw(found.key, name, array, form, found.gives.is_large)


def origin_of(trace: Trace, generator: Any) -> Origin:
    """Where each call finds the generator."""
    if is_shared(generator):
        return Fixed(IdentityOf(generator))
    place = IdentityOf(generator)
    made = drawing_of(trace).made.get(place)
    if made is not None:
        return made
    known = memory_of(trace).places.get(place)
    if known is None:
        hint = "make it in the function itself, or outside"
        kind = type(generator).__name__
        raise error(
            "random", name=f"a {kind} that comes from code that is not rewritten", hint=hint
        )
    return known[0]


def argument(trace: Trace, leaf: int, generator: Any) -> None:
    """Notes that an argument leaf is a generator."""
    drawing_of(trace).watch(generator)
    memory_of(trace).places.setdefault(IdentityOf(generator), (Argument(leaf), generator))


# --- what a draw is given -------------------------------------------------------------------------

_SETTLED = frozenset({"size", "dtype", "replace", "shuffle", "axis", "endpoint", "method", "k"})
"""Parameters that say what is drawn: a number among them is decided, and guarded."""


def _settled(generator: Any, name: str, args: tuple, kwargs: dict[str, Any]) -> tuple[tuple, dict]:
    names = parameters(generator, name)
    if name in ("rand", "randn"):
        return tuple(_settle(x) for x in args), kwargs
    if "out" in names and len(args) > names.index("out"):
        at = names.index("out")
        args, kwargs = args[:at], {**kwargs, "out": args[at]}
    settled = [
        _settle(x) if n < len(names) and names[n] in _SETTLED else x for n, x in enumerate(args)
    ]
    keywords = {key: _settle(x) if key in _SETTLED else x for key, x in kwargs.items()}
    return tuple(settled), keywords


def _settle(x: Any) -> Any:
    if isinstance(x, ArrayCore):
        if x.shape:
            return _settle(x.tolist())
        return bool(x) if x.weak is bool else x.__index__()
    if isinstance(x, tuple | list):
        return tuple(_settle(item) for item in x)
    return x


def _operand(trace: Trace, label: str, x: Any) -> Any:
    if is_generator(x):
        return origin_of(trace, x)
    if isinstance(x, tuple | list) and (has_proxy(x) or any(map(is_generator, x))):
        return Listed(type(x), tuple(_operand(trace, label, item) for item in x))
    if not isinstance(x, Array):
        return Constant(own(x))
    if trace.is_constant(x.value):
        return Constant(concrete(trace, x))
    value = value_of(trace, x)
    if trace.carries_derivative(value):
        raise differentiated(label)
    graph, keys = trace.slice(value)
    return Computed(graph, keys, _type_of(x))


def depends(trace: Trace, x: Any) -> bool:
    """Whether a derivative would be lost if the numbers in ``x`` were drawn with."""
    if isinstance(x, list | tuple):
        return any(depends(trace, item) for item in x)
    return isinstance(x, Array) and trace.carries_derivative(value_of(trace, x))


def value_of(trace: Trace, x: Array) -> Value:
    """The Value of an array, before the loops around where it is a number from there."""
    return before_loops(trace, x) or x.value


def differentiated(label: str) -> AdjitError:
    hint = (
        "its numbers have no derivative by what they are drawn with;"
        " pass stop_gradient(...) of it if none is wanted, or draw outside"
    )
    return error("random", name=f"{label} with an argument to differentiate by", hint=hint)


def concrete(trace: Trace, x: Any) -> Any:
    """What ``x`` is in this recording."""
    if isinstance(x, tuple | list) and has_proxy(x):
        return type(x)(concrete(trace, item) for item in x)
    if not isinstance(x, Array):
        return x
    return present(trace.concrete(value_of(trace, x)), _type_of(x))


def _type_of(x: Array) -> type | None:
    return x.weak or (None if x.scalar else np.ndarray)
