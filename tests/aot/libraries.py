"""Libraries that tests make, loaded into this process, and arrays of the sizes that they take."""

from __future__ import annotations

import ctypes
import importlib.util
import itertools
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from adjit.aot import Library, compile_library
from adjit.aot.declare import Given, parse
from adjit.ir.polynomials import evaluate
from adjit.tracer.containers import flatten, rebuild

_numbers = itertools.count()


def load(library: Library, folder: Path) -> ModuleType:
    """The loader that was written beside a library, as a fresh module."""
    path = folder / f"{library.name}.py"
    spec = importlib.util.spec_from_file_location(f"loaded{next(_numbers)}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def made(fun: Callable[..., Any], args: str | None, folder: Path, **options: Any) -> ModuleType:
    return load(compile_library(fun, args, output=folder, **options), folder)


def native(folder: Path, name: str) -> ctypes.CDLL:
    return ctypes.CDLL(str(folder / f"lib{name}.so"))


def arguments(spec: str, sizes: Mapping[str, int], seed: int = 0) -> list[Any]:
    """Random arguments as ``spec`` declares them."""
    rng = np.random.default_rng((seed, *sizes.values()))
    return [_filled(tree, sizes, rng) for tree in parse(spec).values()]


def _filled(tree: Any, sizes: Mapping[str, int], rng: np.random.Generator) -> Any:
    leaves, structure = flatten(tree)
    return rebuild(structure, [_array(leaf, sizes, rng) for leaf in leaves])


def _array(given: Given, sizes: Mapping[str, int], rng: np.random.Generator) -> Any:
    if given.size is not None:
        return evaluate(given.size, sizes)
    if given.dims is None:
        return 3 if given.dtype.kind == "i" else 0.7
    shape = tuple(evaluate(terms, sizes) for terms in given.dims)
    if given.dtype.kind == "i":
        return np.zeros(shape, given.dtype)
    array = rng.normal(size=shape)
    if given.dtype.kind == "c":
        array = array + 1j * rng.normal(size=shape)
    return array.astype(given.dtype)


def passed(spec: str, args: list[Any]) -> list[Any]:
    """What a loaded function takes of arguments: containers are flat, sizes are keywords."""
    found: list[Any] = []
    for tree, item in zip(parse(spec).values(), args, strict=True):
        pairs = zip(flatten(tree)[0], flatten(item)[0], strict=True)
        found += [x for given, x in pairs if given.size is None]
    return found
