"""Arguments from examples of them: ``--sample module:make_args``.

The parameters of the user's function are the named sizes. It is called for several of them, and
the shapes of what it returns are fitted: each dimension is an affine form of the sizes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..ir.polynomials import Polynomial, evaluate
from ..ir.sizes import named, terms_of
from ..ir.types import NAME_OF_DTYPE
from ..tracer.containers import flatten, leaf_names, rebuild
from .declare import NUMBERS, Given
from .errors import LibraryError

_BASE = 7


def of_sample(
    fun: Callable[..., Any], make: Callable[..., Any], declared: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Parameter -> a Given with samples; ``declared`` ones keep their declared types."""
    names = tuple(inspect.signature(make).parameters)
    rows = [{name: _BASE + 2 * n for n, name in enumerate(names)}]
    rows += [{**rows[0], name: rows[0][name] + 1} for name in names]
    rows.append({name: 3 * size + n for n, (name, size) in enumerate(rows[0].items())})
    bound = [_bound(fun, make(**row)) for row in rows]
    found: dict[str, Any] = {}
    for parameter in bound[0]:
        leaves = [flatten(one[parameter])[0] for one in bound]
        structure = flatten(bound[0][parameter])[1]
        labels = leaf_names(structure, parameter)
        given = [
            _given(label, rows, [row[n] for row in leaves], _maker(fun, make, parameter, n))
            for n, label in enumerate(labels)
        ]
        found[parameter] = rebuild(structure, given)
    if declared is not None:
        for parameter, tree in declared.items():
            if parameter not in found:
                raise LibraryError(f"--args: the sample has no {parameter}")
            _match(parameter, tree, found[parameter])
    return found


def _bound(fun: Callable[..., Any], args: Any) -> dict[str, Any]:
    """Parameter -> argument; a dict is taken for keywords."""
    positional, keywords = ((), args) if isinstance(args, dict) else (args, {})
    if not isinstance(positional, tuple | list):
        positional = (positional,)
    try:
        return dict(inspect.signature(fun).bind(*positional, **keywords).arguments)
    except TypeError as problem:
        raise LibraryError(f"--sample: {problem}") from None


def _maker(
    fun: Callable[..., Any], make: Callable[..., Any], parameter: str, n: int
) -> Callable[[Mapping[str, int]], Any]:
    names = tuple(inspect.signature(make).parameters)

    def item(sizes: Mapping[str, int]) -> Any:
        given = {name: sizes.get(name, _BASE) for name in names}
        return flatten(_bound(fun, make(**given))[parameter])[0][n]

    return item


def _given(label: str, rows: Sequence[Mapping[str, int]], items: Sequence[Any], make: Any) -> Any:
    first = items[0]
    if isinstance(first, np.ndarray):
        if first.dtype not in NAME_OF_DTYPE:
            raise LibraryError(f"--sample: {label} has the dtype {first.dtype}")
        if len({x.ndim for x in items}) > 1:
            raise LibraryError(f"--sample: {label} has not always as many axes")
        dims = tuple(
            _fitted(label, rows, [x.shape[axis] for x in items]) for axis in range(first.ndim)
        )
        return Given(first.dtype, dims, item=lambda sizes: np.ascontiguousarray(make(sizes)))
    if isinstance(first, bool | str) or first is None:
        return first
    dtype = np.asarray(first).dtype
    if NAME_OF_DTYPE.get(dtype) not in NUMBERS:
        raise LibraryError(f"--sample: {label} is a {type(first).__name__}")
    return Given(dtype, item=make)


def _fitted(label: str, rows: Sequence[Mapping[str, int]], sizes: Sequence[int]) -> Polynomial:
    """The affine form that has these values."""
    total: Any = sizes[0]
    for number, name in enumerate(rows[0], 1):
        slope = sizes[number] - sizes[0]
        total = total + (named(name, rows[0][name]) - rows[0][name]) * slope
    terms = terms_of(total)
    for row, size in zip(rows, sizes, strict=True):
        if evaluate(terms, row) != size:
            raise LibraryError(f"--sample: the sizes of {label} are no sums of {', '.join(row)}")
    return terms


def _match(parameter: str, tree: Any, sampled: Any) -> None:
    wanted, got = flatten(tree)[0], flatten(sampled)[0]
    same = len(wanted) == len(got) and all(
        isinstance(x, Given) and isinstance(z, Given) and (x.dtype, x.dims) == (z.dtype, z.dims)
        for x, z in zip(wanted, got, strict=True)
    )
    if not same:
        raise LibraryError(f"--args and --sample differ in {parameter}")
