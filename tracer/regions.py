"""Regions: the bodies of loops and the ways of branches, while they are recorded.

A region is recorded once, on values that stand for those of every iteration. What it uses from
outside becomes an input of its block when it is first looked at, and what it writes an output.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..ir import ops
from ..ir.graph import Block, Value
from ..ir.op import CONST
from ..ir.ops import dim_of
from ..ir.types import I64, Symbol

if TYPE_CHECKING:
    from .core import ArrayCore, Storage
    from .trace import Trace


class RestartError(BaseException):
    """A loop cannot be recorded as one: the recording starts again and unrolls it.

    No Exception, so that the function that is recorded does not catch it.
    """

    def __init__(self, key: object, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.key = key
        self.where = where
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Entry:
    """An array of the outside in a region: its value there, and as which input
    (or constant) it came in; ``at``: the block that knew the storage before."""

    outer: Value
    input: Value
    at: Block


@dataclass(frozen=True, slots=True)
class Steps:
    """The iterations of a loop, of which none is left out; ``count``: None if not known yet."""

    symbol: Symbol
    count: int | None


class RegionBlock(Block):
    """The block of a region. ``key`` and ``where``: the loop to unroll if it fails.

    ``steps``: its iterations; None for other regions.
    """

    def __init__(self, key: object, where: str, steps: Steps | None = None) -> None:
        super().__init__()
        self.key = key
        self.where = where
        self.steps = steps
        self.first = 0  # number of the draws before
        self.entries: dict[Storage, Entry] = {}


@dataclass(slots=True)
class Recorded:
    """A region after its recording: what it used and what it wrote."""

    block: RegionBlock
    entries: dict[Storage, Entry] = field(default_factory=dict)
    finals: dict[Storage, Value] = field(default_factory=dict)

    @property
    def written(self) -> list[Storage]:
        return [s for s, final in self.finals.items() if final is not self.entries[s].input]


def enter(storage: Storage) -> None:
    """Makes the value of a storage known in the innermost region."""
    blocks = storage.trace.blocks
    first = next((n for n, block in enumerate(blocks) if block is storage.at), len(blocks))
    for block in blocks[first + 1 :]:
        if not isinstance(block, RegionBlock):
            continue
        outer = storage.current
        with block:
            inner = _constant(outer) or block.input("x", outer.type)
        block.entries[storage] = Entry(outer, inner, storage.at)
        storage.current, storage.at = inner, block


def _constant(value: Value) -> Value | None:
    """A number that a region can have by itself: a constant, or one of the loop indices."""
    if value.shape:
        return None
    if value.op is CONST:
        return ops.const(value.attr("value").array)
    number = dim_of(value)
    return None if number is None else ops.dim(value=number)


def is_writable_here(storage: Storage) -> bool:
    """Whether only regions stand between here and where the array was made."""
    blocks = storage.trace.blocks
    first = next((n for n, block in enumerate(blocks) if block is storage.block), len(blocks))
    return all(isinstance(block, RegionBlock) for block in blocks[first + 1 :])


def before_loops(trace: Trace, x: ArrayCore) -> Value | None:
    """The Value of a number that was made before the outermost region; None for others."""
    regions = [block for block in trace.blocks if isinstance(block, RegionBlock)]
    inside = any(block is x.storage.block for block in regions)
    if not regions or not x.scalar or x.steps or inside:
        return None
    x.storage.value  # noqa: B018  (it is known in every region now)
    entries = (block.entries.get(x.storage) for block in regions)
    return next(entry.outer for entry in entries if entry is not None)


@contextmanager
def before_regions(trace: Trace) -> Iterator[None]:
    """What is recorded goes before the outermost region."""
    blocks = trace.blocks
    first = next(n for n, block in enumerate(blocks) if isinstance(block, RegionBlock))
    trace.blocks = blocks[:first]
    try:
        with trace.blocks[-1]:
            yield
    finally:
        trace.blocks = blocks


def innermost(trace: Trace) -> RegionBlock | None:
    """The innermost region that is being recorded."""
    return next((b for b in reversed(trace.blocks) if isinstance(b, RegionBlock)), None)


def open_region(trace: Trace, key: object, where: str, steps: Steps | None = None) -> RegionBlock:
    block = RegionBlock(key, where, steps)
    trace.blocks.append(block)
    block.__enter__()
    return block


def close_region(trace: Trace, block: RegionBlock) -> Recorded:
    """Leaves a region; every storage that it looked at is again what it was outside."""
    assert trace.blocks[-1] is block
    block.__exit__()
    trace.blocks.pop()
    found = Recorded(block, dict(block.entries))
    for storage, entry in block.entries.items():
        found.finals[storage] = storage.current
        storage.current, storage.at = entry.outer, entry.at
    return found


def reopen_region(trace: Trace, recorded: Recorded) -> None:
    """Goes on with a region that was left."""
    block = recorded.block
    trace.blocks.append(block)
    block.__enter__()
    for storage, final in recorded.finals.items():
        storage.current, storage.at = final, block


def refuse(trace: Trace, reason: str) -> None:
    """Gives up recording the innermost loop as one."""
    block = innermost(trace)
    assert block is not None
    raise RestartError(block.key, block.where, reason)


def number_of(value: Any) -> Value:
    """A dimension as a scalar."""
    return ops.const(value, I64) if isinstance(value, int) else ops.dim(value=value)
