"""Random Graphs composed from the op table, with arrays to run them on.

`graphs()` keeps values in tame ranges, so that derivatives can be compared with differences.
`graphs(exact=True)` draws only ops whose results are the same to the bit however they are
computed, and puts NaN, infinities and signed zeros into the inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from samples import dtypes_of

from adjit.ir import ops
from adjit.ir.errors import IRError
from adjit.ir.graph import Block, Graph, Value
from adjit.ir.interpret import evaluate
from adjit.ir.op import OPS, Op, Unknown
from adjit.ir.types import BOOL, F64, I64, ArrayType, broadcast_shapes

Draw = Callable[[st.SearchStrategy[Any]], Any]

SHAPES = [(), (1,), (3,), (2, 3), (3, 1), (1, 3), (3, 2), (0,), (2, 0), (2, 1, 3)]
EXACT = {
    "add",
    "sub",
    "mul",
    "div",
    "neg",
    "abs",
    "sign",
    "sqrt",
    "floor",
    "ceil",
    "trunc",
    "rint",
    "copysign",
    "maximum",
    "minimum",
    "fmax",
    "fmin",
    "where",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "logical_and",
    "logical_or",
    "logical_not",
    "isnan",
    "isinf",
    "isfinite",
    "stop_gradient",
    "cast",
}
SPECIAL = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 0.5, 3.0]
# What has no derivative to compare with differences, or none that they would see.
OMITTED = {"stop_gradient", "floor_divide"}
LARGEST = 64
"""Elements that a value may have."""


class _Program:
    def __init__(self, draw: Draw, exact: bool) -> None:
        self.draw = draw
        self.exact = exact
        self.block = Block()
        self.found: dict[Value, np.ndarray] = {}
        names = [
            op.name
            for op in OPS.values()
            if op.kind == "pointwise"
            and not op.name.startswith("test_")
            and I64 not in dtypes_of(op)
        ]
        self.pointwise = [
            name for name in names if (name in EXACT if exact else name not in OMITTED)
        ]

    def pick(self, options: Sequence[Any]) -> Any:
        return self.draw(st.sampled_from(list(options)))

    def integer(self, low: int, high: int) -> int:
        return int(self.draw(st.integers(low, high)))

    def input(self) -> None:
        shape = self.pick(SHAPES)
        # The position keeps inputs apart: between equal ones, extrema tie in ways that
        # differences cannot tell from smooth.
        rng = np.random.default_rng((self.integer(0, 2**16), len(self.found)))
        array = np.asarray(rng.uniform(-2, 2, shape))
        if self.exact:
            special = rng.choice(SPECIAL, shape)
            array = np.asarray(np.where(rng.uniform(size=shape) < 0.6, special, array))
        value = self.block.input(f"x{len(self.block.inputs)}", ArrayType(F64, shape))
        self.found[value] = array

    def concrete(self, value: Value) -> np.ndarray:
        """The array of a value; ops that a rule appended on the way are computed, too."""
        if value not in self.found:
            for known in self.block.values:
                if known not in self.found:
                    args = [self.found[arg] for arg in known.args]
                    self.found[known] = np.asarray(evaluate(known, args))
        return self.found[value]

    def operand(self, kind: str = "f", fits: Sequence[Value] = ()) -> Value:
        """A value drawn earlier whose shape broadcasts with those of ``fits``."""
        shapes = [value.shape for value in fits]
        return self.pick(
            [v for v in self.found if v.dtype.kind == kind and _fit(*shapes, v.shape)]
            or [ops.const(True) if kind == "b" else ops.const(0.75)]
        )

    def within(self, x: Value, domain: tuple[float, float]) -> Value:
        """``x``, squashed into ``domain`` where it is not there yet."""
        low, high = domain
        array = self.concrete(x)
        if self.exact or (np.all(array > low) and np.all(array < high)):
            return x
        return ops.add(ops.mul(ops.sin(x), 0.45 * (high - low)), 0.5 * (high + low))

    # --- one step each ----------------------------------------------------------------------

    def apply(self) -> Value:
        op: Op = OPS[self.pick(self.pointwise)]
        args: list[Value] = []
        for dtype, partial in zip(dtypes_of(op), op.partials, strict=True):
            if isinstance(partial, Unknown):
                args.append(ops.const(sum(op.domain) / 2))
                continue
            arg = self.operand(dtype.kind, args)
            args.append(arg if dtype == BOOL else self.within(arg, op.domain))
        return op(*args)

    def reduce(self) -> Value:
        x = self.operand()
        axes = tuple(axis for axis in range(len(x.shape)) if self.draw(st.booleans()))
        empty = any(x.shape[axis] == 0 for axis in axes)
        names = ["sum"] if empty or self.exact else ["sum", "prod", "max", "min"]
        if self.exact and not empty:
            names += ["max", "min"]
        return OPS[self.pick(names)](x, axes=axes)

    def move(self) -> Value:
        x = self.operand()
        rank = len(x.shape)
        name = self.pick(["transpose", "reshape", "broadcast", "flat"])
        if name == "transpose":
            return ops.transpose(x, perm=tuple(self.draw(st.permutations(range(rank)))))
        if name == "broadcast":
            return ops.broadcast(x, shape=(self.integer(0, 2), *x.shape))
        if name == "flat":
            return ops.reshape(x, shape=(x.type.size,))
        at = self.integer(0, rank)
        return ops.reshape(x, shape=(*x.shape[:at], 1, *x.shape[at:]))

    def region(self, x: Value) -> dict[str, tuple[int, ...]]:
        start, step, size = [], [], []
        for dim in x.shape:
            count = self.integer(0, dim)
            by = self.pick([1, 2, -1]) if count > 1 else 1
            while count > 1 and abs(by) * (count - 1) >= dim:
                by = 1 if by > 0 else -1
                break
            reach = abs(by) * (count - 1) if count else 0
            low = self.integer(0, max(dim - 1 - reach, 0))
            start.append(low + reach if by < 0 else low)
            step.append(by)
            size.append(count)
        return {"start": tuple(start), "step": tuple(step), "size": tuple(size)}

    def read(self) -> Value:
        x = self.operand()
        return ops.slice_(x, **self.region(x))

    def write(self) -> Value:
        x = self.operand()
        where = self.region(x)
        size = where.pop("size")
        values = [
            v for v in self.found if v.dtype == F64 and _fit(v.shape, size) and _into(v, size)
        ]
        v = self.pick(values) if values else ops.const(0.5)
        if v.shape != size:
            v = ops.broadcast(v, shape=size)
        return self.pick([ops.update, ops.accumulate])(x, v, **where)

    def contract(self) -> Value:
        x = self.operand()
        z = self.operand()
        left = "abcdef"[: len(x.shape)]
        right = ""
        for axis, dim in enumerate(z.shape):
            same = [i for i, d in zip(left, x.shape, strict=True) if d == dim and i not in right]
            shared = bool(same) and self.draw(st.booleans())
            right += self.pick(same) if shared else "uvwxyz"[axis]
        both = set(left) & set(right)
        kept = [i for i in dict.fromkeys(left + right) if i not in both or self.draw(st.booleans())]
        result = "".join(self.draw(st.permutations(kept)))
        return ops.contract(x, z, spec=f"{left},{right}->{result}")

    def step(self) -> None:
        moves = [self.apply] * 5 + [self.reduce, self.move, self.read, self.write]
        if not self.exact:
            moves.append(self.contract)
        y = self.pick(moves)()
        if y.dtype.kind == "f" and not self.exact:
            size = float(np.max(np.abs(self.concrete(y)), initial=0.0))
            if size > 4.0:
                y = ops.mul(y, 2.0 / size)
        if y.type.size > LARGEST or len(y.shape) > 4:
            y = ops.sum_(y, axes=tuple(range(len(y.shape))))
        self.concrete(y)

    def outputs(self) -> list[Value]:
        candidates = [v for v in self.block.values if v.dtype.kind == "f"]
        used = {arg for value in self.block.values for arg in value.args}
        loose = [v for v in candidates if v not in used]
        return (loose or [*self.block.inputs])[-3:]


def _fit(*shapes: tuple[int, ...]) -> bool:
    try:
        broadcast_shapes(*shapes)
    except IRError:
        return False
    return True


def _into(value: Value, shape: tuple[int, ...]) -> bool:
    return broadcast_shapes(value.shape, shape) == shape


@st.composite
def graphs(draw: Draw, exact: bool = False, largest: int = 12) -> tuple[Graph, list[np.ndarray]]:
    """A Graph of 3 to ``largest`` steps (some of a few ops) and arrays for its inputs."""
    program = _Program(draw, exact)
    with program.block:
        for _ in range(program.integer(1, 3)):
            program.input()
        for _ in range(program.integer(3, largest)):
            program.step()
        outputs = program.outputs()
    inputs = [program.found[value] for value in program.block.inputs]
    return program.block.graph(outputs), inputs


def same_bits(left: np.ndarray, right: np.ndarray) -> bool:
    """Equal to the bit, except that a NaN equals any other NaN."""
    left, right = np.asarray(left), np.asarray(right)
    if left.dtype != right.dtype or left.shape != right.shape:
        return False
    if left.dtype == BOOL or left.dtype.kind in "iu":
        return bool(np.all(left == right))
    nan = np.isnan(left)
    return bool(
        np.all(nan == np.isnan(right))
        and np.all(left[~nan] == right[~nan])
        and np.all(np.signbit(left[~nan]) == np.signbit(right[~nan]))
    )
