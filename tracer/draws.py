"""Random numbers of a call: what a recording has drawn is drawn again before each call.

A :class:`Draw` is one call of a generator's method, or one that makes a generator. The Draws of
a path are performed (`perform`) in program order, by the generators themselves and outside of
native code, so the numbers and the states of the generators afterwards are those of plain Python.
What they give are inputs of the recording, by keys of the class :class:`Drawn`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..ir.types import NAME_OF_DTYPE
from .errors import error
from .generators import is_generator
from .places import IdentityOf, Source, matches
from .signature import DYNAMIC_INT, native

if TYPE_CHECKING:
    from ..ir.graph import Graph


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
    list of which ``item`` is the type, ``Made`` for a generator, or None for nothing.
    ``is_large``: a Python int that arithmetic in 64 bits may not be enough for."""

    form: type | None
    item: type | None = None
    dtype: str = ""
    shape: tuple[int, ...] = ()
    is_large: bool = False

    def numbers(self, name: str, result: Any) -> tuple[bool, np.ndarray | None]:
        """Whether a result is of this kind, and its numbers; ``yield_of`` for what is common."""
        kind = type(result)
        if kind is self.form:
            if kind is float:
                return True, np.asarray(result)
            if kind is int and abs(result) < DYNAMIC_INT and not self.is_large:
                return True, np.asarray(result)
            if kind is np.ndarray and result.flags.c_contiguous and self._is_type_of(result):
                return True, result
        found, array = yield_of(name, result)
        return found == self, array

    def _is_type_of(self, array: np.ndarray) -> bool:
        return array.dtype.str == self.dtype and array.shape == self.shape


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
    large = (form is int or item is int) and bool(np.any(np.abs(array) >= DYNAMIC_INT))
    return Yield(form, item, array.dtype.str, array.shape, large), array


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
class Loop:
    """A loop that is recorded once: ``first`` is the number of the first Draw in it."""

    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Draw:
    """One call that gives random numbers or makes a generator.

    ``origin``: the generator whose method is called; None: ``function`` itself is.
    ``loops``: those that it is made in each iteration of, the outermost first; what it gives has
    an axis for each. ``stream``: a method and its keywords that give the numbers of any ``size``
    at once, one after the other. ``label``: how the user calls it. ``in_place``: its first
    argument is what it gives.
    """

    number: int
    origin: Origin | None
    function: Any
    arguments: tuple[Any, ...]
    keywords: tuple[tuple[str, Any], ...]
    gives: Yield
    in_place: bool
    loops: tuple[Loop, ...]
    stream: tuple[str, tuple[tuple[str, Any], ...]] | None
    label: str = field(compare=False)
    where: str = field(compare=False)

    @property
    def key(self) -> Drawn:
        counts = tuple(loop.count for loop in self.loops)
        return Drawn(self.number, self.gives.dtype, (*counts, *self.gives.shape))

    @property
    def is_steady(self) -> bool:
        """Whether it gives the same kind of result each time: not an item of a list, and no int."""
        form = self.gives.form
        known = form is float or form is np.generic or form is np.ndarray or form is Made
        given = [*self.arguments, *(x for _, x in self.keywords)]
        listed = any(isinstance(x, Constant) and isinstance(x.item, list) for x in given)
        return known and not listed and not any(isinstance(x, Computed) for x in given)

    @property
    def is_repeatable(self) -> bool:
        """Whether the numbers follow from states that can be restored."""
        seeded = self.arguments or self.keywords
        return self.origin is not None or bool(seeded)

    def __str__(self) -> str:
        given = [_shown(x) for x in self.arguments]
        given += [f"{name}={_shown(x)}" for name, x in self.keywords]
        often = "".join(f", {loop.count} times" for loop in self.loops)
        return f"{self.label}({', '.join(given)}) at {self.where}{often}"


def _shown(operand: Any) -> str:
    if isinstance(operand, Computed):
        return f"<{operand.graph.outputs[0].type}>"
    if isinstance(operand, Listed):
        return f"[{', '.join(map(_shown, operand.items))}]"
    text = repr(operand.item) if isinstance(operand, Constant) else "<generator>"
    return text if len(text) < 60 else f"<{type(operand.item).__name__}>"


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a generator, which gets a copy of what it is to change."""

    function: Callable[..., Any]
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    in_place: bool

    def __call__(self) -> Any:
        kwargs = self.kwargs
        if "out" in kwargs:
            kwargs = {**kwargs, "out": own(kwargs["out"])}
        if not self.in_place:
            return self.function(*self.args, **kwargs)
        mixed = own(self.args[0])
        self.function(mixed, *self.args[1:], **kwargs)
        return mixed


def own(x: Any) -> Any:
    return x if is_generator(x) else copy.copy(x)


@dataclass(slots=True)
class Noise:
    """What the Draws of one call gave: ``results`` as they were, ``arrays`` as inputs."""

    draws: tuple[Draw, ...] = ()
    results: list[Any] = field(default_factory=list)
    arrays: dict[Drawn, np.ndarray] = field(default_factory=dict)


NOTHING = Noise()
