"""``simplify``: constant folding, algebra that is exact in IEEE arithmetic, common
subexpressions (by interning) and dead code.

A rule is a function of an op application that returns a simpler Value or None; rules stand in
a table by op name. Nothing here changes a result by a bit, except that ``x**2`` and ``x**-1``
become a product and a quotient, as in NumPy itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..graph import Block, Graph, Value, current_block, renamed, symbols
from ..interpret import evaluate
from ..op import CONST, const, constant_of
from ..ops import (
    add,
    affine,
    broadcast,
    dim,
    dim_of,
    div,
    get,
    mul,
    neg,
    reshape,
    slice_,
    sub,
    transpose,
    where,
)
from ..ops.families import UPDATES
from ..ops.structure import are_disjoint
from ..types import I64, Affine, ArrayType, broadcast_shapes
from .overwritten import drop_overwritten, region_of
from .prune import check_of, needed_values, prune, remove_dead, used_results

FOLD_LIMIT = 64
"""Constants of at most this many elements are computed at compile time."""

HOPS = 32
"""Updates elsewhere in an array that a read of a region looks behind."""

Rule = Callable[[tuple[Value, ...], dict[str, Any]], Value | None]
RULES: dict[str, list[Rule]] = {}


def simplify(graph: Graph) -> Graph:
    block = Block(graph.inputs)
    new: dict[Value, Value] = {value: value for value in graph.inputs}
    results: dict[Value, list[Value]] = {}
    needed = needed_values(graph)
    used = used_results(needed)
    with block:
        for value in graph.values:
            if value not in needed:
                continue
            args = tuple(new.get(arg, arg) for arg in value.args)
            if value.op is get:
                new[value] = results[value.args[0]][value.attr("index")]
            elif value.regions and value.op.kind == "control":
                regions = tuple(simplify(region) for region in value.regions)
                results[value] = prune(value, args, regions, used.get(value, set()))
            else:
                regions = tuple(simplify(region) for region in value.regions)
                new[value] = _rewrite(value, args, regions)
    guards = renamed(graph.guards, new)
    outputs = [new[value] for value in graph.outputs]
    return drop_overwritten(remove_dead(block.graph(outputs, guards)))


def _rewrite(value: Value, args: tuple[Value, ...], regions: tuple[Graph, ...]) -> Value:
    attrs = dict(value.attrs)
    if value.op.kind == "leaf" and not args:
        return current_block().add(value.op, args, value.attrs, regions)
    folded = _fold(value, args)
    if folded is not None:
        return folded
    if value.dtype == I64 and not value.shape and value.op in (add, sub, mul, neg):
        number = affine(value.op.name, [dim_of(arg) for arg in args])
        if isinstance(number, Affine):
            return dim(value=number)
    found = _first_match(value.op.name, args, attrs)
    if found is not None:
        return _fit(found, value.type)
    if value.op.kind == "pointwise" and any(arg.op.name == "broadcast" for arg in args):
        args = _drop_broadcasts(args, value.type)
    return current_block().add(value.op, args, value.attrs, regions)


def _first_match(name: str, args: tuple[Value, ...], attrs: dict[str, Any]) -> Value | None:
    """What the rules make of an application, and of what they made; None where none applies."""
    for rule in RULES.get(name, ()):
        found = rule(args, attrs)
        if found is not None:
            again = _first_match(found.op.name, found.args, dict(found.attrs))
            return found if again is None else _fit(again, found.type)
    return None


def _fit(value: Value, type: ArrayType) -> Value:
    return value if value.type == type else broadcast(value, shape=type.shape)


def _fold(value: Value, args: tuple[Value, ...]) -> Value | None:
    if value.regions or not args:
        return None
    arrays = []
    for arg in args:
        array = constant_of(arg)
        if array is None:
            return None
        arrays.append(array)
    splat = all(array.ndim == 0 for array in arrays)
    if value.op.kind == "pointwise" and splat:
        scalar = const(_evaluate(value, arrays))
        return _fit(scalar, value.type)
    if value.op.name == "cast" and splat:
        return _fit(const(_evaluate(value, arrays)), value.type)
    if value.op.name in ("reshape", "transpose", "slice") and splat:
        return _fit(const(arrays[0]), value.type)
    if value.op.name == "broadcast":
        return None
    if value.op.kind == "control" or value.op.name == "index" or symbols(value):
        return None
    if check_of(value) is not None:
        return None
    small = all(arg.op is CONST and arg.type.size <= FOLD_LIMIT for arg in args)
    if small and value.type.size <= FOLD_LIMIT:
        return const(_evaluate(value, arrays))
    return None


def _evaluate(value: Value, arrays: list[Any]) -> np.ndarray:
    y = evaluate(value, arrays)
    return np.asarray(y, dtype=value.dtype)


def _drop_broadcasts(args: tuple[Value, ...], type: ArrayType) -> tuple[Value, ...]:
    """Arguments without the broadcasts that the op does by itself."""
    bare = [arg.args[0] if arg.op.name == "broadcast" else arg for arg in args]
    for position, arg in enumerate(args):
        if bare[position] is arg:
            continue
        candidate = (*bare[: position + 1], *args[position + 1 :])
        if broadcast_shapes(*[v.shape for v in candidate]) != type.shape:
            bare[position] = arg
    return tuple(bare)


# --- rules ----------------------------------------------------------------------------------


def rule(*names: str) -> Callable[[Rule], Rule]:
    def enter(function: Rule) -> Rule:
        for name in names:
            RULES.setdefault(name, []).append(function)
        return function

    return enter


def _is(value: Value, number: float) -> bool:
    """Whether a Value is a scalar constant with these very bits (so -0 is not 0)."""
    array = constant_of(value)
    if array is None or array.ndim:
        return False
    return bool(array == number) and bool(np.signbit(float(array)) == np.signbit(number))


def _is_float(value: Value) -> bool:
    return value.dtype.kind == "f"


@rule("add")
def _add(args: tuple[Value, ...], attrs: dict) -> Value | None:
    x, y = args
    zero = -0.0 if _is_float(x) else 0.0
    if _is(x, zero):
        return y
    if _is(y, zero):
        return x
    if y.op.name == "neg":
        return sub(x, y.args[0])
    if x.op.name == "neg":
        return sub(y, x.args[0])
    return None


@rule("sub")
def _sub(args: tuple[Value, ...], attrs: dict) -> Value | None:
    x, y = args
    if _is(y, 0.0):
        return x
    return add(x, y.args[0]) if y.op.name == "neg" else None


@rule("mul")
def _mul(args: tuple[Value, ...], attrs: dict) -> Value | None:
    for x, y in (args, args[::-1]):
        if _is(x, 1.0):
            return y
        if _is(x, -1.0):
            return neg(y)
    x, y = args
    if x.op.name == "neg" and y.op.name == "neg":
        return mul(x.args[0], y.args[0])
    return None


@rule("div")
def _div(args: tuple[Value, ...], attrs: dict) -> Value | None:
    x, y = args
    if _is(y, 1.0):
        return x
    array = constant_of(y)
    if array is not None and array.ndim == 0 and _exact_reciprocal(float(array)):
        return mul(x, const(1.0 / float(array), x.dtype))
    return None


def _exact_reciprocal(number: float) -> bool:
    mantissa, exponent = np.frexp(number)
    return abs(mantissa) == 0.5 and abs(exponent) < 100


@rule("neg")
def _neg(args: tuple[Value, ...], attrs: dict) -> Value | None:
    return args[0].args[0] if args[0].op.name == "neg" else None


@rule("pow")
def _pow(args: tuple[Value, ...], attrs: dict) -> Value | None:
    x, y = args
    if _is(y, 1.0):
        return x
    if _is(y, 2.0):
        return mul(x, x)
    if _is_float(x) and _is(y, -1.0):
        return div(const(1.0, x.dtype), x)
    if _is(y, 0.0):
        return const(1, x.dtype)
    return None


@rule("logical_not")
def _logical_not(args: tuple[Value, ...], attrs: dict) -> Value | None:
    return args[0].args[0] if args[0].op.name == "logical_not" else None


@rule("logical_and")
def _logical_and(args: tuple[Value, ...], attrs: dict) -> Value | None:
    for x, y in (args, args[::-1]):
        if _is(x, 1.0) or x is y:
            return y
        if _is(x, 0.0):
            return x
    return None


@rule("logical_or")
def _logical_or(args: tuple[Value, ...], attrs: dict) -> Value | None:
    for x, y in (args, args[::-1]):
        if _is(x, 0.0) or x is y:
            return y
        if _is(x, 1.0):
            return x
    return None


@rule("where")
def _where(args: tuple[Value, ...], attrs: dict) -> Value | None:
    c, x, y = args
    if x is y or _is(c, 1.0):
        return x
    if _is(c, 0.0):
        return y
    if c.op.name == "logical_not":
        return where(c.args[0], y, x)
    if x.op.name == "where" and x.args[0] is c:
        return where(c, x.args[1], y)
    if y.op.name == "where" and y.args[0] is c:
        return where(c, x, y.args[2])
    return None


@rule("cast")
def _cast(args: tuple[Value, ...], attrs: dict) -> Value | None:
    (x,) = args
    if x.dtype == attrs["dtype"]:
        return x
    if x.op.name == "cast" and x.args[0].dtype == attrs["dtype"]:
        return x.args[0] if _holds_exactly(x.dtype, x.args[0].dtype) else None
    return None


def _holds_exactly(wide: np.dtype, narrow: np.dtype) -> bool:
    """Whether every number of ``narrow`` is one of ``wide``; NumPy says so of i64 in f64, too."""
    if wide.kind == "f" and narrow.kind in "iu":
        return narrow.itemsize * 8 <= np.finfo(wide).nmant
    return np.can_cast(narrow, wide, "safe")


@rule("broadcast")
def _broadcast(args: tuple[Value, ...], attrs: dict) -> Value | None:
    (x,) = args
    if x.shape == attrs["shape"]:
        return x
    return broadcast(x.args[0], shape=attrs["shape"]) if x.op.name == "broadcast" else None


@rule("reshape")
def _reshape(args: tuple[Value, ...], attrs: dict) -> Value | None:
    (x,) = args
    if x.shape == attrs["shape"]:
        return x
    return reshape(x.args[0], shape=attrs["shape"]) if x.op.name == "reshape" else None


@rule("transpose")
def _transpose(args: tuple[Value, ...], attrs: dict) -> Value | None:
    (x,), perm = args, attrs["perm"]
    if perm == tuple(range(len(perm))):
        return x
    if x.op.name == "transpose":
        inner = x.attr("perm")
        return transpose(x.args[0], perm=tuple(inner[axis] for axis in perm))
    return None


@rule("slice")
def _slice(args: tuple[Value, ...], attrs: dict) -> Value | None:
    (x,) = args
    start, step, size = attrs["start"], attrs["step"], attrs["size"]
    if size == x.shape and all(by == 1 for by in step):
        return x
    if x.op.name == "slice":
        inner_start, inner_step = x.attr("start"), x.attr("step")
        at = tuple(a + b * c for a, b, c in zip(inner_start, inner_step, start, strict=True))
        by = tuple(b * c for b, c in zip(inner_step, step, strict=True))
        return slice_(x.args[0], start=at, step=by, size=size)
    before = x
    for _ in range(HOPS):
        if before.op.name not in UPDATES:
            break
        written = region_of(before)
        # An array that was computed stands where it was written: it is not computed again.
        content = before.args[1]
        small = content.op.kind != "pointwise" or all(dim == 1 for dim in size)
        if written == (start, step, size) and before.op.name == "update" and small:
            return content
        if not are_disjoint(written, (start, step, size)):
            break
        before = before.args[0]
    return None if before is x else slice_(before, **attrs)


@rule("update")
def _update(args: tuple[Value, ...], attrs: dict) -> Value | None:
    x, v = args
    if v.shape == x.shape and all(by == 1 for by in attrs["step"]):
        return v
    return None


@rule("accumulate")
def _accumulate(args: tuple[Value, ...], attrs: dict) -> Value | None:
    x, v = args
    return add(x, v) if v.shape == x.shape and all(by == 1 for by in attrs["step"]) else None


@rule("prod", "max", "min", "any", "all")
def _reduce(args: tuple[Value, ...], attrs: dict) -> Value | None:
    (x,), axes = args, attrs["axes"]
    if all(x.shape[axis] == 1 for axis in axes):
        kept = tuple(dim for axis, dim in enumerate(x.shape) if axis not in axes)
        return x if kept == x.shape else reshape(x, shape=kept)
    return None


@rule("sum")
def _sum(args: tuple[Value, ...], attrs: dict) -> Value | None:
    bare = _reduce(args, attrs)
    # NumPy starts a sum at 0.0, which makes -0.0 a 0.0.
    return add(bare, 0.0) if bare is not None and _is_float(bare) else bare
