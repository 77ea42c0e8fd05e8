"""Arguments of a call: bound to parameters, flattened, and classified leaf by leaf.

Arrays, floats and small ints are dynamic: inputs of the native function. Everything else is
static: part of the key under which a program is found. ints are dynamic until a recording needs
their value, which becomes a guard.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import is_not
from types import FunctionType, MethodType
from typing import Any

import numpy as np

from ..ir.types import NAME_OF_DTYPE
from .containers import Structure, flatten, leaf_names, rebuild
from .errors import error
from .generators import is_generator, is_shared

DYNAMIC_INT = 1 << 31
"""ints of smaller magnitude are dynamic; arithmetic on them is done in 64 bits."""


class Identity:
    """An object as a dictionary key: equal to itself only, and kept alive."""

    __slots__ = ("object",)

    def __init__(self, item: object) -> None:
        self.object = item

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identity) and self.object is other.object

    def __hash__(self) -> int:
        return id(self.object)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One argument leaf: ``array`` if dynamic, with the Python type it is weak as.

    ``layout``: element strides of the caller's array, which say what its reshapes share.
    ``shape``: that of the array, where its sizes have names (ir/sizes.py).
    """

    name: str
    item: Any
    array: np.ndarray | None
    weak: type | None
    key: tuple
    layout: tuple[int, ...] | None = None
    shape: tuple[int, ...] | None = None

    @property
    def differentiable(self) -> bool:
        return self.array is not None and self.array.dtype.kind in "fc"


def classify(name: str, item: Any) -> Leaf:
    if isinstance(item, np.ndarray):
        if type(item) not in (np.ndarray, np.memmap):
            raise error("not_array", operation=f"argument {name}", type=type(item).__name__)
        array = native(name, item)
        layout = _layout(item)
        key = ("array", array.dtype.char, array.shape, layout)
        return Leaf(name, item, array, None, key, layout)
    if isinstance(item, np.generic):
        array = native(name, np.asarray(item))
        return Leaf(name, item, array, None, ("number", array.dtype.char))
    if type(item) is float or type(item) is complex:
        return Leaf(name, item, np.asarray(item), type(item), (type(item).__name__,))
    if type(item) is int and abs(item) < DYNAMIC_INT:
        return Leaf(name, item, np.asarray(item, np.int64), int, ("int",))
    if item is None or type(item) in (bool, str, int, bytes):
        return Leaf(name, item, None, None, ("static", type(item), item))
    if is_generator(item) and not is_shared(item):  # each call draws from the one it is given
        return Leaf(name, item, None, None, ("generator", type(item)))
    return Leaf(name, item, None, None, ("object", Identity(item)))


def _layout(array: np.ndarray) -> tuple[int, ...] | None:
    size = array.itemsize
    if any(stride % size for stride in array.strides):
        return None
    return tuple(stride // size for stride in array.strides)


def native(name: str, array: np.ndarray) -> np.ndarray:
    """``array`` as native code takes it: C-contiguous, aligned, of the machine's byte order."""
    dtype = array.dtype.newbyteorder("=")
    if dtype not in NAME_OF_DTYPE:
        raise error("dtype", operation=f"argument {name}", dtype=array.dtype)
    return np.require(array, dtype, ["C", "A"]).reshape(array.shape)


@dataclass(frozen=True, slots=True)
class Arguments:
    """A call's arguments by parameter: names, structures, leaves."""

    call: Callable[[Sequence[Any]], tuple[tuple, dict]]
    parameters: tuple[str, ...]
    structures: tuple[Structure, ...]
    leaves: tuple[Leaf, ...]

    @property
    def key(self) -> tuple:
        same = _same_generators(self.leaves)
        keys = tuple(leaf.key for leaf in self.leaves)
        return (self.structures, (*keys, same)) if same else (self.structures, keys)

    def leaves_of(self, parameter: str) -> range:
        """The positions of a parameter's leaves."""
        at = 0
        for name, structure in zip(self.parameters, self.structures, strict=True):
            if name == parameter:
                return range(at, at + structure.leaves)
            at += structure.leaves
        raise KeyError(parameter)


def _same_generators(leaves: Sequence[Leaf]) -> tuple:
    """Which of the generators among the leaves are one and the same; empty without several."""
    found = [id(leaf.item) for leaf in leaves if leaf.array is None and leaf.key[0] == "generator"]
    return ("aliases", *map(found.index, found)) if len(found) > 1 else ()


class Signature:
    """The parameters of a function."""

    def __init__(self, fun: Callable[..., Any]) -> None:
        self.fun = fun
        self._defaults = _defaults(fun)
        self._is_ufunc = isinstance(inspect.unwrap(fun), np.ufunc)
        try:
            self.signature: inspect.Signature | None = inspect.signature(fun)
        except (TypeError, ValueError):  # a builtin without one: positional arguments only
            self.signature = None

    def _refresh(self) -> None:
        """Looks at the function again where its defaults have been replaced."""
        current = _defaults(self.fun)
        if len(current) != len(self._defaults) or any(map(is_not, current, self._defaults)):
            self.signature, self._defaults = inspect.signature(self.fun), current

    def bind(self, args: tuple, kwargs: dict) -> tuple[tuple[str, ...], list[Any], Callable]:
        """Parameter names (``args[0]`` for variadic ones), values, and how to call again."""
        self._refresh()
        if self.signature is None:
            numbered = tuple(f"args[{n}]" for n in range(len(args)))
            return numbered, list(args), lambda items: (tuple(items), {})
        try:
            bound = self.signature.bind(*args, **kwargs)
        except TypeError as problem:
            name = getattr(self.fun, "__name__", repr(self.fun))
            raise error("call", name=name, text=problem) from None
        if not self._is_ufunc:  # whose defaults exclude each other
            bound.apply_defaults()
        names: list[str] = []
        items: list[Any] = []
        for name, item in bound.arguments.items():
            kind = self.signature.parameters[name].kind
            if kind is inspect.Parameter.VAR_POSITIONAL:
                names += [f"{name}[{n}]" for n in range(len(item))]
                items += list(item)
            elif kind is inspect.Parameter.VAR_KEYWORD:
                names += list(item)
                items += list(item.values())
            else:
                names.append(name)
                items.append(item)
        return tuple(names), items, _Recall(self.signature, bound)

    def arguments(
        self, args: tuple, kwargs: dict, leaf_of: Callable[[str, Any], Leaf] = classify
    ) -> Arguments:
        """The arguments of a call, leaf by leaf; ``leaf_of(name, item)`` makes a leaf."""
        parameters, items, recall = self.bind(args, kwargs)
        leaves: list[Leaf] = []
        structures = []
        for name, item in zip(parameters, items, strict=True):
            below, structure = flatten(item)
            names = leaf_names(structure, name)
            leaves += [leaf_of(n, x) for n, x in zip(names, below, strict=True)]
            structures.append(structure)
        kept = tuple(structures)

        def call(new_leaves: Sequence[Any]) -> tuple[tuple, dict]:
            new_items, at = [], 0
            for structure in kept:
                new_items.append(rebuild(structure, new_leaves[at : at + structure.leaves]))
                at += structure.leaves
            return recall(new_items)

        return Arguments(call, parameters, kept, tuple(leaves))

    def parameter(self, argnum: int | str, parameters: Sequence[str]) -> str:
        """The name of the parameter that ``argnum`` (position or name) means."""
        if isinstance(argnum, str):
            if argnum not in parameters:
                raise error("argnums", argnum=repr(argnum), parameters=", ".join(parameters))
            return argnum
        if not -len(parameters) <= argnum < len(parameters):
            raise error("argnums", argnum=argnum, parameters=", ".join(parameters))
        return parameters[argnum]


def _defaults(fun: Callable[..., Any]) -> tuple:
    """What a Python function has as the defaults of its parameters."""
    function = fun.__func__ if isinstance(fun, MethodType) else fun
    if not isinstance(function, FunctionType):
        return ()
    named = function.__kwdefaults__ or {}
    return (*(function.__defaults__ or ()), *named, *named.values())


class _Recall:
    """Arguments in the order of ``Signature.bind`` back to ``args, kwargs``."""

    def __init__(self, signature: inspect.Signature, bound: inspect.BoundArguments) -> None:
        self.layout = [
            (name, signature.parameters[name].kind, item) for name, item in bound.arguments.items()
        ]

    def __call__(self, items: Sequence[Any]) -> tuple[tuple, dict]:
        rest = list(items)
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        for name, kind, old in self.layout:
            if kind is inspect.Parameter.VAR_POSITIONAL:
                args += [rest.pop(0) for _ in old]
            elif kind is inspect.Parameter.VAR_KEYWORD:
                kwargs |= {key: rest.pop(0) for key in old}
            elif kind is inspect.Parameter.KEYWORD_ONLY:
                kwargs[name] = rest.pop(0)
            else:
                args.append(rest.pop(0))
        return tuple(args), kwargs
