"""Arguments made up from a description of their types: ``w: f64[3], X: f64[n,3], k: int=2``."""

from __future__ import annotations

import ast
import inspect
import re
from typing import Any

import click
import numpy as np

DTYPES = {
    "f32": np.float32,
    "f64": np.float64,
    "c64": np.complex64,
    "c128": np.complex128,
    "i32": np.int32,
    "i64": np.int64,
    "bool": np.bool_,
}
PYTHON = {"float": float, "int": int, "complex": complex, "str": str, "None": lambda _: None}
SIZES = (5, 3, 7, 4, 6, 2)
"""What sizes that are named by letters are, in the order of their appearance."""

_PART = re.compile(
    r"\s*(?P<name>\w+)\s*:\s*(?P<type>\w+)\s*(\[(?P<shape>[^\]]*)\])?\s*(=\s*(?P<value>[^,]+))?\s*(,|$)"
)


def parse(fun: Any, spec: str, seed: int) -> tuple:
    """The arguments of ``fun`` in the order of its parameters."""
    rng = np.random.default_rng(seed)
    sizes: dict[str, int] = {}
    found: dict[str, Any] = {}
    at = 0
    while at < len(spec.rstrip()):
        part = _PART.match(spec, at)
        if part is None:
            raise click.UsageError(f"--args: cannot read {spec[at:].strip()!r}")
        found[part["name"]] = _made(part, sizes, rng)
        at = part.end()
    return _in_order(fun, found)


def _made(part: re.Match[str], sizes: dict[str, int], rng: np.random.Generator) -> Any:
    name, type, value = part["name"], part["type"], part["value"]
    if type in PYTHON and part["shape"] is None:
        given = _value(name, value) if value else (2 if type == "int" else rng.normal())
        return PYTHON[type](given)  # type: ignore[operator]
    if type not in DTYPES:
        known = ", ".join((*DTYPES, *PYTHON))
        raise click.UsageError(f"--args: {name}: {type} is none of {known}")
    dtype = np.dtype(DTYPES[type])
    shape = tuple(_size(n.strip(), sizes) for n in (part["shape"] or "").split(",") if n.strip())
    if value:
        return np.full(shape, _value(name, value), dtype)[()]
    if dtype.kind == "b":
        return (rng.normal(size=shape) > 0)[()]
    if dtype.kind == "i":
        return rng.integers(0, 3, shape).astype(dtype)[()]
    numbers = rng.normal(size=shape)
    if dtype.kind == "c":
        numbers = numbers + 1j * rng.normal(size=shape)
    # A number of 64 bits without axes is Python's.
    made = np.asarray(numbers).astype(dtype)
    return made.item() if not shape and part["shape"] is None and dtype.itemsize >= 8 else made[()]


def _value(name: str, text: str) -> Any:
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError) as problem:
        raise click.UsageError(f"--args: {name}: {text.strip()!r} is no value") from problem


def _size(text: str, sizes: dict[str, int]) -> int:
    if text.isdigit():
        return int(text)
    if not text.isidentifier():
        raise click.UsageError(f"--args: {text!r} is no size: a number, or a letter for any")
    return sizes.setdefault(text, SIZES[len(sizes) % len(SIZES)])


def _in_order(fun: Any, found: dict[str, Any]) -> tuple:
    try:
        names = list(inspect.signature(fun).parameters)
    except (TypeError, ValueError):
        return tuple(found.values())
    unknown = [name for name in found if name not in names]
    if unknown:
        raise click.UsageError(f"--args: the function has no parameter {', '.join(unknown)}")
    bound = inspect.signature(fun)
    try:
        return bound.bind(**found).args
    except TypeError as problem:
        raise click.UsageError(f"--args: {problem}") from None
