"""``quicken``: a compiled function that is called again gets a native entry.

From its second call on (`transforms`), a program whose calls are simple enough (positional
arguments in tuples, lists and dicts, captured globals and closure variables that are compared by
identity) is called by machine code alone (`codegen/entry.py`). The entry is the ``__call__`` of a
class that the compiled function then has for itself; what it does not expect goes on to the
entries of other programs and in the end to the general ``__call__``.
"""

from __future__ import annotations

import builtins
import itertools
import struct
import types
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..codegen.assemble import assemble_once
from ..codegen.entry import NAME, NATIVE, STACK_ARENA, EntryEmitter
from ..codegen.form import Built, Captured, Expected, Form
from ..codegen.load import Library
from ..codegen.python_api import builtin, supported
from ..codegen.scratch import scratch
from ..codegen.threads import cell_of, default_threads
from ..ir.types import ArrayType
from .containers import Structure
from .current import ACTIVE
from .dispatch import Program
from .modes import Path
from .places import SCALARS, Free, Global, IdentityOf, Source
from .recording import Identity
from .signature import Arguments, Leaf

MOST = 8
"""Entries of one function: each call asks one after the other."""


class NotSimple(Exception):  # noqa: N818
    """A call that only the general way can make."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The machine code for the calls of a program, and the ``objects`` that it refers to."""

    program: Program
    address: int
    objects: tuple[object, ...]


def quicken(compiled: Any, program: Program, arguments: Arguments, positional: int) -> None:
    """Gives ``program`` an entry, if its calls are simple enough."""
    if not supported() or positional != len(arguments.parameters):
        return
    try:
        form = form_of(compiled, program, arguments)
    except NotSimple:
        return
    with compiled.dispatcher.lock:
        entry = _entry(compiled, program, form)
        alive = {id(p) for known in compiled.dispatcher.programs.values() for p in known}
        entries = [entry, *(e for e in compiled.entries if id(e.program) in alive)][:MOST]
        _install(compiled, entries)


def _entry(compiled: Any, program: Program, form: Form) -> Entry:
    native = program.native
    emitter = EntryEmitter(form, native.kernel.arena, native.kernel.divides)
    library = _loaded(str(emitter.emit()))
    addresses = {
        "kernel": native.address,
        "counter": compiled.dispatcher.counter_address,
        "recording": ACTIVE.address,
    }
    if native.kernel.divides:
        addresses["pool"] = cell_of(native.options.threads or default_threads())
    if native.kernel.arena > STACK_ARENA:
        addresses |= {"take": scratch().take, "give": scratch().give, "kept": scratch().kept}
    packed = struct.pack(f"={len(NATIVE)}q", *[addresses.get(name, 0) for name in NATIVE])
    # The last two are there to live as long as a call that has begun.
    objects = (packed, *emitter.objects, native, library)
    return Entry(program, library.address(NAME), objects)


_libraries: weakref.WeakValueDictionary[str, Library] = weakref.WeakValueDictionary()


def _loaded(text: str) -> Library:
    """The code of an entry, which programs share whose calls look alike."""
    found = _libraries.get(text)
    if found is None:
        found = _libraries[text] = Library(assemble_once("the call of a function", text, NAME))
    return found


def _install(compiled: Any, entries: list[Entry]) -> None:
    kind = type(compiled)
    plain = getattr(kind, "plain", kind)
    call: Any = types.MethodType(plain.__call__, compiled)
    for entry in reversed(entries):
        call = builtin(entry.address, (call, *entry.objects))
    compiled.entries = entries
    if plain is kind:
        names = {"__doc__": kind.__doc__, "__module__": kind.__module__, "plain": kind}
        compiled.__class__ = type(kind.__name__, (kind,), {**names, "__call__": call})
    else:
        kind.__call__ = call


# --- what the calls look like ---------------------------------------------------------------------


def form_of(compiled: Any, program: Program, arguments: Arguments) -> Form:
    """The form of the calls of a program; raises NotSimple."""
    native = program.native
    outputs = native.common_types
    if outputs is None or native.kernel.tapes or any(p.recording.written for p in program.paths):
        raise NotSimple
    leaves = iter(arguments.leaves)
    parameters = tuple(_expected(structure, leaves) for structure in arguments.structures)
    captured = [_static(source, value) for source, value in program.statics.items()]
    captured += [_array(source, type) for source, type in program.captures.items()]
    dynamic = [n for n, leaf in enumerate(arguments.leaves) if leaf.array is not None]
    place: dict[Any, int] = {leaf: position for position, leaf in enumerate(dynamic)}
    for source in program.captures:
        place[source] = len(place)
    results = tuple(_result(compiled, path, len(outputs), arguments) for path in program.paths)
    return Form(
        parameters,
        tuple(captured),
        tuple(place[key] for key in program.keys),
        results,
        outputs,
        native.kernel.divides or native.kernel.loops,
    )


def _expected(structure: Structure, leaves: Iterator[Leaf]) -> Expected:
    if structure.type is None:
        return _leaf(next(leaves))
    if structure.type not in (tuple, list, dict):
        raise NotSimple
    parts = tuple(_expected(child, leaves) for child in structure.children)
    return Expected(structure.type.__name__, item=structure.keys, parts=parts)


def _leaf(leaf: Leaf) -> Expected:
    item, array = leaf.item, leaf.array
    if array is None:
        return Expected("object", item=item)
    if type(item) is float or type(item) is int:
        return Expected(type(item).__name__)
    type_ = ArrayType(array.dtype, array.shape)
    if isinstance(item, np.generic):
        return Expected("number", type_)
    plain = type(item) is np.ndarray and item.dtype.isnative
    if not (plain and item.flags.c_contiguous and item.flags.aligned):
        raise NotSimple
    return Expected("array", type_)


def _place(source: Source) -> tuple[str, Any, str, Any]:
    if isinstance(source, Free):
        return "cell", source.cell.obj, source.name, None
    if isinstance(source, Global):
        namespace = source.namespace.obj
        if type(namespace) is dict:
            fallback = None if source.name in namespace else vars(builtins)
            return "item", namespace, source.name, fallback
    raise NotSimple


def _static(source: Source, noted: object) -> Captured:
    kind, owner, name, fallback = _place(source)
    method = isinstance(noted, IdentityOf) and isinstance(noted.obj, types.MethodType)
    if method or not isinstance(noted, (IdentityOf, np.generic, *SCALARS)):
        raise NotSimple
    return Captured(kind, owner, name, Expected("object", item=source.read()), fallback)


def _array(source: Source, type: ArrayType) -> Captured:
    kind, owner, name, fallback = _place(source)
    return Captured(kind, owner, name, Expected("array", type), fallback)


# --- what they return -----------------------------------------------------------------------------


def _result(compiled: Any, path: Path, total: int, arguments: Arguments) -> Built:
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
    scalar = isinstance(leaf.item, np.generic | float)
    return Built("output", next(numbers), leaf.weak if scalar else np.ndarray)


def _built(structure: Structure, leaves: Iterator[Built]) -> Built:
    if structure.type is None:
        return next(leaves)
    if structure.type not in (tuple, list, dict):
        raise NotSimple
    parts = tuple(_built(child, leaves) for child in structure.children)
    return Built(structure.type.__name__, structure.keys, parts=parts)
