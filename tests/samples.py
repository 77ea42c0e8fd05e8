"""Sample applications of every op of the table; an op that has none here fails `test_ops.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from derivatives import build, floats
from matrix_samples import MATRIX_SAMPLES

from adjit.ir import ops
from adjit.ir.errors import IRError
from adjit.ir.graph import Block, Graph
from adjit.ir.op import OPS, Op, Unknown
from adjit.ir.types import BOOL, F32, F64, I64, ArrayType

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Sample:
    op: Op
    label: str
    graph: Graph
    args: list[np.ndarray]

    @property
    def fixed(self) -> list[int]:
        """The inputs by which the derivative is not known."""
        return [i for i, p in enumerate(self.op.partials) if isinstance(p, Unknown)]

    @property
    def wrt(self) -> list[int]:
        return floats(self.graph.inputs, self.fixed)

    def single(self) -> Sample:
        """The same in f32."""
        args = [a.astype(F32) if a.dtype == F64 else a for a in self.args]
        value = self.graph.values[-1]
        block = Block()
        with block:
            inputs = [
                block.input(v.attr("name"), replace(v.type, dtype=a.dtype))
                for v, a in zip(self.graph.inputs, args, strict=True)
            ]
            y = block.add(self.op, inputs, value.attrs)
        return Sample(self.op, self.label, block.graph([y]), args)

    def __repr__(self) -> str:
        return f"{self.op.name}-{self.label}"


SHAPES: dict[int, list[tuple[Shape, ...]]] = {
    1: [((3,),), ((),), ((2, 0),)],
    2: [((3,), (3,)), ((2, 3), (3,)), ((), (2, 1)), ((2, 1), (1, 3)), ((1, 3), (0, 1))],
    3: [((3,), (3,), (3,)), ((2, 1), (3,), ()), ((), (2, 3), (1, 3)), ((1,), (0,), (1,))],
}


def _draw(rng: np.random.Generator, shape: Shape, domain: tuple[float, float]) -> np.ndarray:
    return np.asarray(rng.uniform(*domain, shape))


def dtypes_of(op: Op) -> list[np.dtype]:
    """Of the arguments of a pointwise op, floats where it takes them."""
    count = len(op.partials)
    mixed = [[BOOL, F64, F64], [F64, I64]]
    for dtypes in ([F64] * count, [BOOL] * count, [I64] * count, *mixed):
        if len(dtypes) == count:
            try:
                op.infer(*[ArrayType(dtype, ()) for dtype in dtypes])
            except IRError:
                continue
            return dtypes
    raise AssertionError(f"no arguments for {op}")


def _pointwise(op: Op) -> Iterator[Sample]:
    rng = np.random.default_rng(5)
    for shapes in SHAPES[len(op.partials)]:
        drawn = [_draw(rng, shape, op.domain) for shape in shapes]
        args = [
            np.asarray(a > 0 if dtype == BOOL else a.astype(dtype))
            for a, dtype in zip(drawn, dtypes_of(op), strict=True)
        ]
        yield Sample(op, str(shapes).replace(" ", ""), build(args, op), args)


def _at(*shapes: Shape, dtype: np.dtype = F64, **attrs: object) -> Callable[[Op], Sample]:
    def make(op: Op) -> Sample:
        rng = np.random.default_rng(6)
        args = [_draw(rng, shape, (-2.0, 2.0)).astype(dtype) for shape in shapes]
        if dtype == BOOL:
            args = [a > 0 for a in (_draw(rng, shape, (-2.0, 2.0)) for shape in shapes)]
        label = ",".join(map(str, [*shapes, *attrs.values()])).replace(" ", "")
        return Sample(op, label, build(args, lambda *xs: op(*xs, **attrs)), args)

    return make


def _searched(op: Op, size: Shape, count: Shape, side: str) -> Sample:
    rng = np.random.default_rng(7)
    args = [np.sort(_draw(rng, size, (-2.0, 2.0))), _draw(rng, count, (-2.0, 2.0))]
    return Sample(op, side, build(args, lambda x, v: op(x, v, side=side)), args)


_REDUCTIONS = [
    _at((3, 2), axes=(0,)),
    _at((3, 2), axes=(0, 1)),
    _at((2, 3, 2), axes=(0, 2)),
    _at((2, 1, 3), axes=(1,)),
    _at((2,), axes=()),
    _at((), axes=()),
    _at((5,), axes=(0,)),
    _at((0, 3), axes=(1,)),
]
_EMPTY = [_at((0, 3), axes=(0,)), _at((0,), axes=(0,))]
_LOGICAL = [_at((3, 2), dtype=BOOL, axes=(0,)), _at((0, 2), dtype=BOOL, axes=(0,))]
_REGIONS: list[tuple[Shape, dict[str, tuple[int, ...]], Shape]] = [
    ((5,), {"start": (1,), "step": (1,)}, (3,)),
    ((5,), {"start": (4,), "step": (-1,)}, (5,)),
    ((5,), {"start": (3,), "step": (-2,)}, (2,)),
    ((4, 3), {"start": (0, 2), "step": (2, -1)}, (2, 2)),
    ((4, 3), {"start": (1, 0), "step": (1, 1)}, (1, 3)),
    ((4,), {"start": (2,), "step": (1,)}, (0,)),
    ((0, 3), {"start": (0, 1), "step": (1, 1)}, (0, 2)),
    ((), {"start": (), "step": ()}, ()),
]
_WRITES = [_at(x, v, **region) for x, region, v in _REGIONS]

STRUCTURAL: dict[str, list[Callable[[Op], Sample]]] = {
    "input": [],
    "const": [
        lambda op: Sample(op, "array", build([], lambda: ops.const(np.eye(2))), []),
        lambda op: Sample(op, "empty", build([], lambda: ops.const(np.ones((0, 2)))), []),
    ],
    "broadcast": [
        _at((), shape=(2, 3)),
        _at((3,), shape=(2, 3)),
        _at((2, 1), shape=(4, 2, 3)),
        _at((1,), shape=(0,)),
        _at((2,), shape=(2,)),
    ],
    "reshape": [
        _at((2, 3), shape=(3, 2)),
        _at((1,), shape=()),
        _at((0, 2), shape=(5, 0)),
        _at((4,), shape=(2, 1, 2)),
    ],
    "transpose": [_at((2, 3), perm=(1, 0)), _at((2, 3, 4), perm=(1, 2, 0)), _at((), perm=())],
    "slice": [_at(x, **region, size=v) for x, region, v in _REGIONS],
    "update": _WRITES,
    "accumulate": _WRITES,
    "iota": [
        lambda op: Sample(op, "i64", build([], lambda: op(size=4, dtype=I64)), []),
        lambda op: Sample(op, "empty", build([], lambda: op(size=0, dtype=F64)), []),
    ],
    "sum": _REDUCTIONS + _EMPTY,
    "prod": _REDUCTIONS + _EMPTY,
    "max": _REDUCTIONS,
    "min": _REDUCTIONS,
    "any": _LOGICAL,
    "all": _LOGICAL,
    "argsort": [
        _at((7,)),
        _at((2, 5)),
        _at((2, 1, 3), dtype=I64),
        _at((4,), dtype=BOOL),
        _at((0,)),
        _at((2, 0)),
        _at((0, 3)),
        _at((1,)),
    ],
    "searchsorted": [
        lambda op: _searched(op, (5,), (3,), "left"),
        lambda op: _searched(op, (5,), (2, 3), "right"),
        lambda op: _searched(op, (1,), (4,), "right"),
        lambda op: _searched(op, (0,), (2,), "left"),
        lambda op: _searched(op, (3,), (0,), "left"),
    ],
    "fft": [
        _at((4, 2), inverse=False),
        _at((3, 5, 2), inverse=True),
        _at((0, 3, 2), inverse=False),
        _at((1, 2), inverse=True),
    ],
    "rfft": [_at((4,)), _at((2, 5)), _at((1,)), _at((0, 2))],
    "irfft": [_at((3, 2), size=4), _at((2, 3, 2), size=5), _at((1, 2), size=1)],
    "contract": [
        _at((2, 3), (3, 4), spec="ab,bc->ac"),
        _at((2, 3), (3,), spec="ab,b->a"),
        _at((3,), (3,), spec="a,a->"),
        _at((2,), (3,), spec="a,b->ba"),
        _at((2, 3, 4), (2, 4, 2), spec="abc,acd->abd"),
        _at((2, 3, 4), (4, 2), spec="abc,ca->b"),
        _at((2, 3), (2, 3), spec="ab,ab->a"),
        _at((), (), spec=",->"),
        _at((2, 0), (0, 3), spec="ab,bc->ac"),
        _at((1, 3), (3, 1), spec="ab,bc->ca"),
    ],
    **MATRIX_SAMPLES,
}


def _cast_samples(op: Op) -> Iterator[Sample]:
    for source, target in [(F64, F64), (F64, I64), (I64, F64), (BOOL, F64)]:
        args = [np.asarray([1.5, -2.25, 0.0]).astype(source)]
        graph = build(args, lambda x, to=target: op(x, dtype=to))
        yield Sample(op, f"{source}-{target}", graph, args)


def samples_of(op: Op) -> list[Sample]:
    if op.kind == "pointwise":
        return list(_pointwise(op))
    if op.name == "cast":
        return list(_cast_samples(op))
    return [make(op) for make in STRUCTURAL[op.name]]


SAMPLES: list[Sample] = [
    sample
    for op in OPS.values()
    if op.kind == "pointwise" or op.name in (*STRUCTURAL, "cast")
    for sample in samples_of(op)
]
"""All samples of all ops of the table."""
