"""A :class:`Site`: the kernels of one compiled function for one set of numba's types.

numba's types have no sizes, kernels do: a site has a table of those that were asked for so far
(`native`). What is missing is recorded and compiled by way of Python's own call, from whichever
thread comes first. Code that numba has compiled refers to sites by address and may live as long
as the process, so sites do.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..codegen.threads import cell_of, default_threads
from ..tracer.errors import unsupported
from ..tracer.forms import NotSimple, form_of
from . import lost
from . import native as code
from .arguments import words_of
from .watches import objects, watches

if TYPE_CHECKING:
    from ..codegen.entry.form import Built, Form
    from ..ir.types import ArrayType
    from ..tracer.program import Program
    from ..tracer.signature import Arguments
    from .arguments import Leaf, Part


@dataclass(frozen=True, eq=False)
class Parameters:
    """The parameters of the function, as a call in numba's types gives them."""

    parts: tuple[Part, ...]
    kinds: tuple[Any, ...]
    names: tuple[str, ...]

    @property
    def leaves(self) -> tuple[Leaf, ...]:
        return tuple(leaf for part in self.parts for leaf in part.leaves)

    def call(self, items: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
        """``args`` and ``kwargs`` with ``items`` as the leaves."""
        from inspect import Parameter

        rest = iter(items)
        args: list[Any] = []
        kwargs = {}
        for part, kind, name in zip(self.parts, self.kinds, self.names, strict=True):
            item = part.build(lambda _: next(rest))
            if kind is Parameter.VAR_POSITIONAL:
                args += item
            elif kind is Parameter.KEYWORD_ONLY:
                kwargs[name] = item
            else:
                args.append(item)
        return args, kwargs


class Record:
    """What native code needs to know of a program, and what keeps all of that alive.

    ``arguments``: how many of the inputs are arguments; the others are captured.
    """

    def __init__(self, program: Program, form: Form, arguments: int) -> None:
        self.program = program
        self.form = form
        pairs = watches(form.captured)
        self._alive = objects(form.captured)
        # After the watches, which may be older than what it finds, never newer.
        captured = program.read()
        if captured is None:
            raise unsupported("a captured thing that changes while it is read, inside numba,")
        self.captured = list(captured.values())
        self._places = [place for place, _ in pairs]
        self._pairs = _words([number for pair in pairs for number in pair])
        order = [n if n < arguments else ~(n - arguments) for n in form.inputs]
        self._order = _words(order)
        self._addresses = [array.ctypes.data for array in self.captured]
        self._pointers = _words(self._addresses)
        kernel, options = program.native.kernel, program.native.options
        cell = cell_of(options.threads or default_threads()) if kernel.divides else 0
        self.shapes = [size for output in form.outputs for size in output.ints]
        fields = {
            code.ENTRY: program.native.address,
            code.ARENA: kernel.arena,
            code.TAPES: kernel.tapes,
            code.POOL: cell,
            code.WATCHES: len(pairs),
            code.WATCHED: ctypes.addressof(self._pairs),
            code.INPUTS: len(order),
            code.ORDER: ctypes.addressof(self._order),
            code.CAPTURES: len(self.captured),
            code.CAPTURED: ctypes.addressof(self._pointers),
        }
        self._memory = _words([*(fields[n] for n in range(code.SHAPES)), *self.shapes])
        self.address = ctypes.addressof(self._memory)

    def renew(self) -> bool:
        """Whether everything captured is as it was after all; then the watches expect that."""
        if self.program.read() is None:
            return False
        pairs = watches(self.form.captured)
        captured = self.program.read()
        if captured is None or [place for place, _ in pairs] != self._places:
            return False
        if [array.ctypes.data for array in captured.values()] != self._addresses:
            return False
        for n, (_, expected) in enumerate(pairs):
            self._pairs[2 * n + 1] = expected
        return True


class Site:
    """``result`` tells what a call returns, made of ``outputs`` of the kernel."""

    def __init__(
        self,
        compiled: Any,
        parameters: Parameters,
        result: Built,
        outputs: Sequence[ArrayType],
    ) -> None:
        self.compiled = compiled
        self.parameters = parameters
        self.leaves = parameters.leaves
        self.places = list(words_of(self.leaves))
        self.words = sum(leaf.words for leaf in self.leaves)
        self.dynamic = [leaf for leaf in self.leaves if leaf.is_dynamic]
        self.result = result
        self.outputs = [(output.dtype, len(output.shape)) for output in outputs]
        self._lock = threading.RLock()
        self._records: dict[tuple[int, ...], Record] = {}
        self._kept: list[Any] = []
        native = code.native()
        fields = {
            code.TABLE: 0,
            code.RESOLVE: ctypes.cast(_resolve, ctypes.c_void_p).value,
            code.NUMBER: len(_sites),
            code.MAIN: threading.main_thread().ident,
            code.TAKE: native.scratch.take,
            code.GIVE: native.scratch.give,
            code.KEPT: native.scratch.kept,
        }
        self._memory = _words([fields[n] or 0 for n in range(len(fields))])
        self.address = ctypes.addressof(self._memory)
        self._publish()
        _sites.append(self)

    def resolve(self, key: tuple[int, ...], pointers: Sequence[int], departed: bool) -> int:
        """The address of a record for a call with these arguments."""
        with self._lock:
            known = self._records.get(key)
            if known is not None and not departed and known.renew():
                return known.address
        args, kwargs = self.parameters.call(list(self._items(key, pointers)))
        arguments = self.compiled.arguments(tuple(args), kwargs)
        program = self.compiled.dispatcher.call(arguments).program
        record = self._record(program, arguments, len(args), tuple(kwargs))
        with self._lock:
            self._kept.append(record)
            self._records[key] = record
            self._publish()
        return record.address

    def _items(self, key: tuple[int, ...], pointers: Sequence[int]) -> Iterator[Any]:
        rest = iter(pointers)
        for leaf, place in self.places:
            yield leaf.read(key[place], next(rest) if leaf.is_dynamic else None)

    def _record(
        self, program: Program, arguments: Arguments, positional: int, keywords: tuple[str, ...]
    ) -> Record:
        compiled = self.compiled
        try:
            form = form_of(compiled, program, arguments, positional, keywords, None)
        except NotSimple:
            name = getattr(compiled.fun, "__qualname__", "a function")
            text = "it draws random numbers, writes to its arguments, or captures what may change"
            raise unsupported(f"{name} inside numba", hint=f"{text}; call it from Python") from None
        outputs = [(output.dtype, len(output.shape)) for output in form.outputs]
        if outputs != self.outputs or any(result != self.result for result in form.results):
            hint = "call it from Python, or with arguments for which it always returns the same"
            raise unsupported("a result whose type depends on sizes, inside numba,", hint=hint)
        return Record(program, form, len(self.dynamic))

    def _publish(self) -> None:
        table = [len(self._records), self.words]
        for key, record in self._records.items():
            table += [record.address, *key]
        memory = _words(table)
        self._kept.append(memory)  # other threads may be reading the former one
        self._memory[code.TABLE] = ctypes.addressof(memory)


_sites: list[Site] = []


def _words(numbers: Sequence[int]) -> Any:
    return (ctypes.c_int64 * max(1, len(numbers)))(*numbers)


# --- called by native code ------------------------------------------------------------------------


@ctypes.CFUNCTYPE(
    None, ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p
)
def _resolve(number: int, key: int, leaves: int, flags: int, answer: int) -> None:
    """See `native`. The record goes to ``answer``, or behind that an exception."""
    with lost.reported(answer, flags):
        site = _sites[number]
        words = (ctypes.c_int64 * site.words).from_address(key) if site.words else ()
        count = len(site.dynamic)
        pointers = (ctypes.c_int64 * count).from_address(leaves) if count else ()
        record = site.resolve(tuple(words), list(pointers), bool(flags & code.DEPARTED))
        ctypes.c_int64.from_address(answer).value = record
