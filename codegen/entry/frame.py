"""The function under construction: objects that it knows, references that it owns, ways out.

Addresses are not in the code but in ``self``, a tuple: the callable of the general path, a
``bytes`` object with addresses of native things, and the objects that arguments and captured
things are compared with. So programs whose calls look alike share their code, also on disk, and
what the code refers to lives as long as ``self``.

Each reference that is owned has a slot, empty again when the reference has been given away, so
that whatever happens the way out gives back what is left.
"""

from __future__ import annotations

import llvmlite.ir as ll

from ..scalar import I8, I32, I64
from .python_api import BYTES_VALUE, POINTER, TUPLE_ITEMS, TYPE, call

NAME = "adjit.call"
NULL = ll.Constant(POINTER, None)

NATIVE = ("kernel", "counter", "recording", "take", "give", "kept", "pool")
"""What the addresses in ``self`` are those of."""


class Frame:
    """``PyObject *call(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *names)``"""

    def __init__(self) -> None:
        self.module = ll.Module("adjit")
        self._constant = self.module.add_metadata([])
        type = ll.FunctionType(POINTER, [POINTER, POINTER.as_pointer(), I64, POINTER])
        self.function = ll.Function(self.module, type, NAME)
        self.entry = ll.IRBuilder(self.function.append_basic_block("entry"))
        self.b = ll.IRBuilder(self.function.append_basic_block("start"))
        self.general = self.function.append_basic_block("general")
        self.failed = self.function.append_basic_block("failed")
        self.objects: list[object] = []
        self.held: list[ll.Value] = []  # to the end of every call
        self._slots: list[ll.Value] = []

    def close(self) -> None:
        """Writes the ways out: to the general path, and with an exception."""
        itself, arguments, count, names = self.function.args
        b = ll.IRBuilder(self.general)
        self._give_back(b)
        call(b, "PyErr_Clear")  # of a look-up that failed
        callee = self._kept(b, itself, TUPLE_ITEMS)
        given = b.bitcast(arguments, POINTER)
        b.ret(call(b, "PyObject_Vectorcall", callee, given, count, names))
        b = ll.IRBuilder(self.failed)
        self._give_back(b)
        b.ret(NULL)
        self.entry.branch(self.function.blocks[1])

    def _give_back(self, b: ll.IRBuilder) -> None:
        for slot in self._slots:
            call(b, "Py_DecRef", b.load(slot))

    # --- ways out ---------------------------------------------------------------------------

    def require(self, holds: ll.Value) -> None:
        """Goes the general way unless this holds."""
        self._unless(holds, self.general)

    def require_int(self, found: ll.Value, expected: int) -> None:
        self.require(self.b.icmp_unsigned("==", found, ll.Constant(found.type, expected)))

    def require_same(self, found: ll.Value, item: object) -> None:
        self.require(self.b.icmp_unsigned("==", found, self.object(item)))

    def require_type(self, item: ll.Value, type: type) -> None:
        self.require_same(self.field(item, TYPE, POINTER), type)

    def require_there(self, found: ll.Value) -> None:
        self.require(self.b.icmp_unsigned("!=", found, NULL))

    def succeed(self, holds: ll.Value) -> None:
        """Returns with the exception that is set unless this holds."""
        self._unless(holds, self.failed)

    def _unless(self, holds: ll.Value, otherwise: ll.Block) -> None:
        following = self.b.append_basic_block()
        self.b.cbranch(holds, following, otherwise)
        self.b.position_at_end(following)

    # --- references -------------------------------------------------------------------------

    def own(self, made: ll.Value) -> ll.Value:
        """The slot of a new reference."""
        slot = self.entry.alloca(POINTER)
        self.entry.store(NULL, slot)
        self.b.store(made, slot)
        self._slots.append(slot)
        return slot

    def hold(self, found: ll.Value) -> None:
        """Owns a reference to the end."""
        self.own(found)
        self.held.append(found)

    def made(self, found: ll.Value) -> tuple[ll.Value, ll.Value]:
        """A new reference that an exception has been set instead of, if it is null; its slot."""
        self.succeed(self.b.icmp_unsigned("!=", found, NULL))
        return found, self.own(found)

    def give_away(self, slot: ll.Value) -> None:
        self.b.store(NULL, slot)

    # --- memory -----------------------------------------------------------------------------

    def object(self, item: object) -> ll.Value:
        """An object in ``self``, behind the callable and the addresses."""
        number = next((n for n, known in enumerate(self.objects) if known is item), None)
        if number is None:
            number = len(self.objects)
            self.objects.append(item)
        return self._kept(self.b, self.function.args[0], TUPLE_ITEMS + 8 * (2 + number))

    def native(self, name: str) -> ll.Value:
        addresses = self._kept(self.b, self.function.args[0], TUPLE_ITEMS + 8)
        return self._kept(self.b, addresses, BYTES_VALUE + 8 * NATIVE.index(name))

    def _kept(self, b: ll.IRBuilder, item: ll.Value, at: int) -> ll.Value:
        """A pointer that is never changed."""
        place = b.bitcast(b.gep(item, [I64(at)], source_etype=I8), POINTER.as_pointer())
        found = b.load(place)
        found.set_metadata("invariant.load", self._constant)
        return found

    def field(self, item: ll.Value, at: int, type: ll.Type) -> ll.Value:
        place = self.b.gep(item, [I64(at)], source_etype=I8)
        return self.b.load(self.b.bitcast(place, type.as_pointer()))

    def room(self, type: ll.Type) -> ll.Value:
        """Stack memory."""
        return self.entry.alloca(type)

    def table(self, pointers: list[ll.Value]) -> ll.Value:
        """The address of an array of pointers."""
        table = self.room(ll.ArrayType(POINTER, max(1, len(pointers))))
        for number, pointer in enumerate(pointers):
            self.b.store(pointer, self.b.gep(table, [I64(0), I64(number)]))
        return self.b.bitcast(table, POINTER)

    def flag(self, item: ll.Value, at: int, mask: int) -> None:
        """Requires all bits of ``mask``."""
        self.require_int(self.b.and_(self.field(item, at, I32), I32(mask)), mask)
