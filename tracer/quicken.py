"""``quicken``: a compiled function that is called again gets a native entry.

From its second call on (`transforms`), a program whose calls are simple enough (`forms`) is called
by machine code alone (`codegen/entry/`). The entry is the ``__call__`` of a class that the compiled
function then has for itself; what it does not expect goes on to other entries and in the end to
the general ``__call__``.
"""

from __future__ import annotations

import struct
import types
import weakref
from dataclasses import dataclass
from typing import Any

from ..codegen.assemble import assemble_once
from ..codegen.entry.emit import STACK_ARENA, emit
from ..codegen.entry.form import Form
from ..codegen.entry.frame import NAME, NATIVE
from ..codegen.entry.python_api import builtin, supported
from ..codegen.entry.scratch import scratch
from ..codegen.load import Library
from ..codegen.threads import cell_of, default_threads
from .current import ACTIVE
from .forms import NotSimple, form_of
from .program import Program
from .signature import Arguments

MOST = 8
"""Entries of one function: each call asks one after the other."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The machine code for the calls of a program, and the ``objects`` that it refers to."""

    program: Program
    address: int
    objects: tuple[object, ...]


def quicken(
    compiled: Any,
    program: Program,
    arguments: Arguments,
    positional: int,
    keywords: tuple[str, ...],
    out: Any,
) -> None:
    """Gives ``program`` an entry for calls like this one, if they are simple enough."""
    if not supported():
        return
    try:
        form = form_of(compiled, program, arguments, positional, keywords, out)
    except NotSimple:
        return
    with compiled.dispatcher.lock:
        entry = _entry(compiled, program, form)
        alive = {id(p) for known in compiled.dispatcher.programs.values() for p in known}
        entries = [entry, *(e for e in compiled.entries if id(e.program) in alive)][:MOST]
        _install(compiled, entries)


def _entry(compiled: Any, program: Program, form: Form) -> Entry:
    native = program.native
    text, expected = emit(form, native.kernel.arena, native.kernel.divides)
    library = _loaded(text)
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
    objects = (packed, *expected, native, library)
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
