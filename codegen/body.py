"""Emission of what stands inside a loop nest: elements of values at indices.

Every element is computed in the outermost loop in which its index is known, so what does not
depend on an inner loop is hoisted out of it as it is built.
"""

from __future__ import annotations

from collections.abc import Callable

import llvmlite.ir as ll

from ..ir.graph import Value
from ..ir.types import I64 as I64_DTYPE
from ..ir.types import Affine
from .access import Index, Linear, depth, offset
from .cone import arguments, is_splat, reads_by_offset
from .frame import Frame
from .scalar import I64, Scalar, constant, from_memory, memory_type, to_memory


class Body:
    """The levels of one nest: a builder for each depth and the index of each loop."""

    def __init__(
        self,
        builders: list[ll.IRBuilder],
        loops: list[ll.Value],
        frame: Frame,
        stored: Callable[[Value], bool],
    ) -> None:
        self.builders = builders
        self.loops = loops
        self.frame = frame
        self.stored = stored
        self._affine: dict[Affine, ll.Value] = {}
        self._known: dict[tuple[Value, Index], tuple[ll.Value, int]] = {}

    def element(self, value: Value, index: Index, defining: bool = False) -> ll.Value:
        """The register that holds ``value`` at ``index``; iterative, as cones can be deep."""
        top = value if defining else None
        stack = [(value, index)]
        while stack:
            v, at = stack[-1]
            if (v, at) in self._known:
                stack.pop()
                continue
            leaf = self._leaf(v, at, v is not top)
            if leaf is not None:
                self._known[v, at] = leaf
                continue
            needed = arguments(v, at)
            missing = [item for item in needed if item not in self._known]
            if missing:
                stack.extend(missing)
                continue
            known = [self._known[item] for item in needed]
            self._known[v, at] = self._apply(v, known)
        return self._known[value, index][0]

    def _leaf(self, v: Value, at: Index, loadable: bool) -> tuple[ll.Value, int] | None:
        if is_splat(v):
            return constant(v.dtype, v.attr("value").array), 0
        if not v.shape and loadable:
            return self.frame.registers[v], 0
        if loadable and v.shape and self.stored(v):
            return self.load(v, offset(at, v.shape)), depth(at)
        if reads_by_offset(v):
            return self.load(v.args[0], offset(at, v.shape)), depth(at)
        if v.op.name == "iota":
            level = depth(at)
            b = self.builders[level]
            return Scalar(b, I64_DTYPE).cast(self.linear(b, at[0]), v.dtype), level
        if v.op.name == "dim":
            return self.frame.dim(self.builders[0], v.attr("value")), 0
        if v.op.name == "empty":
            return constant(v.dtype, 0), 0
        return None

    def _apply(self, v: Value, known: list[tuple[ll.Value, int]]) -> tuple[ll.Value, int]:
        if v.op.lower is None:  # a view, or an index
            return known[0]
        level = max((d for _, d in known), default=0)
        dtype = v.args[-1].dtype
        scalar = Scalar(self.builders[level], dtype, inner=0 < level == len(self.loops))
        return v.op.lower(scalar, *[x for x, _ in known], **dict(v.attrs)), level

    # --- memory -----------------------------------------------------------------------------

    def linear(self, b: ll.IRBuilder, form: Linear) -> ll.Value:
        const, coefficients = form
        total: ll.Value | None = None
        for axis, c in enumerate(coefficients):
            if c == 0:
                continue
            term = self.loops[axis]
            if c != 1:
                term = b.mul(term, ll.Constant(I64, c), flags=("nsw",))
            total = term if total is None else b.add(total, term, flags=("nsw",))
        if isinstance(const, Affine):
            if const not in self._affine:
                self._affine[const] = self.frame.dim(self.builders[0], const)
            first = self._affine[const]
        else:
            first = ll.Constant(I64, const)
        if total is None:
            return first
        return b.add(total, first, flags=("nsw",)) if const else total

    def address(
        self, value: Value, form: Linear, level: int, pointer: ll.Value | None = None
    ) -> ll.Value:
        """Where an element is: in the buffer of ``value``, or behind ``pointer``."""
        b = self.builders[level]
        type = memory_type(value.dtype)
        base = b.bitcast(pointer or self.frame.pointer(b, value), type.as_pointer())
        return b.gep(base, [self.linear(b, form)], inbounds=True, source_etype=type)

    def load(self, value: Value, form: Linear) -> ll.Value:
        level = max((axis + 1 for axis, c in enumerate(form[1]) if c), default=0)
        b = self.builders[level]
        return from_memory(b, value.dtype, b.load(self.address(value, form, level)))

    def store(
        self,
        number: ll.Value,
        value: Value,
        form: Linear,
        level: int,
        pointer: ll.Value | None = None,
    ) -> None:
        b = self.builders[level]
        b.store(to_memory(b, value.dtype, number), self.address(value, form, level, pointer))
