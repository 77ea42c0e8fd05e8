"""``form_of``: what the calls of a program look like, for a native entry to check and build.

Arguments may be numbers, plain arrays and containers of these; captured things may be globals,
closure variables, attributes that no code of the user's computes, and containers of these.
"""

from __future__ import annotations

import builtins
import inspect
import itertools
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..codegen.entry.form import Built, Captured, Expected, Form, Parameter, Read
from ..ir.types import ArrayType
from .capture import default_places
from .containers import Structure, flatten
from .modes import Path
from .places import (
    EXACT,
    MISSING,
    SCALARS,
    Attribute,
    Default,
    Free,
    Global,
    IdentityOf,
    Item,
    Outline,
    SameAs,
    Source,
    items_of,
)
from .program import Program
from .recording import Identity
from .signature import Arguments, Leaf


class NotSimple(Exception):  # noqa: N818
    """A call that only the general way can make."""


def form_of(
    compiled: Any,
    program: Program,
    arguments: Arguments,
    positional: int,
    keywords: tuple[str, ...],
    out: Any,
) -> Form:
    """The form of the calls of a program by this number of positional arguments and keywords."""
    native = program.native
    outputs = native.common_types
    if program.draws or outputs is None or any(p.recording.written for p in program.paths):
        raise NotSimple
    captured = _Captures()
    for source, noted in program.statics.items():
        captured.static(source, noted)
    for source, type in program.captures.items():
        captured.found.append(Captured(captured.read(source), Expected("array", type)))
    dynamic = [n for n, leaf in enumerate(arguments.leaves) if leaf.array is not None]
    place: dict[Any, int] = {leaf: position for position, leaf in enumerate(dynamic)}
    for source in program.captures:
        place[source] = len(place)
    captured.defaults(compiled.fun)
    target = None if out is None else _target(compiled, arguments, out)
    results = [
        result_of(compiled, path, len(outputs), arguments, target is not None)
        for path in program.paths
    ]
    return Form(
        positional,
        keywords,
        tuple(_parameters(compiled, arguments, positional, keywords, out is not None)),
        target,
        tuple(captured.found),
        tuple(place[key] for key in program.keys),
        tuple(results),
        outputs,
        native.kernel.tapes,
        native.kernel.divides or native.kernel.loops,
    )


# --- arguments ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _At:
    """Stands for the argument at a position of the call."""

    position: int


def _parameters(
    compiled: Any,
    arguments: Arguments,
    positional: int,
    keywords: tuple[str, ...],
    has_out: bool,
) -> Iterator[Parameter]:
    """The parameters: where the call has them, or their defaults, as the signature says."""
    places = {name: _At(positional + n) for n, name in enumerate(keywords)}
    if has_out:
        del places["out"]
    signature = compiled.dispatcher.signature
    _, items, _ = signature.bind(tuple(map(_At, range(positional))), places)
    leaves = iter(arguments.leaves)
    for item, structure in zip(items, arguments.structures, strict=True):
        expected = _expected(structure, leaves)
        if isinstance(item, _At):
            yield Parameter(item.position, None, expected)
        else:
            yield Parameter(None, item, expected)


def _expected(structure: Structure, leaves: Iterator[Leaf]) -> Expected:
    kind = structure.type
    if kind is None:
        return _leaf(next(leaves))
    parts = tuple(_expected(child, leaves) for child in structure.children)
    return _container(kind, structure.keys, parts)


def _container(kind: type, keys: tuple, parts: tuple[Expected, ...]) -> Expected:
    if kind is dict:
        return Expected("dict", keys=keys, parts=parts)
    if _is_sequence(kind):
        return Expected("sequence", item=kind, parts=parts)
    if not all(_stored(kind, name) for name in keys):
        raise NotSimple
    return Expected("instance", item=kind, keys=keys, parts=parts)


def _is_sequence(kind: type) -> bool:
    """A list, tuple or named tuple, whose items are those that lie in it."""
    return kind is list or (
        issubclass(kind, tuple)
        and kind.__getitem__ is tuple.__getitem__
        and kind.__iter__ is tuple.__iter__
    )


def _stored(kind: type, name: str) -> bool:
    """Whether instances of a class store an attribute, which no code of the user's computes."""
    if kind.__getattribute__ is not object.__getattribute__:
        return False
    found = inspect.getattr_static(kind, name, None)
    described = hasattr(type(found), "__get__") or hasattr(type(found), "__set__")
    return isinstance(found, types.MemberDescriptorType) or not described


def _leaf(leaf: Leaf) -> Expected:
    item, array = leaf.item, leaf.array
    if array is None:
        return Expected("object", item=item)
    if type(item) in (float, int, complex):
        return Expected(type(item).__name__)
    type_ = ArrayType(array.dtype, array.shape)
    if isinstance(item, np.generic):
        return Expected("number", type_)
    plain = type(item) is np.ndarray and item.dtype.isnative
    if not (plain and item.flags.c_contiguous and item.flags.aligned):
        raise NotSimple
    return Expected("array", type_)


def _target(compiled: Any, arguments: Arguments, out: Any) -> Expected:
    """What ``out`` must be: arrays in a container of this structure."""
    targets, structure = flatten(out)
    expected = (Expected("target", ArrayType(y.dtype, y.shape)) for y in targets)

    def build(structure: Structure) -> Expected:
        if structure.type is None:
            return next(expected)
        parts = tuple(build(child) for child in structure.children)
        return _container(structure.type, structure.keys, parts)

    return build(structure)


# --- captured things ------------------------------------------------------------------------------


class _Captures:
    """``found``: what is to be checked. Each source is read once."""

    def __init__(self) -> None:
        self.found: list[Captured] = []
        self._reads: dict[Source, Read] = {}

    def static(self, source: Source, noted: Any) -> None:
        if noted is MISSING:
            raise NotSimple
        read = self.read(source)
        if isinstance(noted, SameAs):
            expected = Expected("same", item=self.read(noted.source))
        elif isinstance(noted, Outline):
            if noted.type is not dict and not _is_sequence(noted.type):
                raise NotSimple
            expected = Expected("outline", item=noted.type, keys=noted.keys)
        else:
            expected = _same(source.read(), noted)
        self.found.append(Captured(read, expected))

    def defaults(self, fun: Any) -> None:
        """The defaults of the function itself: a call that leaves them out takes these."""
        function = fun.__func__ if isinstance(fun, types.MethodType) else fun
        if isinstance(function, types.FunctionType):
            for source, value in default_places(function):
                self.found.append(Captured(self.read(source), Expected("object", item=value)))

    def read(self, source: Source) -> Read:
        known = self._reads.get(source)
        if known is None:
            known = self._reads[source] = self._read(source)
        return known

    def _read(self, source: Source) -> Read:
        if isinstance(source, Free):
            return Read("cell", source.cell.obj, source.name)
        if isinstance(source, Global):
            namespace = source.namespace.obj
            if type(namespace) is dict:
                fallback = None if source.name in namespace else vars(builtins)
                return Read("namespace", namespace, source.name, fallback)
        if isinstance(source, Attribute) and _read_plainly(source.owner.obj, source.name):
            return Read("attribute", source.owner.obj, source.name)
        if isinstance(source, Item):
            kind = type(source.container.read())
            if kind is dict or (_is_sequence(kind) and type(source.key) is int):
                return Read("container", self.read(source.container), source.key, kind)
        if isinstance(source, Default):
            return Read("default", source.function.obj, source.key)
        raise NotSimple


def _same(found: Any, noted: Any) -> Expected:
    """What was noted, if that is to be found again as the same object."""
    if isinstance(noted, IdentityOf):
        if isinstance(noted.obj, types.MethodType):
            return Expected("method", item=noted.obj)
        return Expected("object", item=found)
    if isinstance(noted, (np.generic, *SCALARS)):
        return Expected("object", item=found)
    if type(noted) in EXACT and all(type(item) in SCALARS for item in items_of(found)):
        parts = tuple(Expected("object", item=item) for item in items_of(found))
        return _container(type(noted), tuple(found) if type(noted) is dict else (), parts)
    raise NotSimple


def _read_plainly(owner: Any, name: str) -> bool:
    """Whether reading an attribute runs no code of the user's."""
    plain = (object.__getattribute__, type.__getattribute__, types.ModuleType.__getattribute__)
    if type(owner).__getattribute__ not in plain:
        return False
    found = inspect.getattr_static(owner, name, None)
    simple = types.MemberDescriptorType | types.FunctionType | staticmethod | classmethod
    return isinstance(found, simple) or found is getattr(owner, name, _NOTHING)


_NOTHING = object()


# --- what they return -----------------------------------------------------------------------------


def result_of(compiled: Any, path: Path, total: int, arguments: Arguments, has_out: bool) -> Built:
    """The result of one path: derivatives are the first outputs."""
    result = path.recording.result
    before = total - len(path.recording.graph.outputs)
    leaves = [
        Built("object", leaf.item)
        if isinstance(leaf, Identity)
        else Built("output", before + leaf, result.types[leaf])
        for leaf in result.leaves
    ]
    value = _built(result.structure, iter(leaves))
    if compiled.mode == "value":
        return value
    if has_out:
        return Built("tuple", parts=(value, Built("given")))
    numbers = itertools.count()
    gradients = []
    for parameter in compiled.parameters(arguments):
        positions = arguments.leaves_of(parameter)
        parts = [_gradient(arguments.leaves[n], numbers) for n in positions]
        structure = arguments.structures[arguments.parameters.index(parameter)]
        gradients.append(_built(structure, iter(parts)))
    single = isinstance(compiled.argnums, int | str)
    gradient = gradients[0] if single else Built("tuple", parts=tuple(gradients))
    return Built("tuple", parts=(value, gradient))


def _gradient(leaf: Leaf, numbers: Iterator[int]) -> Built:
    if leaf.array is None:
        return Built("object", None)
    scalar = isinstance(leaf.item, np.generic | float | complex)
    return Built("output", next(numbers), leaf.weak if scalar else np.ndarray)


def _built(structure: Structure, leaves: Iterator[Built]) -> Built:
    kind = structure.type
    if kind is None:
        return next(leaves)
    parts = tuple(_built(child, leaves) for child in structure.children)
    if kind in (tuple, list, dict):
        keys = structure.keys if kind is dict else ()
        return Built(kind.__name__, keys=keys, parts=parts)
    keys = () if issubclass(kind, tuple) else structure.keys
    return Built("instance", kind, keys=keys, parts=parts)
