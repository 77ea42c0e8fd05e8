"""The steps of a view: how it reads from its base, and how a write goes back into the base."""

from __future__ import annotations

from dataclasses import dataclass

from ..ir import ops
from ..ir.graph import Value
from .layout import Ints


@dataclass(frozen=True, slots=True)
class Region:
    """Basic slicing: per axis a first index, a step (maybe negative) and a count."""

    start: Ints
    step: Ints
    size: Ints

    def read(self, base: Value) -> Value:
        return ops.slice_(base, start=self.start, step=self.step, size=self.size)

    def write(self, base: Value, value: Value) -> Value:
        if 0 in self.size:
            return base
        return ops.update(base, value, start=self.start, step=self.step)

    def then(self, inner: Region) -> Region:
        """The region of a region, as one."""
        triples = zip(self.start, self.step, inner.start, strict=True)
        return Region(
            tuple(start + step * at for start, step, at in triples),
            tuple(outer * by for outer, by in zip(self.step, inner.step, strict=True)),
            inner.size,
        )

    def before(self, reshape: Reshaped) -> Region | None:
        """The region that this one is before a reshape that only adds or drops axes of size 1.

        ``A[i][j]`` is then one region of A: a write through it does not rewrite the row.
        """
        long = [axis for axis, dim in enumerate(reshape.shape) if dim != 1]
        if [dim for dim in reshape.old if dim != 1] != [reshape.shape[axis] for axis in long]:
            return None
        if any(count != 1 for axis, count in enumerate(self.size) if axis not in long):
            return None
        following = iter(long)
        axes = [None if dim == 1 else next(following) for dim in reshape.old]
        return Region(
            tuple(0 if axis is None else self.start[axis] for axis in axes),
            tuple(1 if axis is None else self.step[axis] for axis in axes),
            tuple(1 if axis is None else self.size[axis] for axis in axes),
        )


@dataclass(frozen=True, slots=True)
class Transposed:
    perm: Ints

    def read(self, base: Value) -> Value:
        return ops.transpose(base, perm=self.perm)

    def write(self, base: Value, value: Value) -> Value:
        inverse = tuple(self.perm.index(axis) for axis in range(len(self.perm)))
        return ops.transpose(value, perm=inverse)


@dataclass(frozen=True, slots=True)
class Reshaped:
    old: Ints
    shape: Ints

    def read(self, base: Value) -> Value:
        return ops.reshape(base, shape=self.shape)

    def write(self, base: Value, value: Value) -> Value:
        return ops.reshape(value, shape=self.old)


@dataclass(frozen=True, slots=True)
class Broadcasted:
    """``np.broadcast_to``: several elements share a place, so it is read-only."""

    shape: Ints

    def read(self, base: Value) -> Value:
        return ops.broadcast(base, shape=self.shape)


@dataclass(frozen=True, slots=True)
class Part:
    """``z.real`` or ``z.imag`` of a complex array."""

    imaginary: bool

    def read(self, base: Value) -> Value:
        return ops.imag(base) if self.imaginary else ops.real(base)

    def write(self, base: Value, value: Value) -> Value:
        if self.imaginary:
            return ops.complex_(ops.real(base), value)
        return ops.complex_(value, ops.imag(base))


Step = Region | Transposed | Reshaped | Broadcasted | Part
