"""Factorizations by LAPACK, and triangular systems by BLAS.

A row-major matrix is its own transpose to LAPACK. Where another function does for the transpose
what is wanted, to the last bit, nothing is transposed: the lower triangle is called the upper,
and QR is LQ. The other ops take transposed matrices.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import NamedTuple

import llvmlite.ir as ll
import numpy as np

from ..ir.graph import Value
from .cone import home
from .external import BLAS, LAPACK
from .external_call import POINTER, ByReference, Repeat, at, behind, prefix
from .frame import Frame
from .scalar import I32, I64, memory_type, to_memory
from .schedule import Call
from .workspace import places, workspace

Leave = Callable[[ll.IRBuilder, str], None]


class Item(NamedTuple):
    """One matrix of a batch: where arguments, result, and scratch memory are."""

    value: Value
    args: list[ll.Value]
    y: ll.Value
    scratch: dict[str, ll.Value]

    @property
    def size(self) -> int:
        return int(self.value.dtype.itemsize)

    @property
    def matrix(self) -> tuple[int, int]:
        """The rows and columns of the first argument."""
        m, n = self.value.args[0].type.ints[-2:]
        return m, n


class Factorizations(ByReference):
    """Emits calls into a function; ``leave`` ends it with an error."""

    def __init__(self, frame: Frame, leave: Leave) -> None:
        super().__init__(frame)
        self.leave = leave

    def emit(self, b: ll.IRBuilder, call: Call) -> None:
        value = call.value
        batch = prod(value.args[0].type.ints[:-2])
        if not value.type.size:
            return
        parts = [home(arg) for arg in value.args] + [value]
        pointers = [self._pointer(b, part) for part in parts]
        sizes = [part.type.bytes // batch for part in (*value.args, value)]
        scratch = {}
        if call.scratch is not None:
            base = self.frame.memory.pointer(b, call.scratch)
            scratch = {name: behind(b, base, begin) for name, begin in places(value)[0].items()}
        with Repeat(b, batch) as number:
            found = [at(b, p, number, size) for p, size in zip(pointers, sizes, strict=True)]
            item = Item(value, found[:-1], found[-1], scratch)
            failed = getattr(self, "_" + value.op.name)(b, item)
            if failed is not None:
                self._check(b, item, failed, sizes[-1])

    def _pointer(self, b: ll.IRBuilder, value: Value) -> ll.Value:
        """Where an array is; a number becomes one of one element."""
        if value.shape:
            return self.frame.pointer(b, value)
        slot = self.frame.entry.alloca(memory_type(value.dtype))
        b.store(to_memory(b, value.dtype, self.frame.register(value)), slot)
        return b.bitcast(slot, POINTER)

    def _check(self, b: ll.IRBuilder, item: Item, failed: ll.Value, size: int) -> None:
        """Ends the call where there is no result, or makes it NaN where nothing is checked."""
        message = item.value.attr("where")
        with b.if_then(failed, likely=False):
            if message:
                self.leave(b, message)
                b.position_at_end(b.append_basic_block("unreachable"))
            else:
                nan = ll.Constant(memory_type(item.value.dtype), float("nan"))
                with Repeat(b, size // item.size) as n:
                    b.store(nan, self._element(b, item.y, n, item.value.dtype))

    # --- small things -----------------------------------------------------------------------

    def _lapack(
        self,
        b: ll.IRBuilder,
        item: Item,
        name: str,
        *arguments: ll.Value,
        is_complex: bool = False,
    ) -> ll.Value:
        """Calls a function of LAPACK; whether it failed."""
        info = self.frame.entry.alloca(I32)
        symbol = f"{LAPACK}{prefix(item.value.dtype, is_complex)}{name}"
        self.call(b, symbol, *arguments, b.bitcast(info, POINTER))
        return b.icmp_signed("!=", b.load(info), ll.Constant(I32, 0))

    def _copy(self, b: ll.IRBuilder, target: ll.Value, source: ll.Value, size: int) -> None:
        known = b.module.globals.get("memcpy")
        if known is None:
            type = ll.FunctionType(POINTER, [POINTER, POINTER, I64])
            known = ll.Function(b.module, type, "memcpy")
        b.call(known, [target, source, ll.Constant(I64, size)])

    def _element(
        self, b: ll.IRBuilder, pointer: ll.Value, number: ll.Value, dtype: np.dtype
    ) -> ll.Value:
        place = at(b, pointer, number, dtype.itemsize)
        return b.bitcast(place, memory_type(dtype).as_pointer())

    # --- one matrix -------------------------------------------------------------------------

    def _potrf(self, b: ll.IRBuilder, item: Item) -> ll.Value:
        (a,), (n, _) = item.args, item.matrix
        self._copy(b, item.y, a, n * n * item.size)
        return self._lapack(b, item, "potrf", self.char("U"), self.int(n), item.y, self.int(n))

    def _getrf(self, b: ll.IRBuilder, item: Item) -> ll.Value | None:
        return self._lu(b, item, item.matrix[1], False)

    def _complex_getrf(self, b: ll.IRBuilder, item: Item) -> ll.Value | None:
        return self._lu(b, item, item.matrix[0], True)

    def _lu(self, b: ll.IRBuilder, item: Item, m: int, is_complex: bool) -> ll.Value | None:
        (a,), (n, _), pivots = item.args, item.matrix, item.scratch["ipiv"]
        size = (2 if is_complex else 1) * n * m * item.size
        self._copy(b, item.y, a, size)
        rows = self.int(m)
        arguments = rows, self.int(n), item.y, rows, pivots
        singular = self._lapack(b, item, "getrf", *arguments, is_complex=is_complex)
        self._pivots(b, item, behind(b, item.y, size), min(m, n))
        return singular if item.value.attr("where") else None

    def _pivots(self, b: ll.IRBuilder, item: Item, target: ll.Value, count: int) -> None:
        """The rows that were exchanged, from 0 on, as floats."""
        pivots = item.scratch["ipiv"]
        with Repeat(b, count) as k:
            row = b.load(b.bitcast(at(b, pivots, k, 4), I32.as_pointer()))
            row = b.sub(row, ll.Constant(I32, 1))
            number = b.sitofp(row, memory_type(item.value.dtype))
            b.store(number, self._element(b, target, k, item.value.dtype))

    def _gelqf(self, b: ll.IRBuilder, item: Item) -> None:
        (a,), (m, n), size = item.args, item.matrix, item.size
        stride = m if item.value.attr("complete") else n
        with Repeat(b, m) as row:
            self._copy(b, at(b, item.y, row, stride * size), at(b, a, row, n * size), n * size)
        tau, work = item.scratch["tau"], item.scratch["work"]
        room = self.int(workspace(item.value)["work"])
        columns, rank, rows = self.int(stride), self.int(n), self.int(m)
        self._lapack(b, item, "gelqf", rank, rows, item.y, columns, tau, work, room)
        r = behind(b, item.y, m * stride * size)
        zero = ll.Constant(memory_type(item.value.dtype), 0.0)
        with Repeat(b, n) as row:
            source = at(b, item.y, row, stride * size)
            target = at(b, r, row, n * size)
            self._copy(b, target, source, n * size)
            with b.if_then(b.icmp_signed(">", row, ll.Constant(I64, 0))), Repeat(b, row) as k:
                b.store(zero, self._element(b, target, k, item.value.dtype))
        self._lapack(b, item, "orglq", columns, rows, rank, item.y, columns, tau, work, room)

    def _syevd(self, b: ll.IRBuilder, item: Item) -> ll.Value:
        return self._symmetric(b, item, False)

    def _heevd(self, b: ll.IRBuilder, item: Item) -> ll.Value:
        return self._symmetric(b, item, True)

    def _symmetric(self, b: ll.IRBuilder, item: Item, is_complex: bool) -> ll.Value:
        (a,), (n, _), value = item.args, item.matrix, item.value
        vectors, numbers = value.attr("vectors"), 2 if is_complex else 1
        target = behind(b, item.y, n * item.size) if vectors else item.scratch["copy"]
        self._copy(b, target, a, numbers * n * n * item.size)
        room = workspace(value)
        work = [item.scratch["work"], self.int(room["work"] // numbers)]
        if is_complex:
            work += [item.scratch["rwork"], self.int(room["rwork"])]
        return self._lapack(
            b,
            item,
            "heevd" if is_complex else "syevd",
            self.char("V" if vectors else "N"),
            self.char("L" if value.attr("lower") else "U"),
            self.int(n),
            target,
            self.int(n),
            item.y,
            *work,
            item.scratch["iwork"],
            self.int(room["iwork"]),
            is_complex=is_complex,
        )

    def _geev(self, b: ll.IRBuilder, item: Item) -> ll.Value:
        return self._general(b, item, False)

    def _complex_geev(self, b: ll.IRBuilder, item: Item) -> ll.Value:
        return self._general(b, item, True)

    def _general(self, b: ll.IRBuilder, item: Item, is_complex: bool) -> ll.Value:
        """The eigenvalues are complex numbers, or two arrays of their parts."""
        (a,), (n, _), value = item.args, item.matrix, item.value
        copy, size, numbers = item.scratch["copy"], self.int(n), 2 if is_complex else 1
        self._copy(b, copy, a, numbers * n * n * item.size)
        vectors = behind(b, item.y, 2 * n * item.size) if value.attr("vectors") else copy
        values, work = (
            [item.y],
            [item.scratch["work"], self.int(workspace(value)["work"] // numbers)],
        )
        if is_complex:
            work.append(item.scratch["rwork"])
        else:
            values.append(behind(b, item.y, n * item.size))
        return self._lapack(
            b,
            item,
            "geev",
            self.char("N"),
            self.char("V" if value.attr("vectors") else "N"),
            size,
            copy,
            size,
            *values,
            copy,
            size,
            vectors,
            size,
            *work,
            is_complex=is_complex,
        )

    def _gesdd(self, b: ll.IRBuilder, item: Item) -> ll.Value:
        (a,), (n, m), value = item.args, item.matrix, item.value
        job, k, size = value.attr("job"), min(m, n), item.size
        copy, work = item.scratch["copy"], item.scratch["work"]
        self._copy(b, copy, a, m * n * size)
        left = right = s = item.y
        width = {"N": 0, "S": k, "A": m}[job]
        if job != "N":
            s = behind(b, item.y, m * width * size)
            right = behind(b, s, k * size)
        return self._lapack(
            b,
            item,
            "gesdd",
            self.char(job),
            self.int(m),
            self.int(n),
            copy,
            self.int(m),
            s,
            left,
            self.int(m),
            right,
            self.int(n if job == "A" else k),
            work,
            self.int(workspace(value)["work"]),
            item.scratch["iwork"],
        )

    def _triangular_solve(self, b: ll.IRBuilder, item: Item) -> ll.Value | None:
        (a, c), (n, _), value = item.args, item.matrix, item.value
        k = value.type.ints[-1]
        attrs = dict(value.attrs)
        self._copy(b, item.y, c, n * k * item.size)
        self.call(
            b,
            f"{BLAS}{prefix(value.dtype)}trsm",
            self.char("R"),
            self.char("U" if attrs["lower"] else "L"),
            self.char("T" if attrs["trans"] else "N"),
            self.char("U" if attrs["unit"] else "N"),
            self.int(k),
            self.int(n),
            self.number(value.dtype, 1.0),
            a,
            self.int(n),
            item.y,
            self.int(k),
        )
        return self._has_zero(b, item, a, n) if attrs["where"] and not attrs["unit"] else None

    def _has_zero(self, b: ll.IRBuilder, item: Item, a: ll.Value, n: int) -> ll.Value:
        """Whether there is a zero on the diagonal."""
        dtype = item.value.dtype
        found = self.frame.entry.alloca(ll.IntType(1))
        b.store(ll.Constant(ll.IntType(1), 0), found)
        with Repeat(b, n) as k:
            element = b.load(self._element(b, a, b.mul(k, ll.Constant(I64, n + 1)), dtype))
            is_zero = b.fcmp_ordered("==", element, ll.Constant(element.type, 0.0))
            b.store(b.or_(b.load(found), is_zero), found)
        return b.load(found)

    def _swap_rows(self, b: ll.IRBuilder, item: Item) -> None:
        (x, pivots), (n, k), value = item.args, item.matrix, item.value
        self._copy(b, item.y, x, n * k * item.size)
        count = value.args[1].type.ints[-1]
        if not count:
            return
        zero, last = ll.Constant(I64, 0), ll.Constant(I64, n - 1)
        with Repeat(b, count) as number:
            row = number
            if value.attr("reverse"):
                row = b.sub(ll.Constant(I64, count - 1), number)
            other = b.load(b.bitcast(at(b, pivots, row, 8), I64.as_pointer()))
            other = b.select(b.icmp_signed("<", other, zero), zero, other)
            other = b.select(b.icmp_signed(">", other, last), last, other)
            places = [at(b, item.y, place, k * item.size) for place in (row, other)]
            with Repeat(b, k) as column:
                one, two = (self._element(b, p, column, value.dtype) for p in places)
                first, second = b.load(one), b.load(two)
                b.store(second, one)
                b.store(first, two)
