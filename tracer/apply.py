"""A call of a ufunc: dtypes by NumPy's own resolver, shapes, ``out=`` and ``where=``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..ir import ops
from ..ir.errors import IRError
from ..ir.graph import Value
from ..ir.sizes import Size
from ..ir.types import BOOL, Affine, broadcast_shapes
from . import indexing
from . import layout as layouts
from .core import ArrayCore, Lazy
from .errors import error, unsupported
from .layout import Ints, Layout
from .lift import cast_array, lift
from .promote import WEAK_DTYPE, check_dtype, weak_of
from .special import rule_of, without_rule
from .table import FUNCTIONS, settle_layouts
from .ufuncs import COMPARISONS

if TYPE_CHECKING:
    from .array import Array


def call_ufunc(
    ufunc: np.ufunc,
    *inputs: object,
    out: Any = None,
    where: Any = True,
    dtype: Any = None,
    casting: str = "same_kind",
    order: str = "K",
    subok: bool = True,
    signature: Any = None,
) -> Any:
    """Records ``ufunc(*inputs)``: an Array, or a tuple of them, or what was given as ``out``."""
    name = ufunc.__name__
    rule = rule_of(ufunc)
    if rule is None:
        raise without_rule(ufunc)
    if signature is not None:
        raise unsupported(f"np.{name} with signature=", hint="give dtype= instead")
    operands = [as_operand(x, name) for x in inputs]
    targets = _targets(ufunc, out)
    operands = [_settle_comparison(ufunc, operands, at) for at in range(len(operands))]
    loop = _resolve(ufunc, operands, targets, dtype, casting)
    shape = broadcast_shape(name, *[_shape(x) for x in operands])
    mask = None if where is True else _mask(where, name)
    if mask is not None:
        shape = broadcast_shape(name, shape, mask.shape)
    try:
        values = [cast_operand(x, t) for x, t in zip(operands, loop, strict=False)]
        y = rule(*values)
    except IRError as problem:
        raise error("rule", operation=name, text=problem) from problem
    places = [_placed(x) for x in operands if _shape(x)]
    layout = layouts.contiguous(shape) if order == "C" else layouts.elementwise(shape, places)
    results = y if isinstance(y, tuple) else (y,)
    finished = [
        _finish(name, result, promised, shape, target, mask, layout)
        for result, promised, target in zip(results, loop[ufunc.nin :], targets, strict=True)
    ]
    return finished[0] if ufunc.nout == 1 else tuple(finished)


# --- operands -------------------------------------------------------------------------------


def is_operand(x: object) -> bool:
    """Whether NumPy's operators would take ``x`` as an array or number."""
    kinds = (ArrayCore, Lazy, int, float, complex, np.generic, np.ndarray, list, tuple)
    return isinstance(x, kinds)


def as_operand(x: object, operation: str) -> Any:
    """An Array, a Python scalar, or an ndarray of a supported dtype."""
    if isinstance(x, Lazy):
        x = x.array()
    if isinstance(x, Size):
        x = x.as_number()
    if isinstance(x, ArrayCore):
        x._check_alive(operation)
        return x
    if type(x) in WEAK_DTYPE:
        return x
    if isinstance(x, list | tuple):
        from .array import wrap

        return wrap(lift(x))
    array = np.asarray(x)
    if array.dtype == object:
        raise error("not_array", operation=operation, type=type(x).__name__)
    return array.astype(check_dtype(array.dtype, operation), copy=False)


def cast_operand(x: Any, dtype: np.dtype) -> Value:
    """The Value of an operand in the dtype that the ufunc computes in."""
    if isinstance(x, ArrayCore):
        return cast_array(x, dtype)
    return lift(x, dtype)


def _shape(x: Any) -> Ints:
    return x.shape if isinstance(x, ArrayCore) else np.shape(x)


def _placed(x: Any) -> tuple[Ints, Layout]:
    if isinstance(x, ArrayCore):
        return x.shape, x.layout
    return x.shape, tuple(stride // x.itemsize for stride in x.strides)


def _face(x: Any) -> Any:
    """What NumPy's resolver is shown: a dtype, or the class of a weak scalar."""
    weak = weak_of(x)
    if weak in (int, float, complex):
        return weak
    return WEAK_DTYPE[bool] if weak is bool else x.dtype


def _settle_comparison(ufunc: np.ufunc, operands: Sequence[Any], at: int) -> Any:
    """A Python int in a comparison with integers keeps its value, whatever their dtype."""
    x = operands[at]
    if ufunc not in COMPARISONS or weak_of(x) is not int or weak_of(operands[1 - at]) is not None:
        return x
    other = operands[1 - at].dtype
    if other.kind not in "iu":
        return x
    if isinstance(x, ArrayCore):
        from .array import wrap

        return wrap(x.value)
    limits = np.iinfo(other)
    if limits.min <= x <= limits.max:
        return x
    if -(2**63) <= x < 2**64:
        return np.asarray(x)
    # Beyond every integer dtype the answer is that of an infinity.
    return np.asarray(np.inf if x > 0 else -np.inf)


def _resolve(
    ufunc: np.ufunc, operands: Sequence[Any], targets: Sequence[Any], dtype: Any, casting: str
) -> list[np.dtype]:
    """The dtypes that NumPy would compute in, with NumPy's own errors."""
    faces = [_face(x) for x in operands]
    faces += [None if target is None else target.dtype for target in targets]
    fixed: dict[str, Any] = {"casting": casting}
    if dtype is not None:
        result = check_dtype(dtype, ufunc.__name__)
        fixed["signature"] = (None,) * ufunc.nin + (result,) * ufunc.nout
    try:
        resolved = ufunc.resolve_dtypes(tuple(faces), **fixed)
    except TypeError as problem:
        raise error("type", text=problem) from None
    return [check_dtype(found, f"np.{ufunc.__name__}") for found in resolved]


def broadcast_shape(operation: str, *shapes: Ints) -> Ints:
    """NumPy's broadcasting, with NumPy's error; symbolic sizes are equal to themselves only."""
    if all(shape == shapes[0] for shape in shapes):
        return shapes[0]
    try:
        if any(isinstance(dim, Affine | Size) for shape in shapes for dim in shape):
            return broadcast_shapes(*shapes)  # type: ignore[return-value]
        return np.broadcast_shapes(*shapes)
    except (ValueError, IRError):
        listed = " ".join(map(str, shapes))
        raise error("broadcast", operation=operation, shapes=listed) from None


# --- results --------------------------------------------------------------------------------


def _targets(ufunc: np.ufunc, out: Any) -> tuple[Any, ...]:
    targets = out if isinstance(out, tuple) else (out,) + (None,) * (ufunc.nout - 1)
    if len(targets) != ufunc.nout:
        raise error("value", text=f"out of np.{ufunc.__name__} needs {ufunc.nout} arrays")
    for target in targets:
        if isinstance(target, np.ndarray):
            raise error(
                "escape",
                operation=f"np.{ufunc.__name__}(out=)",
                shape=target.shape,
                dtype=target.dtype,
                hint="the target is an array that is not recorded; create it in the function",
            )
        if target is not None and (not isinstance(target, ArrayCore) or target.scalar):
            raise error("type", text="return arrays must be of ArrayType")
    return targets


def _mask(where: Any, name: str) -> Value:
    mask = lift(where)
    if mask.dtype != BOOL:
        text = f"np.{name}(where=): Cannot cast array data from {mask.dtype} to bool ('safe')"
        raise error("type", text=text)
    return mask


def _finish(
    name: str,
    y: Value,
    dtype: np.dtype,
    shape: Ints,
    target: Any,
    mask: Value | None,
    layout: Layout,
) -> Array:
    from .array import wrap

    if y.dtype != dtype:
        y = ops.cast(y, dtype=dtype)
    if target is None:
        if mask is not None:
            hint = "without out= NumPy leaves the other elements undefined; give out="
            raise unsupported(f"np.{name}(where=)", hint=hint)
        y = y if y.shape == shape else ops.broadcast(y, shape=shape)
        return wrap(y, layout=layout)
    if broadcast_shape(name, shape, target.shape) != target.shape:
        text = (
            f"non-broadcastable output operand with shape {target.shape} doesn't match the"
            f" broadcast shape {broadcast_shape(name, shape, target.shape)}"
        )
        raise error("value", text=text)
    if y.dtype != target.dtype:
        y = ops.cast(y, dtype=target.dtype)
    if mask is not None:
        y = ops.where(mask, y, target.value)
    target._write(y if y.shape == target.shape else ops.broadcast(y, shape=target.shape))
    return target


# --- methods of ufuncs ----------------------------------------------------------------------

_REDUCTIONS: dict[Any, Any] = {
    np.add: np.sum,
    np.multiply: np.prod,
    np.maximum: np.max,
    np.minimum: np.min,
    np.logical_and: np.all,
    np.logical_or: np.any,
}


def _has_twin(ufunc: np.ufunc, kwargs: dict[str, Any]) -> bool:
    """Whether a NumPy function takes the keywords of a reduction."""
    return ufunc not in (np.logical_and, np.logical_or) or not {"dtype", "initial"} & set(kwargs)


def call_method(ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """``np.add(...)`` and its methods ``reduce``, ``accumulate``, ``outer``, ``at``."""
    if method == "__call__":
        gufunc = FUNCTIONS.get(ufunc) if ufunc.signature is not None else None
        return gufunc(*inputs, **kwargs) if gufunc else call_ufunc(ufunc, *inputs, **kwargs)
    if (
        method == "reduce"
        and ufunc in _REDUCTIONS
        and len(inputs) == 1
        and _has_twin(ufunc, kwargs)
    ):
        kwargs.setdefault("axis", 0)
        if isinstance(kwargs.get("out"), tuple):
            (kwargs["out"],) = kwargs["out"]
        return FUNCTIONS[_REDUCTIONS[ufunc]](*inputs, **kwargs)
    if method == "outer":
        from .array import wrap

        x, z = (  # no number is weak here
            operand
            if isinstance(operand, ArrayCore) and operand.weak is None
            else wrap(lift(operand))
            for operand in inputs
        )
        x = x._view_reshape(x.shape + (1,) * len(z.shape))
        return call_ufunc(ufunc, x, z, **kwargs)
    if method == "at" and len(inputs) == 3:
        target, index, operand = inputs
        _update_at(ufunc, target, index, operand)
        return None
    if method in ("accumulate", "reduce", "reduceat"):
        from .functions.scans import METHODS

        record: Any = METHODS[method]
        try:
            result = record(ufunc, *inputs, **kwargs)
        except IRError as problem:
            name = f"{ufunc.__name__}.{method}"
            raise error("rule", operation=name, text=problem) from problem
        settle_layouts(result, (inputs, kwargs.values()))
        return result
    raise unsupported(f"np.{ufunc.__name__}.{method}")


def _update_at(ufunc: np.ufunc, target: Any, index: object, operand: Any) -> None:
    """``target[index] = ufunc(target[index], operand)``, one element after the other."""
    rule = rule_of(ufunc)
    if not isinstance(target, ArrayCore) or rule is None or ufunc.nin != 2 or ufunc.nout != 1:
        raise unsupported(f"np.{ufunc.__name__}.at")
    given = operand if weak_of(operand) is not None else as_operand(operand, ufunc.__name__)
    first, second, _ = _resolve(ufunc, [target, given], [target], None, "same_kind")

    def combine(old: Value, new: Value) -> Value:
        old = old if old.dtype == first else ops.cast(old, dtype=first)
        y = rule(old, new)
        assert isinstance(y, Value)
        return y if y.dtype == target.dtype else ops.cast(y, dtype=target.dtype)

    indexing.update_at(target, index, cast_operand(given, second), combine)
