"""Sums of products over named indices: ``einsum``, and the core that all products share."""

from __future__ import annotations

import string
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ...ir import ops
from ...ir.graph import Value
from ...ir.sizes import integer
from ..array import Array
from ..errors import error, unsupported
from ..promote import check_dtype, promote
from ..table import implements
from .common import as_array, cast, check_cast, deliver, reshape, spread, transpose
from .diagonals import diagonal_view

LETTERS = string.ascii_letters


# --- two operands ---------------------------------------------------------------------------


def contract_pair(x: Value, left: str, z: Value, right: str, result: str) -> Value:
    """The sum of products of two arrays over the indices that ``result`` leaves out.

    ``left`` and ``right`` name the axes of ``x`` and ``z``; an axis of size 1 broadcasts against
    the axis of the same name. What comes out is in the normal form of the ``contract`` op, or a
    plain product where no index is summed.
    """
    x, left = _without_ones(x, left, z, right)
    z, right = _without_ones(z, right, x, left)
    x, left = sum_out(x, left, set(right) | set(result))
    z, right = sum_out(z, right, set(left) | set(result))
    if not (set(left) | set(right)) - set(result):
        return aligned(x, left, result) * aligned(z, right, result)
    return ops.contract(x, z, spec=f"{left},{right}->{result}")


def _without_ones(x: Value, left: str, z: Value, right: str) -> tuple[Value, str]:
    """``x`` without the axes of size 1 that ``z`` has at full size."""
    sizes = dict(zip(right, z.shape, strict=True))
    pairs = zip(left, x.shape, strict=True)
    kept = [(name, dim) for name, dim in pairs if not (dim == 1 and sizes.get(name, 1) != 1)]
    shape = tuple(dim for _, dim in kept)
    return reshape(x, shape), "".join(name for name, _ in kept)


def sum_out(x: Value, names: str, wanted: Iterable[str]) -> tuple[Value, str]:
    """``x`` summed over the axes whose names are not wanted."""
    axes = tuple(axis for axis, name in enumerate(names) if name not in wanted)
    if not axes:
        return x, names
    return ops.sum_(x, axes=axes), "".join(name for name in names if name in wanted)


def aligned(x: Value, names: str, result: str) -> Value:
    """``x`` with its axes in the order of ``result`` and 1 for those that it does not have."""
    order = sorted(range(len(names)), key=lambda axis: result.index(names[axis]))
    x = transpose(x, tuple(order))
    sizes = dict(zip((names[axis] for axis in order), x.shape, strict=True))
    return reshape(x, tuple(sizes.get(name, 1) for name in result))


# --- subscripts -----------------------------------------------------------------------------


def _from_sublists(operands: Sequence[Any]) -> tuple[str, list[Any]]:
    """``einsum(x, [0, 1], z, [1, 2], [0, 2])`` as subscripts and operands."""
    pairs = list(operands)
    output = pairs.pop() if len(pairs) % 2 else None
    arrays, lists = pairs[::2], pairs[1::2]
    subscripts = ",".join(_letters(entries) for entries in lists)
    if output is not None:
        subscripts += "->" + _letters(output)
    return subscripts, arrays


def _letters(entries: Any) -> str:
    text = ""
    for entry in entries:
        if entry is Ellipsis:
            text += "..."
            continue
        at = integer(entry)
        if not 0 <= at < len(LETTERS):
            raise error("value", text="subscript is not within the valid range [0, 52)")
        text += LETTERS[at]
    return text


def _check_subscripts(text: str) -> None:
    for char in text.replace("...", ""):
        if char not in LETTERS:
            text = f"invalid subscript '{char}' in einstein sum subscripts string, subscripts"
            raise error("value", text=f"{text} must be letters")
    if text.count("...") > 1:
        raise error("value", text="einsum: a term may have one ellipsis only")


def _parse(subscripts: str, ranks: Sequence[int]) -> tuple[list[str], str]:
    """The names of each operand's axes and of the result's, every ellipsis spelt out."""
    text = "".join(subscripts.split())
    inputs, arrow, output = text.partition("->")
    terms = inputs.split(",")
    for term in (*terms, output):
        _check_subscripts(term)
    if len(terms) != len(ranks):
        more = "more" if len(ranks) > len(terms) else "fewer"
        text = f"{more} operands provided to einstein sum function than specified in the"
        raise error("value", text=f"{text} subscripts string")
    used = set(text) & set(LETTERS)
    free = [letter for letter in reversed(LETTERS) if letter not in used]
    widths = [rank - len(term.replace("...", "")) for term, rank in zip(terms, ranks, strict=True)]
    for number, (term, width) in enumerate(zip(terms, widths, strict=True)):
        if width < 0:
            text = "einstein sum subscripts string contains too many subscripts for operand"
            raise error("value", text=f"{text} {number}")
        if width > 0 and "..." not in term:
            text = (
                "operand has more dimensions than subscripts given in einstein sum, but no '...'"
                " ellipsis provided to broadcast the extra dimensions."
            )
            raise error("value", text=text)
    widest = max((w for t, w in zip(terms, widths, strict=True) if "..." in t), default=0)
    if widest > len(free):
        raise unsupported("np.einsum with more than 52 indices")
    extra = "".join(free[:widest])
    full = [
        term.replace("...", extra[len(extra) - width :])
        for term, width in zip(terms, widths, strict=True)
    ]
    if not arrow:
        once = sorted(name for name in used if inputs.count(name) == 1)
        return full, extra + "".join(once)
    if extra and "..." not in output:
        text = (
            "output has more dimensions than subscripts given in einstein sum, but no '...'"
            " ellipsis provided to broadcast the extra dimensions."
        )
        raise error("value", text=text)
    _check_output(output, inputs)
    return full, output.replace("...", extra)


def _check_output(output: str, inputs: str) -> None:
    names = output.replace("...", "")
    for name in names:
        problem = None
        if names.count(name) > 1:
            problem = f"includes output subscript '{name}' multiple times"
        elif name not in inputs:
            problem = f"included output subscript '{name}' which never appeared in an input"
        if problem:
            raise error("value", text=f"einstein sum subscripts string {problem}")


# --- any number of operands -----------------------------------------------------------------


def _distinct(x: Array, names: str) -> tuple[Array, str]:
    """A view in which no name stands twice: repeated names are diagonals."""
    for name in names:
        while names.count(name) > 1:
            first = names.index(name)
            second = names.index(name, first + 1)
            if x.shape[first] != x.shape[second]:
                text = (
                    f"dimensions in single operand for collapsing index '{name}' don't match"
                    f" ({x.shape[first]} != {x.shape[second]})"
                )
                raise error("value", text=text)
            x = diagonal_view(x, 0, first, second)
            names = names[:first] + names[first + 1 : second] + names[second + 1 :] + name
    return x, names


def _check_sizes(arrays: Sequence[Array], terms: Sequence[str]) -> None:
    sizes: dict[str, int] = {}
    for x, names in zip(arrays, terms, strict=True):
        for name, dim in zip(names, x.shape, strict=True):
            if sizes.get(name, 1) == 1:
                sizes[name] = dim
            elif dim not in (1, sizes[name]):
                pairs = zip(arrays, terms, strict=True)
                listed = " ".join(f"{x.shape}->{names}" for x, names in pairs)
                raise error("broadcast", operation="einsum", shapes=listed)


def contract_all(values: Sequence[Value], terms: Sequence[str], result: str) -> Value:
    """Contractions of operands two at a time, from left to right."""
    x, names = values[0], terms[0]
    for number in range(1, len(values)):
        z, others = values[number], terms[number]
        later = set(result).union(*terms[number + 1 :])
        kept = "".join(dict.fromkeys(name for name in names + others if name in later))
        if number == len(values) - 1:
            kept = result
        x, names = contract_pair(x, names, z, others, kept), kept
    x, names = sum_out(x, names, result)
    return aligned(x, names, result)


@implements(np.einsum)
def einsum(
    *operands: Any,
    out: Any = None,
    optimize: Any = False,
    dtype: Any = None,
    order: str = "K",
    casting: Any = "safe",
) -> Any:
    """Contracts two operands at a time, from left to right, whatever ``optimize`` says."""
    if not operands:
        text = "must specify the einstein sum subscripts string and at least one operand"
        raise error("value", text=text)
    if isinstance(operands[0], str):
        subscripts, items = operands[0], list(operands[1:])
    else:
        subscripts, items = _from_sublists(operands)
    if not items:
        raise error("value", text="must provide at least an operand to the einstein sum function")
    arrays = [as_array(item) for item in items]
    terms, result = _parse(subscripts, [x.ndim for x in arrays])
    pairs = [_distinct(x, names) for x, names in zip(arrays, terms, strict=True)]
    arrays, terms = [x for x, _ in pairs], [names for _, names in pairs]
    _check_sizes(arrays, terms)
    common = promote(*[x.dtype for x in arrays])
    if dtype is not None:
        common = check_dtype(dtype, "np.einsum")
        for x in arrays:
            check_cast(x.dtype, common, casting)
    unchanged = out is None and common == arrays[0].dtype
    if len(arrays) == 1 and set(terms[0]) == set(result) != set() and unchanged:
        # NumPy returns a view where nothing is summed.
        return arrays[0]._view_transpose(tuple(terms[0].index(name) for name in result))
    values = [cast(x.value, common) for x in arrays]
    y = deliver(contract_all(values, terms, result), out, "einsum", casting)
    if out is None and y.ndim > 1:
        # NumPy's memory order follows from how it walks through the operands.
        y.layout, y.assumed = None, False
    return y


def outer_product(x: Value, z: Value) -> Value:
    """All products of an element of each: the shape of ``x``, then that of ``z``."""
    left = reshape(x, x.shape + (1,) * len(z.shape))
    return spread(left * z, x.shape + z.shape)
