"""The forward part of a derivative: loops and branches that keep what their reverse part needs.

What is kept are *extras*: more carried values of a loop, more results of a branch. A ``tape``
is an array with a place for each iteration; a ``count`` is the number of iterations of a loop
that a test ends; a ``counter`` numbers the entries of tapes whose loops nothing bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from ..graph import Block, Graph, Value, current_block, renamed
from ..op import const, placeholder
from ..ops import empty, get
from ..ops.control import LOOP
from ..types import I64, ArrayType


@dataclass(eq=False, slots=True)
class Extra:
    """``final`` stands for its last value, where the loop or branch stands."""

    kind: str
    type: ArrayType
    final: Value = field(init=False)

    def __post_init__(self) -> None:
        self.final = placeholder(self.kind, self.type)


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a loop or branch becomes: regions with extras behind the carried values."""

    regions: tuple[Graph, ...]
    extras: tuple[Extra, ...]


def initial(extra: Extra) -> Value:
    """What an extra is before the outermost loop."""
    if extra.kind == "tape":
        return empty(shape=extra.type.shape, dtype=extra.type.dtype)
    return const(0, I64)


class Forward:
    """Builds Values again in the current Block, with ``replaced`` loops and branches.

    ``provide`` gives the first value of an extra.
    """

    def __init__(
        self, replaced: Mapping[Value, Replaced], provide: Callable[[Extra], Value]
    ) -> None:
        self.replaced = replaced
        self.provide = provide
        self.new: dict[Value, Value] = {}
        self._results: dict[Value, list[Value]] = {}

    def step(self, value: Value) -> None:
        new = self.new
        if value in new:
            return
        if value.op is get and value.args[0] in self._results:
            new[value] = self._results[value.args[0]][value.attr("index")]
            return
        args = tuple(new.get(arg, arg) for arg in value.args)
        if value in self.replaced:
            self._control(value, args, self.replaced[value])
        else:
            new[value] = current_block().add(value.op, args, value.attrs, value.regions)

    def _control(self, value: Value, args: tuple[Value, ...], found: Replaced) -> None:
        first = tuple(self.provide(extra) for extra in found.extras)
        attrs = dict(value.attrs)
        count = len(value.type.items)  # type: ignore[attr-defined]
        if value.op is LOOP:
            split = 1 + int(value.attr("test")) + count
            args = (*args[:split], *first, *args[split:])
            attrs["carried"] = count + len(first)
        else:
            args = (*args, *first)
        y = current_block().add(value.op, args, tuple(sorted(attrs.items())), found.regions)
        results = [get(y, index=n) for n in range(count + len(first))]
        self._results[value] = results[:count]
        for extra, result in zip(found.extras, results[count:], strict=True):
            self.new[extra.final] = result
        self.new[value] = y

    def steps(self, values: Iterable[Value]) -> None:
        for value in values:
            self.step(value)

    def whole(self, graph: Graph) -> Graph:
        """The whole Graph, built again."""
        block = Block(graph.inputs)
        with block:
            self.steps(graph.values)
        new = self.new
        outputs = [new.get(value, value) for value in graph.outputs]
        return block.graph(outputs, renamed(graph.guards, new))
