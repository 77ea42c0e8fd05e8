"""One recording: its blocks, its guards, what it captured, and the numbers it computed so far.

Recording runs the user's function once on real arguments. The numbers are computed lazily, by
the reference interpreter, and only where Python must know one (``if``, ``range``, an index).
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from ..codegen.call import Failure
from ..ir.graph import Block, Graph, Guard, Value, has_sizes, renamed, symbols
from ..ir.interpret import checked_index, evaluate
from ..ir.op import INPUT, OPS
from ..ir.ops.control import LOOP
from ..ir.sizes import are_asked, unasked
from ..ir.types import BOOL, Affine, ArrayType, Dim, Symbol
from .current import enter, leave
from .draws import Drawn
from .errors import AdjitError, error, located, user_line
from .promote import WEAK_DTYPE, check_dtype
from .regions import RegionBlock, innermost, refuse

if TYPE_CHECKING:
    from .array import Array
    from .capture import Memory, Source
    from .drawing import Drawing
    from .layout import Layout

INT_INPUT_BOUND = 2**31
"""Python ints that are inputs are smaller than this; larger ones are static."""

VALUE_LIMIT = 50_000
"""Values of one recording: Python loops are unrolled, and some minutes of compiling are enough."""


INDEX, STOP_GRADIENT = OPS["index"], OPS["stop_gradient"]

NATIVE_FROM = 50
"""Loops of this many iterations are run natively where the recording needs a result of theirs."""


class Trace:
    """``with Trace() as trace:`` records. ``forced`` are outcomes of the first guards.

    Native code decides guards with its own rounding; a recording that continues from a path it
    left must take the same way, so it is given the outcomes that native code saw. ``active``: the
    argument leaves that derivatives may be taken by (None: all). Without ``has_numbers`` it is not
    known what the arguments hold, and what is asked of them is taken to be false.
    """

    def __init__(
        self,
        forced: Sequence[bool | int | float] = (),
        unrolled: Mapping[object, tuple[str, str]] | None = None,
        active: Container[int] | None = None,
        has_numbers: bool = True,
    ) -> None:
        self.unrolled = dict(unrolled or {})
        self.active = active
        self.has_numbers = has_numbers
        self.places: dict[Symbol, Value] = {}  # outside of regions: the numbers of symbols
        self.keys: dict[Value, Any] = {}  # of the inputs of the outermost block
        self.drawing: Drawing | None = None
        self.named: dict[tuple[Block, Value, Dim], dict[str, Affine]] = {}
        self.moving: set[Value] = set()  # indices that are other numbers at each call
        self.checkpointing = 0  # calls of checkpointed functions around
        self._symbols = 0
        self.blocks: list[Block] = [Block()]
        self.guards: list[Guard] = []
        self.captures: dict[Source, Array] = {}
        self.statics: dict[Source, object] = {}
        self.memory: Memory | None = None
        self.refused: AdjitError | None = None
        self._forced = tuple(forced)
        self._decided: dict[Value, bool | int | float] = {}
        self._concrete: dict[Value, np.ndarray] = {}
        self._same: dict[Value, Value] = {}  # inputs of nested blocks -> what they stand for
        self._constant: dict[Value, bool] = {}

    @property
    def block(self) -> Block:
        """The innermost block: what is recorded now goes there."""
        return self.blocks[-1]

    def __enter__(self) -> Trace:
        enter(self)
        self.block.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        for block in reversed(self.blocks):  # an error leaves regions open
            block.__exit__(*exc)
        # Arrays check that their block is still open, so they are dead from here on.
        self.blocks = []
        leave()

    @contextmanager
    def nested(self) -> Iterator[Block]:
        """A fresh Block for a function that is transformed inside this recording."""
        block = Block()
        self.blocks.append(block)
        try:
            with block:
                yield block
        finally:
            while self.blocks[-1] is not block:
                self.blocks.pop().__exit__()
            self.blocks.pop()

    def check_length(self) -> None:
        """An error once the recording is longer than is sensible to compile."""
        if len(self.block.values) > VALUE_LIMIT:
            raise error("too_long", limit=VALUE_LIMIT)

    def symbol(self, high: Dim | None = None) -> Symbol:
        """A new symbol between 0 and ``high``."""
        self._symbols += 1
        return Symbol(f"i{self._symbols - 1}", 0, high)

    # --- inputs -------------------------------------------------------------------------------

    def input(
        self,
        name: str,
        concrete: np.ndarray | np.generic,
        weak: type | None = None,
        layout: Layout = None,
        shape: tuple[int, ...] | None = None,
    ) -> Array:
        """An input of the innermost block, with the value that this recording sees.

        ``weak`` is the type of a Python scalar. ``layout`` gives element strides where every
        call of the path is known to have them; else NumPy's views of a reshape are unknown.
        ``shape``: where the sizes of the array have names.
        """
        found = self._input(self.block, name, concrete, weak, layout, shape=shape)
        if not self.has_numbers:
            del self._concrete[found.storage.current]
        return found

    def _input(
        self,
        block: Block,
        name: str,
        concrete: Any,
        weak: type | None,
        layout: Layout,
        key: Any = None,
        shape: tuple[int, ...] | None = None,
    ) -> Array:
        from .array import wrap_in

        scalar = weak is not None or isinstance(concrete, np.generic)
        dtype = WEAK_DTYPE[weak] if weak else check_dtype(concrete.dtype, f"argument {name}")
        array = np.asarray(concrete, dtype)
        value = block.input(name, ArrayType(dtype, array.shape if shape is None else shape))
        self._concrete[value] = array
        if key is not None:
            self.keys[value] = key
        bound = {int: INT_INPUT_BOUND, bool: 1}.get(weak) if weak else None
        return wrap_in(
            self, block, value, weak=weak, bound=bound, scalar=scalar, layout=layout, assumed=False
        )

    def stand_in(self, name: str, value: Value, weak: type | None, scalar: bool) -> Array:
        """An input of the innermost block that stands for a Value of the blocks around it."""
        from .array import wrap_in

        found = self.block.input(name, value.type)
        self._same[found] = value
        bound = {int: INT_INPUT_BOUND, bool: 1}.get(weak) if weak else None
        return wrap_in(
            self,
            self.block,
            found,
            weak=weak,
            bound=bound,
            scalar=scalar,
            layout=None,
            assumed=False,
        )

    def capture(self, source: Source, array: np.ndarray) -> Array:
        """The input that stands for a captured array; one for each source."""
        found = self.captures.get(source)
        if found is None:
            # Captures belong to the whole function, also when a nested block meets them first.
            name = "".join(str(source).split())
            found = self._input(self.blocks[0], name, array, None, None, source)
            self.captures[source] = found
        return found

    def later(self, key: Drawn, name: str) -> Array:
        """The input that stands for the random numbers of a loop, known at its end (`know`)."""
        from .array import wrap_in
        from .layout import contiguous

        block = self.blocks[0]
        value = block.input(name, ArrayType(np.dtype(key.dtype), key.shape))
        self.keys[value] = key
        layout = contiguous(value.shape)
        return wrap_in(
            self, block, value, weak=None, bound=None, scalar=False, layout=layout, assumed=False
        )

    def know(self, later: Array, array: np.ndarray) -> None:
        """The numbers of an input of ``later``."""
        self._concrete[later.storage.current] = array

    def forget(self, later: Array) -> None:
        """Takes an input of ``later`` back, which the regions that are still open do not use."""
        storage = later.storage
        for block in reversed(self.blocks):
            if isinstance(block, RegionBlock) and storage in block.entries:
                entry = block.entries.pop(storage)
                block.inputs.remove(entry.input)
                storage.current, storage.at = entry.outer, entry.at
        self.blocks[0].inputs.remove(storage.current)
        del self.keys[storage.current]

    def draw(
        self,
        key: Drawn,
        name: str,
        concrete: np.ndarray | np.generic,
        weak: type | None,
        is_large: bool = False,
    ) -> Array:
        """The input that stands for random numbers, which are drawn outside of the kernel."""
        found = self._input(self.blocks[0], name, concrete, weak, None, key)
        if weak is int and is_large:
            found.bound = None
        return found

    def static(self, source: Source, value: object) -> None:
        """Notes a captured scalar or object: the path holds while it has this value."""
        self.statics[source] = value

    # --- numbers ------------------------------------------------------------------------------

    def concrete(self, value: Value) -> np.ndarray:
        """The number that a Value has in this recording."""
        env = self._concrete
        pending = [value]
        while pending:
            top = pending[-1]
            if top in env:
                pending.pop()
                continue
            inside = symbols(top) if top.op is not INPUT else set()
            if inside - self.places.keys():
                raise error("no_number")
            needs = [self._same[top]] if top in self._same else [*top.args]
            needs += [self.places[symbol] for symbol in inside]
            missing = [arg for arg in needs if arg not in env]
            if missing:
                pending += missing
                continue
            if top in self._same:
                env[top] = env[self._same[top]]
            elif top.op is INPUT:
                raise error("no_number" if self.has_numbers else "ahead")
            else:
                numbers = {symbol.name: int(env[self.places[symbol]]) for symbol in inside}
                env[top] = y = _evaluate(top, [env[arg] for arg in top.args], numbers)
                if top.op is INDEX:
                    _check_index(top, int(y), numbers)
            pending.pop()
        return env[value]

    def _is_known(self, value: Value) -> bool:
        """Whether a Value has a number in this recording."""
        if self.has_numbers:
            return True
        try:
            self.concrete(value)
        except AdjitError:
            return False
        return True

    def is_constant(self, value: Value) -> bool:
        """Whether a Value depends on no input, and no size that is known at run time."""
        known = self._constant
        pending = [value]
        while pending:
            top = pending[-1]
            missing = [] if top in known else [arg for arg in top.args if arg not in known]
            if missing:
                pending += missing
                continue
            own = top.op is not INPUT and not symbols(top) and not has_sizes(top)
            known.setdefault(top, own and all(known[arg] for arg in top.args))
            pending.pop()
        return known[value]

    def carries_derivative(self, value: Value) -> bool:
        """Whether a derivative by an argument may flow through a Value."""
        pending, seen = [value], {value}
        while pending:
            top = pending.pop()
            numbers = isinstance(top.type, ArrayType) and not top.type.differentiable
            if numbers or top.op is STOP_GRADIENT:
                continue
            if top.op is INPUT:
                key = self.keys.get(top)
                if key is None or (
                    isinstance(key, int) and (self.active is None or key in self.active)
                ):
                    return True
            fresh = [arg for arg in top.args if arg not in seen]
            seen.update(fresh)
            pending += fresh
        return False

    def is_drawn(self, value: Value) -> bool:
        """Whether a Value follows from random numbers, or moves as if it did."""
        if value in self.moving:
            return True
        if self.drawing is None or not self.drawing.draws:
            return False
        pending, seen = [value], {value}
        while pending:
            top = pending.pop()
            if top.op is INPUT and isinstance(self.keys.get(top), Drawn):
                return True
            fresh = [arg for arg in top.args if arg not in seen]
            seen.update(fresh)
            pending += fresh
        return False

    def slice(self, value: Value) -> tuple[Graph, tuple[Any, ...]]:
        """A Graph that computes one Value, and the keys of its inputs."""
        block = Block()
        new: dict[Value, Value] = {}
        keys: list[Any] = []
        pending = [value]
        while pending:
            top = pending[-1]
            needs = (self._same[top],) if top in self._same else top.args
            missing = [arg for arg in needs if arg not in new]
            if missing:
                pending += missing
                continue
            if top in new:
                pass
            elif top in self._same:
                new[top] = new[self._same[top]]
            elif top.op is INPUT:
                if top not in self.keys:
                    raise error("no_number")
                keys.append(self.keys[top])
                new[top] = block.input("x", top.type)
            else:
                args = [new[arg] for arg in top.args]
                new[top] = block.add(top.op, args, top.attrs, top.regions)
            pending.pop()
        return block.graph([new[value]]), tuple(keys)

    def decide(self, value: Value, reason: str) -> bool | int | float:
        """The outcome of a 0-d Value, guarded unless it is a constant."""
        if value in self._decided:
            return self._decided[value]
        if value.dtype.kind == "c":
            raise error("complex_number")
        outcome: bool | int | float
        if self.is_constant(value):
            outcome = self.concrete(value).item()
        elif innermost(self) is not None:
            refuse(self, reason)
        else:
            if len(self.guards) < len(self._forced):
                # What follows must agree with the outcome, also where rounding differed.
                forced = self._forced[len(self.guards)]
                self._concrete[value] = np.asarray(forced, value.dtype)
            elif value.dtype == BOOL and not self._is_known(value):
                self._concrete[value] = np.asarray(False)
            outcome = self.concrete(value).item()
            self.guards.append(Guard(value, outcome, user_line(), reason))
        self._decided[value] = outcome
        return outcome

    def respell(self, first: int, new: Mapping[Value, Value]) -> None:
        """Renames the Values of the guards from number ``first`` on."""
        self.guards[first:] = renamed(self.guards[first:], new)


def _check_index(value: Value, number: int, numbers: Mapping[str, int]) -> None:
    try:
        checked_index(value, number, numbers)
    except IndexError as problem:
        raise located("index", str(problem)) from None


def _evaluate(value: Value, args: list[Any], numbers: Mapping[str, int]) -> Any:
    few = value.op is not LOOP or (int(args[0]) < NATIVE_FROM and not value.attr("test"))
    if few or numbers or are_asked():  # native code would be of the sample's sizes
        try:
            with unasked():
                return evaluate(value, args, numbers)
        except np.linalg.LinAlgError as problem:
            raise located("linalg", str(problem)) from None
    from .build import evaluate_natively

    try:
        return evaluate_natively(value, args)
    except Failure as problem:
        raise located(problem.kind, str(problem)) from None
