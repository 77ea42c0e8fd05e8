"""What an op is: one row holding its type rule, reference, derivative and lowering.

Three kinds cover almost everything:

* :func:`pointwise`: partial derivatives are given once; VJP and JVP both follow;
* :func:`linear`: its transpose is given once; the JVP is the op itself;
* :func:`general`: VJP and JVP are given.

Derivative rules are functions of Values that build Values in the current Block.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .errors import IRError, NoDerivative
from .graph import Literal, Value, current_block
from .sizes import Size
from .types import NAME_OF_DTYPE, ArrayType, broadcast_shapes

OPS: dict[str, Op] = {}
"""The op table: every op by its name."""

Partial = Callable[..., "Value | Masked | float"]


@dataclass(frozen=True, slots=True)
class Masked:
    """A partial derivative that holds where ``mask`` is true and is exactly zero elsewhere.

    The mask stays apart from the number, so that an infinite factor in a branch that was not
    taken never meets the zero (``0 * inf`` is NaN).
    """

    value: Value | float
    mask: Value


@dataclass(frozen=True, slots=True)
class Unknown:
    """A partial derivative that is not known: an error where it is wanted, never a zero."""

    what: str

    def __call__(self, *args: Value) -> Value:
        raise NoDerivative(f"{self.what} is not known")


@dataclass(frozen=True, eq=False)
class Op:
    """A row of the op table.

    ``infer(*types, **attrs)`` is the type rule, ``reference(*arrays, **attrs)`` the meaning,
    in NumPy. ``vjp(y, g)`` returns one cotangent or None for each argument; ``jvp(y,
    tangents)`` the tangent of ``y``, with None for zero tangents. ``reach(y, mask)`` tells, for
    each argument, which elements matter to those of ``y`` in a mask. ``lower`` is what code
    generation needs: for a pointwise op a callable ``(builder, *scalars)`` or the name of an
    instruction by kind of number. ``expand(args, attrs, present)`` builds what code generation
    knows in place of an application; ``present(name)`` tells whether the op of that name is
    applied to the same arguments, too.
    """

    name: str
    kind: str
    infer: Callable[..., Any]
    reference: Callable[..., Any]
    partials: tuple[Partial | None, ...] = ()
    transpose: Callable[..., tuple[Value | None, ...]] | None = None
    vjp: Callable[[Value, Value], tuple[Value | Masked | None, ...]] | None = None
    jvp: Callable[[Value, Sequence[Value | None]], Value | None] | None = None
    reach: Callable[[Value, Value], tuple[Value | None, ...]] | None = None
    lower: Any = None
    expand: Callable[..., Value] | None = None
    singular: bool = False
    domain: tuple[float, float] = (-3.0, 3.0)
    doc: str = ""

    def __call__(self, *args: Any, **attrs: Any) -> Value:
        if not all(isinstance(arg, Value) for arg in args):
            dtype = next((arg.dtype for arg in args if isinstance(arg, Value)), None)
            args = tuple(arg if isinstance(arg, Value) else const(arg, dtype) for arg in args)
        return current_block().add(self, args, tuple(sorted(attrs.items())))

    def __repr__(self) -> str:
        return f"<op {self.name}>"


def register(op: Op) -> Op:
    if op.name in OPS:
        raise IRError(f"op {op.name!r} is in the table twice")
    OPS[op.name] = op
    return op


# --- type rules of pointwise ops ------------------------------------------------------------


def _elementwise(kinds: str, result: np.dtype | None, name: str) -> Callable[..., ArrayType]:
    """All arguments of one dtype whose kind is in ``kinds``; broadcast shapes."""

    def infer(*types: ArrayType) -> ArrayType:
        first = types[0]
        dtype = first.dtype
        alike = all(t is first for t in types)  # most are, and programs are long
        if not alike and any(t.dtype != dtype for t in types):
            raise IRError(f"{name}: dtypes differ: {', '.join(map(str, types))}")
        if dtype.kind not in kinds:
            raise IRError(f"{name} is not defined for {dtype}")
        if alike and result is None:
            return first
        shape = broadcast_shapes(*[t.shape for t in types])
        return ArrayType(dtype if result is None else result, shape)

    return infer


def pointwise(
    name: str,
    reference: Callable[..., Any],
    *partials: Partial | None,
    lower: Any,
    singular: bool = False,
    kinds: str = "f",
    result: np.dtype | None = None,
    infer: Callable[..., ArrayType] | None = None,
    domain: tuple[float, float] = (-3.0, 3.0),
    doc: str = "",
) -> Op:
    """An op on scalars, applied to broadcast arguments.

    ``partials[i](*args, y)`` is the derivative by argument i (None: zero everywhere;
    :class:`Unknown`: an error).
    ``singular``: the result or a partial can be infinite or NaN at finite arguments, which
    is what decides where a cotangent needs a select (`ir.passes.adjoint`). ``domain`` is where
    the op's generated tests draw their arguments from.
    """
    return register(
        Op(
            name,
            "pointwise",
            infer or _elementwise(kinds, result, name),
            reference,
            partials=partials,
            lower=lower,
            singular=singular,
            domain=domain,
            doc=doc,
        )
    )


def linear(
    name: str,
    reference: Callable[..., Any],
    infer: Callable[..., ArrayType],
    transpose: Callable[..., tuple[Value | None, ...]],
    lower: Any = None,
    doc: str = "",
) -> Op:
    """An op that is linear in all its arguments together.

    ``transpose(g, *args, **attrs)`` returns the cotangents of the arguments.
    """
    return register(Op(name, "linear", infer, reference, transpose=transpose, lower=lower, doc=doc))


def general(
    name: str,
    reference: Callable[..., Any],
    infer: Callable[..., ArrayType],
    vjp: Callable[[Value, Value], tuple[Value | Masked | None, ...]],
    jvp: Callable[[Value, Sequence[Value | None]], Value | None],
    reach: Callable[[Value, Value], tuple[Value | None, ...]],
    expand: Callable[..., Value] | None = None,
    doc: str = "",
) -> Op:
    """An op with a VJP and a JVP of its own."""
    rules: dict[str, Any] = {"vjp": vjp, "jvp": jvp, "reach": reach, "expand": expand}
    return register(Op(name, "general", infer, reference, doc=doc, **rules))


# --- inputs and constants -------------------------------------------------------------------


def _no_reference(**attrs: Any) -> Any:
    raise IRError("an input has no value of its own")


def _input_type(**attrs: Any) -> ArrayType:
    raise IRError("inputs are made by Block.input")


INPUT = register(Op("input", "leaf", _input_type, _no_reference))


def placeholder(name: str, type: ArrayType) -> Value:
    """A Value that stands for one of another Graph until both are put together."""
    return Value(INPUT, (), (("name", name),), type)


def _const_type(value: Literal) -> ArrayType:
    if value.array.dtype not in NAME_OF_DTYPE:
        raise IRError(f"a constant cannot have dtype {value.array.dtype}")
    return ArrayType(value.array.dtype, value.array.shape)


CONST = register(Op("const", "leaf", _const_type, lambda value: value.array))


def const(value: Any, dtype: np.dtype | None = None) -> Value:
    """A constant; a Python number takes ``dtype``. A size is the number that it is a sample of."""
    if isinstance(value, Size):
        from .ops import cast, dim

        number = dim(value=value)
        return number if dtype is None or dtype == number.dtype else cast(number, dtype=dtype)
    array = np.asarray(value, dtype)
    if isinstance(value, float) and array.dtype.kind in "iu" and array != value:
        raise IRError(f"the constant {value} has no value of dtype {array.dtype}")
    return current_block().add(CONST, (), (("value", Literal(array)),))


def constant_of(value: Value) -> np.ndarray | None:
    """The array of a constant, looking through broadcasts of a scalar; None otherwise."""
    if value.op is CONST:
        array: np.ndarray = value.attr("value").array
        return array
    if value.op.name == "broadcast" and value.args[0].op is CONST and not value.args[0].shape:
        return constant_of(value.args[0])
    return None
