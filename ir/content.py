"""The content of a Graph as text, from which everything that is compiled from it follows.

Unlike the text form (`text`) it is made for hashing: literals are there to the last bit, symbols
stand with their bounds, and where guards come from is part of it, as native code reports that.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .graph import Graph, Literal, Value
from .types import Affine, ArrayType, Symbol, TupleType


def content(graph: Graph) -> str:
    """Equal texts: Graphs that are compiled to the same code. Names are numbers, by first use."""
    writer = _Writer()
    writer.graph(graph)
    return "\n".join(writer.lines)


class _Writer:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.numbers: dict[Value, int] = {}
        self.symbols: dict[Symbol, str] = {}
        self.types: dict[Any, str] = {}

    def graph(self, graph: Graph) -> None:
        numbers = self.numbers
        for value in graph.inputs:
            numbers[value] = len(numbers)
            self.lines.append(f"input {self.type(value.type)}")
        for value in graph.values:
            args = " ".join([str(numbers[arg]) for arg in value.args])
            attrs = self.item(value.attrs) if value.attrs else ""
            self.lines.append(f"{value.op.name} {args} {attrs} {self.type(value.type)}")
            for region in value.regions:
                self.lines.append("region")
                self.graph(region)
            numbers[value] = len(numbers)
        self.lines.append("outputs " + " ".join([str(numbers[value]) for value in graph.outputs]))
        for guard in graph.guards:
            place = (type(guard.expected).__name__, guard.expected, guard.where, guard.reason)
            self.lines.append(f"guard {numbers[guard.value]} {self.item(place)}")

    def type(self, type: ArrayType | TupleType) -> str:
        known = self.types.get(type)
        if known is None:
            items = type.items if isinstance(type, TupleType) else (type,)
            parts = [f"{item.dtype.str}{self.item(item.shape)}" for item in items]
            known = self.types[type] = ",".join(parts)
        return known

    def item(self, item: Any) -> str:
        """An attribute; a kind that is not known here must not be left out, so it is an error."""
        if isinstance(item, tuple):
            return f"({','.join([self.item(part) for part in item])})"
        if item is None or isinstance(item, bool | int | str):
            return repr(item)
        if isinstance(item, float):
            return np.float64(item).tobytes().hex()
        if isinstance(item, Affine):
            terms = [f"{coefficient}*{self.symbol(s)}" for s, coefficient in item.terms]
            return f"[{item.const}+{'+'.join(terms)}]"
        if isinstance(item, Symbol):
            return self.symbol(item)
        if isinstance(item, ArrayType | TupleType):
            return self.type(item)
        if isinstance(item, np.dtype):
            return item.str
        if isinstance(item, Literal):
            array = item.array
            return f"{array.dtype.str}{array.shape}{array.tobytes().hex()}"
        raise TypeError(f"no text for {item!r} in a Graph")

    def symbol(self, symbol: Symbol) -> str:
        known = self.symbols.get(symbol)
        if known is None:
            bounds = f"{symbol.low}..{self.item(symbol.high)}"
            known = self.symbols[symbol] = f"s{len(self.symbols)}"
            return f"{known}:{symbol.name}:{bounds}"
        return known
