"""Random numbers of a call: what a recording has drawn is drawn again before each call.

A :class:`Draw` is one call of a generator's method, or one that makes a generator. The Draws of
a path are performed in program order, by the generators themselves and outside of native code,
so the numbers and the states of the generators afterwards are those of plain Python. What they
give are inputs of the recording, by keys of the class :class:`Drawn`.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..ir.types import NAME_OF_DTYPE
from .errors import error
from .generators import is_generator, restore, state_of
from .places import IdentityOf, Source, matches
from .recording import present
from .signature import native

if TYPE_CHECKING:
    from ..ir.graph import Graph
    from .signature import Arguments

LOCK = threading.RLock()
"""Held from the first draw of a call until it is known that its numbers are used."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The key of the input that a Draw gives: its number, so that paths share what they share."""

    number: int
    dtype: str
    shape: tuple[int, ...]


# --- where a generator comes from -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Argument:
    """A generator that is a leaf of the arguments."""

    leaf: int


@dataclass(frozen=True, slots=True)
class Fixed:
    """A generator that is always this one, such as that of ``np.random.normal``."""

    generator: IdentityOf


@dataclass(frozen=True, slots=True)
class Made:
    """A generator that an earlier Draw of the same call made; ``item`` of a list of these."""

    number: int
    item: int | None = None


Origin = Source | Argument | Fixed | Made


# --- what a draw is given -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """An object that is the same at each call; the generator gets a copy."""

    item: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Constant) and _equal(self.item, other.item)

    __hash__ = None  # type: ignore[assignment]


def _equal(x: Any, z: Any) -> bool:
    try:
        return x is z or matches(x, z)
    except Exception:  # the user's objects may refuse to be compared
        return False


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """A number or array that follows from inputs of the recording, which ``keys`` name."""

    graph: Graph
    keys: tuple[Any, ...]
    type: type | None

    def __eq__(self, other: object) -> bool:
        from ..ir.graph import structure

        return (
            isinstance(other, Computed)
            and (self.keys, self.type) == (other.keys, other.type)
            and structure(self.graph) == structure(other.graph)
        )

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Listed:
    """A list or tuple of operands."""

    type: type
    items: tuple[Any, ...]


# --- what it gives --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Yield:
    """What a Draw gives: ``form`` is ``ndarray``, ``np.generic``, a type of Python numbers, a
    list of which ``item`` is the type, ``Made`` for a generator, or None for nothing."""

    form: type | None
    item: type | None = None
    dtype: str = ""
    shape: tuple[int, ...] = ()


_NUMBERS: dict[type, Any] = {bool: np.bool_, int: np.int64, float: np.float64}


def yield_of(name: str, result: Any) -> tuple[Yield, np.ndarray | None]:
    """What a generator returned, and its numbers."""
    kind = type(result)
    if result is None:
        return Yield(None), None
    if is_generator(result):
        return Yield(Made), None
    if kind is list and result and all(is_generator(item) for item in result):
        return Yield(list, Made, "", (len(result),)), None
    item = None
    if kind in _NUMBERS:
        array, form = _number(name, result, kind), kind
    elif kind is list and len({type(x) for x in result}) <= 1:
        item = type(result[0]) if result else float
        if item not in _NUMBERS:
            raise _no_numbers(name, item)
        array, form = _number(name, result, item), list
    elif isinstance(result, np.ndarray | np.generic) and result.dtype in NAME_OF_DTYPE:
        array = native(name, np.asarray(result))
        form = np.ndarray if isinstance(result, np.ndarray) else np.generic
    else:
        raise _no_numbers(name, kind)
    return Yield(form, item, array.dtype.str, array.shape), array


def _number(name: str, result: Any, kind: type) -> np.ndarray:
    try:
        return np.asarray(result, _NUMBERS[kind])
    except OverflowError as problem:
        raise error("overflow", text=f"{name} gave an int beyond 64 bits") from problem


def _no_numbers(name: str, kind: type) -> Exception:
    hint = "draw an index or numbers instead, or draw outside and pass the result as an argument"
    return error("random", name=f"{name}, which gives a {kind.__name__},", hint=hint)


# --- draws ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Draw:
    """One call that gives random numbers or makes a generator.

    ``origin``: the generator whose method is called; None: ``function`` itself is.
    ``label``: how the user calls it. ``in_place``: its first argument is what it gives.
    """

    number: int
    origin: Origin | None
    function: Any
    arguments: tuple[Any, ...]
    keywords: tuple[tuple[str, Any], ...]
    gives: Yield
    in_place: bool
    label: str = field(compare=False)
    where: str = field(compare=False)

    @property
    def key(self) -> Drawn:
        return Drawn(self.number, self.gives.dtype, self.gives.shape)

    @property
    def is_repeatable(self) -> bool:
        """Whether the numbers follow from states that can be restored."""
        seeded = self.arguments or self.keywords
        return self.origin is not None or bool(seeded)

    def __str__(self) -> str:
        given = [_shown(x) for x in self.arguments]
        given += [f"{name}={_shown(x)}" for name, x in self.keywords]
        return f"{self.label}({', '.join(given)}) at {self.where}"


def _shown(operand: Any) -> str:
    if isinstance(operand, Computed):
        return f"<{operand.graph.outputs[0].type}>"
    if isinstance(operand, Listed):
        return f"[{', '.join(map(_shown, operand.items))}]"
    text = repr(operand.item) if isinstance(operand, Constant) else "<generator>"
    return text if len(text) < 60 else f"<{type(operand.item).__name__}>"


def invoke(
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping, in_place: bool
) -> Any:
    """The result of a draw; generators may change what they are given."""
    args = [_own(x) for x in args]
    result = function(*args, **kwargs)
    return args[0] if in_place else result


def _own(x: Any) -> Any:
    return x if is_generator(x) else copy.copy(x)


@dataclass(slots=True)
class Noise:
    """What the Draws of one call gave: ``results`` as they were, ``arrays`` as inputs."""

    draws: tuple[Draw, ...] = ()
    results: list[Any] = field(default_factory=list)
    arrays: dict[Drawn, np.ndarray] = field(default_factory=dict)


NOTHING = Noise()


def perform(
    draws: tuple[Draw, ...], arguments: Arguments, captured: Mapping[Source, np.ndarray]
) -> Noise | None:
    """Makes all draws of a path; None where one gives something else than it gave before."""
    noise = Noise(draws)
    for draw in draws:
        at = _Moment(arguments, captured, noise)
        args = [at.operand(x) for x in draw.arguments]
        kwargs = {name: at.operand(x) for name, x in draw.keywords}
        function = draw.function
        if draw.origin is not None:
            function = getattr(at.generator(draw.origin), draw.function)
        result = invoke(function, args, kwargs, draw.in_place)
        gives, array = yield_of(draw.label, result)
        if gives != draw.gives:
            return None
        noise.results.append(result)
        if array is not None:
            noise.arrays[draw.key] = array
    return noise


def states(
    draws: Sequence[Draw], arguments: Arguments, captured: Mapping[Source, np.ndarray]
) -> list[tuple[Any, Any]]:
    """The generators from outside that Draws use, and their states."""
    at = _Moment(arguments, captured, NOTHING)
    found: dict[int, Any] = {}
    for draw in draws:
        for origin in _origins(draw):
            if not isinstance(origin, Made):
                generator = at.generator(origin)
                found[id(generator)] = generator
    return [(generator, state_of(generator)) for generator in found.values()]


def restore_all(states: Sequence[tuple[Any, Any]]) -> None:
    for generator, state in states:
        restore(generator, state)


def _origins(draw: Draw) -> Iterator[Origin]:
    if draw.origin is not None:
        yield draw.origin
    pending = [*draw.arguments, *(x for _, x in draw.keywords)]
    while pending:
        top = pending.pop()
        if isinstance(top, Listed):
            pending += top.items
        elif not isinstance(top, Constant | Computed):
            yield top


@dataclass(frozen=True, slots=True)
class _Moment:
    """What the operands of a Draw are worth in one call."""

    arguments: Arguments
    captured: Mapping[Source, np.ndarray]
    noise: Noise

    def generator(self, origin: Origin) -> Any:
        if isinstance(origin, Fixed):
            return origin.generator.obj
        if isinstance(origin, Argument):
            return self.arguments.leaves[origin.leaf].item
        if isinstance(origin, Made):
            made = self.noise.results[origin.number]
            return made if origin.item is None else made[origin.item]
        return origin.read()

    def operand(self, operand: Any) -> Any:
        if isinstance(operand, Constant):
            return operand.item
        if isinstance(operand, Listed):
            return operand.type(self.operand(item) for item in operand.items)
        if isinstance(operand, Computed):
            from ..ir.interpret import interpret

            (array,) = interpret(operand.graph, [self._input(key) for key in operand.keys])
            return present(np.asarray(array), operand.type)
        return self.generator(operand)

    def _input(self, key: Any) -> np.ndarray:
        if isinstance(key, Drawn):
            return self.noise.arrays[key]
        if isinstance(key, int):
            array = self.arguments.leaves[key].array
            assert array is not None
            return array
        return self.captured[key]
