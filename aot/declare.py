"""What the arguments of a library are: ``"w: f64[n], X: f64[m, n], y: f64[m], rate: f64"``.

The text is that of Python's annotations. A dtype alone is a number, a dtype with sizes is an array
(``f64[]`` of none); tuples, lists and dicts of these are containers. Sizes are names, numbers and
what ``+ - * //`` make of them. A parameter declared as ``size`` is itself a size of its own name,
one declared as an expression of sizes is that number.
"""

from __future__ import annotations

import ast
import inspect
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from ..ir.polynomials import Polynomial
from ..ir.sizes import named, terms_of
from ..ir.types import DTYPE_NAMES, I64, NAME_OF_DTYPE
from .errors import LibraryError

ALIASES = {"float": "f64", "double": "f64", "int": "i64", "complex": "c128"}
NUMBERS = ("f64", "f32", "i64", "i32")
"""What numbers that are no arrays can be."""

_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
}
_ANY = 1009
"""A sample that stands for any: only the polynomials are looked at here."""


class Given:
    """One declared argument, a leaf of containers.

    An array has ``dims``, a number has none; ``size`` is what a parameter that is a size stands
    for. ``samples`` makes the array for some sizes, where the user has given a way.
    """

    def __init__(
        self,
        dtype: np.dtype,
        dims: tuple[Polynomial, ...] | None = None,
        size: Polynomial | None = None,
        item: Callable[[Mapping[str, int]], Any] | None = None,
    ) -> None:
        self.dtype = dtype
        self.dims = dims
        self.size = size
        self.item = item

    @property
    def polynomials(self) -> tuple[Polynomial, ...]:
        return (*(self.dims or ()), *(() if self.size is None else (self.size,)))


def parse(text: str, where: str = "--args") -> dict[str, Any]:
    """Parameter -> a Given or a container of these."""
    try:
        tree = ast.parse(f"def declared({text}): pass").body[0]
    except SyntaxError as problem:
        raise LibraryError(
            f"{where}: {text!r} is no list of `name: type` ({problem.msg})"
        ) from None
    assert isinstance(tree, ast.FunctionDef)
    found: dict[str, Any] = {}
    arguments = tree.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        if argument.annotation is None:
            raise LibraryError(f"{where}: {argument.arg} has no type: write {argument.arg}: f64[n]")
        found[argument.arg] = _declared(argument.annotation, argument.arg, where)
    return found


def of_annotations(fun: Callable[..., Any]) -> dict[str, Any]:
    """The same from the annotations of a function; parameters with defaults need none."""
    found: dict[str, Any] = {}
    for name, parameter in inspect.signature(fun).parameters.items():
        annotation = parameter.annotation
        if annotation is inspect.Parameter.empty:
            if parameter.default is inspect.Parameter.empty:
                text = f"--args: nothing says what {name} is: declare it, as in {name}: f64[n]"
                raise LibraryError(text)
            continue
        if isinstance(annotation, type):
            annotation = annotation.__name__
        if not isinstance(annotation, str):
            text = f"{name}: {annotation!r} says no dtype and sizes: declare it with --args"
            raise LibraryError(text)
        found |= parse(f"{name}: {annotation}", "annotation")
    return found


def _declared(node: ast.expr, name: str, where: str) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _declared(ast.parse(node.value, mode="eval").body, name, where)
    if isinstance(node, ast.Tuple | ast.List):
        items = [_declared(item, name, where) for item in node.elts]
        return tuple(items) if isinstance(node, ast.Tuple) else items
    if isinstance(node, ast.Dict):
        keys = [ast.literal_eval(key) for key in node.keys if key is not None]
        return {k: _declared(v, name, where) for k, v in zip(keys, node.values, strict=True)}
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        dtype = _dtype(node.value.id)
        if dtype is None:
            raise LibraryError(f"{where}: {name}: {node.value.id} is none of {_listed()}")
        inside = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return Given(dtype, tuple(_size(dim, name, where) for dim in inside))
    if isinstance(node, ast.Name):
        dtype = _dtype(node.id)
        if dtype is not None:
            if NAME_OF_DTYPE[dtype] not in NUMBERS:
                text = f"{where}: {name}: a number is one of {', '.join(NUMBERS)}"
                raise LibraryError(f"{text}; {node.id}[()] is an array without axes")
            return Given(dtype)
        if node.id == "size":
            return Given(I64, size=terms_of(named(name, _ANY)))
    return Given(I64, size=_size(node, name, where))


def _dtype(name: str) -> np.dtype | None:
    name = ALIASES.get(name, name)
    known = {dtype.name: short for short, dtype in DTYPE_NAMES.items()}
    return DTYPE_NAMES.get(known.get(name, name))


def _listed() -> str:
    return ", ".join(DTYPE_NAMES)


def _size(node: ast.expr, name: str, where: str) -> Polynomial:
    try:
        found = _number(node)
    except (LibraryError, ZeroDivisionError):
        text = f"{where}: {name}: {ast.unparse(node)} is no size (a name, a number, + - * //)"
        raise LibraryError(text) from None
    if isinstance(found, int) and not terms_of(found):
        raise LibraryError(f"{where}: {name}: arrays of no elements are not compiled for")
    return terms_of(found)


def _number(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.Name):
        return named(node.id, _ANY)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_number(node.left), _number(node.right))
    raise LibraryError("not a size")


def given_in(tree: Any) -> Iterator[Given]:
    """The leaves of a container of Givens."""
    if isinstance(tree, Given):
        yield tree
    elif isinstance(tree, dict):
        for child in tree.values():
            yield from given_in(child)
    elif isinstance(tree, tuple | list):
        for child in tree:
            yield from given_in(child)


def names_of(declared: Mapping[str, Any]) -> tuple[str, ...]:
    """The named sizes, in the order in which they are arguments: by name."""
    found: set[str] = set()
    for leaf in given_in(dict(declared)):
        for terms in leaf.polynomials:
            found |= names_in(terms)
    return tuple(sorted(found))


def names_in(terms: Polynomial) -> set[str]:
    found: set[str] = set()
    for monomial, _ in terms:
        for atom in monomial:
            if isinstance(atom, str):
                found.add(atom)
            else:
                found |= names_in(atom.x) | names_in(atom.z)
    return found
