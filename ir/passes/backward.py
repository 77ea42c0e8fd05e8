"""The reverse part of one region: cotangents, with the forward values that they need."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ..errors import ENDLESS, NoDerivative
from ..graph import Block, Graph, Value, symbols
from ..op import placeholder
from ..ops import get, index, reshape, slice_, update
from ..ops.control import UNBOUNDED
from ..types import I64, ArrayType, Dim, Symbol
from .forward import Extra
from .residuals import Residuals

Key = tuple[str, Value]
"""What a tape holds: ``("value", v)``, or ``("old", u)``: what the update u overwrote."""


class TooEarlyError(Exception):
    """A value needs a version of an array that an inner loop has yet to give back."""

    def __init__(self, value: Value) -> None:
        self.value = value


class Tapes:
    """The tapes of one region and where in them an iteration's entry stands.

    With loops of known lengths around it, a tape has an axis for each. Where nothing bounds a
    loop inside another, entries are numbered by a counter instead.
    """

    def __init__(self, leading: tuple[int, ...], at: tuple[Dim, ...], numbered: Symbol | None):
        self.leading = leading
        self.at = at
        self.numbered = numbered
        self.extras: dict[Key, Extra] = {}
        self.counter: Extra | None = None

    def of(self, key: Key, type: ArrayType, sizes: tuple[int, ...]) -> Extra:
        if key not in self.extras:
            if UNBOUNDED in type.shape:  # a tape of tapes
                raise NoDerivative(ENDLESS)
            self.extras[key] = Extra("tape", ArrayType(type.dtype, (*self.leading, *sizes)))
            if self.numbered is not None and self.counter is None:
                self.counter = Extra("counter", ArrayType(I64, ()))
        return self.extras[key]

    def push(self, tape: Value, v: Value) -> Value:
        row = reshape(v, shape=(*[1] * len(self.at), *v.shape)) if self.at else v
        return update(tape, row, start=self._start(v.shape), step=(1,) * len(row.shape))

    def read(self, tape: Value, shape: tuple[Dim, ...]) -> Value:
        size = (*[1] * len(self.at), *shape)
        row = slice_(tape, start=self._start(shape), step=(1,) * len(size), size=size)
        return reshape(row, shape=shape) if self.at else row

    def _start(self, shape: Sequence[Dim]) -> tuple[Dim, ...]:
        return (*self.at, *[0] * len(shape))


class Backward:
    """Emits the reverse values of a region into a Block of their own.

    ``new`` says what became of forward values, seeds and shadows. Inputs are made as they are
    asked for: ``outer`` by input position of the region, ``tape_inputs`` by tape.
    """

    def __init__(
        self,
        graph: Graph,
        residuals: Residuals,
        tapes: Tapes,
        sizes: Callable[[Value], tuple[int, ...]],
    ) -> None:
        self.graph = graph
        self.residuals = residuals
        self.tapes = tapes
        self.sizes = sizes
        self.block = Block()
        self.new: dict[Value, Value] = {}
        self.outer: dict[int, Value] = {}
        self.tape_inputs: dict[Extra, Value] = {}
        self.counter_inputs: dict[Extra, Value] = {}
        self.given_back: dict[Value, list[Value]] = {}  # reverse value -> versions that it is

    def emit(self, values: Iterable[Value]) -> None:
        """The reverse values, in order."""
        definitions = self.residuals.definitions
        for value in values:
            for s in symbols(value):
                if s in definitions:
                    self.need(definitions[s])
            args = [self.need(arg) for arg in value.args]
            with self.block:
                self.new[value] = self.block.add(value.op, args, value.attrs, value.regions)
            for version in self.given_back.get(value, ()):
                self.new[version] = self.new[value]

    def need(self, wanted: Value) -> Value:
        """A forward value (or one that is there already) in the reverse part."""
        stack = [wanted]
        while stack:
            value = stack[-1]
            if value in self.new:
                stack.pop()
                continue
            if value not in self.residuals.how:
                raise AssertionError(f"{value} is neither forward nor reverse")
            missing = [v for v in self.residuals.dependencies(value) if v not in self.new]
            if missing:
                if any(v in stack for v in missing):
                    raise TooEarlyError(wanted)
                stack += missing
                continue
            with self.block:
                self.new[value] = self._make(value, wanted)
            stack.pop()
        return self.new[wanted]

    def _make(self, value: Value, wanted: Value) -> Value:
        how, new = self.residuals.how[value], self.new
        if how == "invariant":
            return self._input(self.graph.inputs.index(value))
        if how == "tape":
            found = self._taped(("value", value), value.type, value.shape)
            return self._bound(value, found) if value.op is index else found
        if how == "content":
            link = self.residuals.content_of[value].op
            attrs = {"start": link.attr("start"), "step": link.attr("step")}
            return slice_(new[link], **attrs, size=value.shape)
        if how == "version":
            link = self.residuals.link_of[value].op
            if link.op is get:
                raise TooEarlyError(wanted)
            content = link.args[1]
            old = self._taped(("old", link), content.type, content.shape)
            return update(new[link], old, start=link.attr("start"), step=link.attr("step"))
        if value.op is index:
            return self._bound(value, new[value.args[0]])
        args = [new[arg] for arg in value.args]
        return self.block.add(value.op, args, value.attrs, value.regions)

    def _bound(self, value: Value, number: Value) -> Value:
        """An index that was checked on the way forward."""
        return index(number, symbol=value.attr("symbol"), where="")

    def _input(self, position: int) -> Value:
        if position not in self.outer:
            x = self.graph.inputs[position]
            self.outer[position] = placeholder(x.attr("name"), x.type)
        return self.outer[position]

    def _taped(self, key: Key, type: ArrayType, shape: tuple[Dim, ...]) -> Value:
        tape = self.tapes.of(key, type, self.sizes(key[1] if key[0] == "value" else key[1].args[1]))
        if self.tapes.counter is not None and self.tapes.counter not in self.counter_inputs:
            self.count_down(self.tapes.counter)
        return self.tapes.read(self.tape(tape), shape)

    def tape(self, extra: Extra) -> Value:
        if extra not in self.tape_inputs:
            self.tape_inputs[extra] = placeholder("tape", extra.type)
        return self.tape_inputs[extra]

    def counter(self, extra: Extra) -> Value:
        if extra not in self.counter_inputs:
            self.counter_inputs[extra] = placeholder("counter", extra.type)
        return self.counter_inputs[extra]

    def count_down(self, extra: Extra) -> None:
        """The number of this iteration's entries, from that of the entries written so far."""
        number = self.counter(extra) - 1
        self.new[extra.final] = number
        index(number, symbol=self.tapes.numbered, where="")
