"""``band``: loop nests that are worth dividing are divided into chunks of rows.

A row is one value of the outermost loop. Consecutive nests with as many rows form one band if
none needs another row than its own of what another one writes: then all of them run on one chunk
after the other, whose rows stay in the cache, and chunks run on all cores (`threads`).

The number of chunks depends on sizes alone. Reductions over rows keep a partial result for each
chunk, and these are combined in order, so a result does not depend on the number of threads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..ir.graph import Value
from ..ir.ops.contract import split_spec
from ..ir.ops.families import EXPENSIVE, REDUCTIONS
from ..ir.types import Dim, Shape, upper_bound
from .access import Linear, about, depth, identity, offset, region_index
from .cone import cone, home
from .schedule import Band, Buffer, Call, Nest, Step, Store

WORTH = 60_000
"""Nanoseconds of work from which on a band is divided: waking a thread takes some ten thousand."""

CHUNK = 25_000
"""Nanoseconds of work that one chunk should have."""

CACHE = 1 << 18
"""Bytes of rows that one chunk should touch where nests share them: a part of the L2 cache."""

COMBINING = 4.0
"""Nanoseconds of work for each byte of a chunk's partial results, which are combined in the end."""

ONE_THREAD = 1 << 18
"""Multiplications up to which OpenBLAS uses one thread for a product (its interface/gemm.c)."""

MOST_CHUNKS = 512


@dataclass(frozen=True, slots=True)
class _Access:
    """What one store reads or writes of a buffer in a row: bytes ``first`` up to ``last``.

    Row n is ``row * n`` bytes further on.
    """

    buffer: Buffer
    first: Dim
    last: Dim
    row: int
    writes: bool

    def apart(self, other: _Access) -> bool:
        """Whether different rows of the two never meet, or only in reads."""
        if self.buffer != other.buffer or not (self.writes or other.writes):
            return True
        if self.row != other.row or not self.row:
            return False
        spans = (self.last - other.first, other.last - self.first)
        return all(isinstance(span, int) and span <= abs(self.row) for span in spans)


@dataclass(slots=True)
class _Profile:
    """What matters of a nest: its accesses, scalars, partial results, and estimated time."""

    accesses: list[_Access] = field(default_factory=list)
    scalars: list[Value] = field(default_factory=list)
    partial: list[Store] = field(default_factory=list)
    time: float = 0.0


_Item = tuple[Nest | Call, _Profile]


def band(
    steps: Sequence[Step], gaps: Sequence[list[Value]], buffers: Mapping[Value, Buffer]
) -> tuple[list[Step], list[list[Value]]]:
    """The steps with bands in the place of the nests that they divide, and the gaps between."""
    found: list[Step] = []
    between: list[list[Value]] = [list(gaps[0])]
    run: list[_Item] = []
    waiting: list[Value] = []  # scalars that no nest of the run needs

    def finish() -> None:
        for step in _divided(run):
            found.append(step)
            between.append([])
        run.clear()
        between[-1] += waiting
        waiting.clear()

    for step, gap in zip(steps, gaps[1:], strict=True):
        profile = None
        if isinstance(step, Nest):
            profile = _profile(step, buffers)
        elif isinstance(step, Call):
            profile = _batch(step, buffers)
        if profile is None or not isinstance(step, Nest | Call):
            finish()
            found.append(step)
            between.append([])
        elif _joins(run, step, profile, waiting):
            run.append((step, profile))
        elif _precedes(run, profile, waiting):
            found.append(step)
            between.append([])
        else:
            finish()
            run.append((step, profile))
        waiting += gap
        if not all(_can_wait(value, buffers) for value in gap):
            finish()
    finish()
    return found, between


def _joins(run: list[_Item], nest: Nest | Call, profile: _Profile, waiting: list[Value]) -> bool:
    """Whether a nest can be next in the run, before the scalars that are waiting."""
    if not set(waiting).isdisjoint(profile.scalars):
        return False
    if not run:
        return True
    if _rows(run[0][0]) != _rows(nest):
        return False
    for _, other in run:
        made = {store.value for store in other.partial}
        if not made.isdisjoint(profile.scalars):
            return False
        if not all(x.apart(z) for x in other.accesses for z in profile.accesses):
            return False
    return True


def _precedes(run: list[_Item], profile: _Profile, waiting: list[Value]) -> bool:
    """Whether a nest has nothing to do with a run that is worth keeping together."""
    if sum(other.time for _, other in run) < WORTH:
        return False
    made = {store.value for _, other in run for store in other.partial}
    if not made.isdisjoint(profile.scalars) or not set(waiting).isdisjoint(profile.scalars):
        return False
    mine = {x.buffer: x.writes for x in sorted(profile.accesses, key=lambda x: x.writes)}
    return not any(
        x.buffer in mine and (x.writes or mine[x.buffer])
        for _, other in run
        for x in other.accesses
    )


def _can_wait(value: Value, buffers: Mapping[Value, Buffer]) -> bool:
    """Whether a scalar may be computed later: it reads no array, and gives no symbol a value."""
    if value.op.name == "index":
        return False
    return not cone(value, (), lambda v: bool(v.shape) and v in buffers, defining=True).loads


def _divided(run: list[_Item]) -> Iterable[Step]:
    """The nests of a run as one band, or as they are where that is not worth it."""
    nests = [nest for nest, _ in run]
    time = sum(profile.time for _, profile in run)
    if not nests or time < WORTH:
        return nests
    rows = _rows(nests[0])
    partial = [store for _, profile in run for store in profile.partial]
    arrays = sum(store.value.type.bytes for store in partial)
    count = time / CHUNK
    if len(nests) > 1:
        touched = {x.buffer: abs(x.row) for _, profile in run for x in profile.accesses}
        count = max(count, sum(touched.values()) * rows / CACHE)
    limit = time / (COMBINING * arrays) if arrays else MOST_CHUNKS
    count = min(count, rows, MOST_CHUNKS, limit)
    if count < 2:
        return nests
    size = -(-rows // int(count))
    if size > 64:
        size = -(-size // 16) * 16  # whole vectors
    return [Band(nests, rows, size, partial)]


# --- what a nest does -----------------------------------------------------------------------


def _rows(nest: Nest | Call) -> int:
    rows = nest.value.shape[0] if isinstance(nest, Call) else nest.domain[0]
    assert isinstance(rows, int)
    return rows


def _batch(call: Call, buffers: Mapping[Value, Buffer]) -> _Profile | None:
    """The profile of a batched product whose items are so small that BLAS has one thread each."""
    value = call.value
    if value.op.name != "contract" or len(value.shape) < 3:
        return None
    profile = _Profile()
    for part in (*value.args, value):
        items = part.type.ints[0]
        size = part.type.bytes // items
        profile.accesses.append(_Access(buffers[home(part)], 0, size, size, part is value))
    left = split_spec(value.attr("spec"))[0]
    inner = value.args[0].type.ints[left.index("k")]
    work = value.type.size // value.type.ints[0] * inner
    if work > ONE_THREAD:
        return None
    profile.time = 0.15 * work * value.type.ints[0]
    return profile


def _profile(nest: Nest, buffers: Mapping[Value, Buffer]) -> _Profile | None:
    """None for a nest whose rows must run in order, or that has no fixed number of them."""
    if not nest.domain or not isinstance(nest.domain[0], int) or 0 in nest.domain:
        return None
    inline = {store.value for store in nest.stores if store.kind == "store"}
    profile = _Profile()

    def stored(value: Value) -> bool:
        return bool(value.shape) and value in buffers and value not in inline

    for store in nest.stores:
        index = identity(store.expr.shape)
        found = cone(store.expr, index, stored, store.kind == "store")
        for value, form, _ in found.loads:
            if buffers[value].kind == "tape":
                return None
            profile.accesses.append(_access(buffers[value], value, form, nest.domain, False))
        profile.scalars += found.scalars
        written = _written(store, buffers, nest.domain)
        if written is not None:
            if written.buffer.kind == "tape":
                return None
            profile.accesses.append(written)
        if store.kind in REDUCTIONS and (written is None or not written.row):
            if any(not isinstance(dim, int) for dim in store.value.shape):
                return None
            profile.partial.append(store)
        profile.time += _time(found.computed, nest.domain)
        profile.time += about(nest.domain) * (0.3 * len(found.loads) + 0.3)
    sums = [buffers[s.value] for s in profile.partial if s.value.shape]
    others = [x for x in profile.accesses if not (x.writes and x.buffer in sums)]
    alone = len(set(sums)) == len(sums) and all(x.buffer not in sums for x in others)
    return profile if alone and all(x.apart(z) for x in others for z in others) else None


def _access(buffer: Buffer, value: Value, form: Linear, over: Shape, writes: bool) -> _Access:
    size = value.dtype.itemsize
    const, coefficients = form
    below = above = 0
    for c, dim in zip(coefficients[1:], over[1:], strict=True):
        bound = upper_bound(dim)
        reach = c * (max(1 << 40 if bound is None else bound, 1) - 1)
        below += min(reach, 0)
        above += max(reach, 0)
    row = coefficients[0] if coefficients else 0
    return _Access(buffer, (const + below) * size, (const + above + 1) * size, row * size, writes)


def _written(store: Store, buffers: Mapping[Value, Buffer], over: Shape) -> _Access | None:
    """Where a store writes; None for a scalar."""
    value, expr = store.value, store.expr
    index = identity(expr.shape)
    if store.kind == "output":
        form = offset(index, expr.shape)
        return _access(Buffer("output", store.output), expr, form, over, True)
    if store.kind in REDUCTIONS:
        if not value.shape:
            return None
        kept = tuple(at for axis, at in enumerate(index) if axis not in value.attr("axes"))
        return _access(buffers[value], value, offset(kept, value.shape), over, True)
    if store.kind in ("update", "accumulate"):
        index = region_index(index, value.attr("start"), value.attr("step"))
    return _access(buffers[value], value, offset(index, value.shape), over, True)


def _time(computed: Iterable[tuple[Value, tuple]], over: Shape) -> float:
    """A rough number of nanoseconds."""
    total = 0.0
    for value, index in computed:
        points = about(over[: depth(index)])
        total += points * (1.5 if value.op.name in EXPENSIVE else 0.1)
    return total
