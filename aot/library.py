"""``compile_library``: a function, its derivatives, and all that a program needs to call them."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..ir.errors import IRError
from ..tracer.errors import AdjitError, is_ours, unsupported
from ..tracer.transforms import Compiled
from .build import FORMATS, write
from .compile import KINDS, Request, compiled
from .compile import Compiled as Entry
from .declare import names_of, of_annotations, parse
from .errors import LibraryError
from .function import Function, identifier
from .header import header
from .loader import loader
from .project import cmake, manifest, pkg_config
from .sample import of_sample
from .target import machine_of

DEFAULT_KINDS = ("value", "value_and_grad")


@dataclass(frozen=True, slots=True)
class Library:
    """What was written: ``files`` of a ``format``, the ``functions``, ``notes`` for the user."""

    name: str
    format: str
    files: tuple[Path, ...]
    functions: tuple[Function, ...]
    notes: tuple[str, ...]


def compile_library(
    fun: Callable[..., Any] | str,
    args: str | None = None,
    *,
    wrt: str | Sequence[str] | None = None,
    emit: str | Sequence[str] = DEFAULT_KINDS,
    name: str | None = None,
    output: str | Path = ".",
    target: str = "native",
    blas: str = "none",
    format: str = "shared",
    sample: Callable[..., Any] | str | None = None,
    typical: Mapping[str, int] | None = None,
) -> Library:
    """Compiles a function and derivatives of it to a native library that needs no Python.

    ``fun`` and ``sample`` are functions or name one as ``package.module:function``. ``args`` says
    what the arguments are (`declare`); without it the annotations or ``sample`` do. ``sample``
    returns arguments, for sizes that are its own parameters; what it returns also tells which
    branches to compile where not all of them can be. ``wrt``: names of parameters, the first one
    if None. ``emit``: some of `compile.KINDS`. ``format``: one of `build.FORMATS`. ``typical``
    sizes are those that the code is tuned for. Files are written to the folder ``output``.
    """
    function = found(fun) if isinstance(fun, str) else fun
    while isinstance(function, Compiled):  # already, for Python
        function = function.fun
    maker = found(sample) if isinstance(sample, str) else sample
    title = identifier(str(name or getattr(function, "__name__", "function")))
    _check_choice("--format", format, FORMATS)
    _check_choice("--blas", blas, ("none", "cblas"))
    kinds = list(dict.fromkeys(_listed(emit)))
    for kind in kinds:
        _check_choice("--emit", kind, KINDS)
    declared = _declared(function, args, maker)
    parameters = tuple(_listed(wrt)) if wrt is not None else (next(iter(declared), ""),)
    request = Request(function, declared, parameters, title, maker is not None, blas == "cblas")
    given = dict(typical or {})
    for size in set(given) - set(names_of(declared)):
        raise LibraryError(f"--typical: {size} is no size of the arguments")
    machine = machine_of(target)
    made = [_compiled(request, kind, given) for kind in kinds]
    functions = tuple(one.function for one in made)
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    texts = [one.text for one in made]
    files, got, notes = write(texts, title, folder, machine, format)
    notes += [f"{f.name}: not compiled: {way}" for f in functions for way in f.omitted]
    source = _source(function)
    frozen = sorted({text for one in made for text in one.frozen})
    remarks = [f"Constants, as they were at {source}: {', '.join(frozen)}."] if frozen else []
    beside: dict[str, str] = {f"{title}.h": header(title, functions, remarks)}
    if got in ("shared", "static", "object"):
        beside["CMakeLists.txt"] = cmake(title, files[0].name, got)
    if got in ("shared", "static"):
        beside[f"{title}.pc"] = pkg_config(title, source)
    if got == "shared":
        beside[f"{title}.py"] = loader(title, files[0].name, functions)
    listed = [*(path.name for path in files), *beside, f"{title}.json"]
    beside[f"{title}.json"] = manifest(
        title, source, functions, machine, got, listed, [*remarks, *notes]
    )
    for path, text in beside.items():
        (folder / path).write_text(text)
    return Library(
        title, got, (*files, *(folder / path for path in beside)), functions, tuple(notes)
    )


def _compiled(request: Request, kind: str, typical: Mapping[str, int]) -> Entry:
    try:
        return compiled(request, kind, typical)
    except IRError as problem:
        raise unsupported(f"{request.name}_{kind}: {problem}") from problem
    except AdjitError:
        raise
    except Exception as problem:  # the user's own, or that of a size that is asked too much
        frames = traceback.extract_tb(problem.__traceback__)
        theirs = [frame for frame in frames if not is_ours(frame.filename)]
        where = f"{Path(theirs[-1].filename).name}:{theirs[-1].lineno}: " if theirs else ""
        text = f"{request.name}_{kind}: {where}{type(problem).__name__}: {problem}"
        raise LibraryError(text) from problem


def _declared(
    function: Callable[..., Any], args: str | None, maker: Callable[..., Any] | None
) -> dict[str, Any]:
    declared = parse(args) if args is not None else None
    if maker is not None:
        return of_sample(function, maker, declared)
    return of_annotations(function) if declared is None else declared


def found(text: str) -> Callable[..., Any]:
    """The function of ``package.module:name``; modules of the working folder count."""
    module, _, path = text.partition(":")
    if not module or not path:
        raise LibraryError(f"{text!r} names no function: write package.module:function")
    if os.getcwd() not in sys.path and "" not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        item: Any = importlib.import_module(module)
    except ModuleNotFoundError as problem:
        raise LibraryError(f"{text}: {problem}") from None
    for part in path.split("."):
        if not hasattr(item, part):
            raise LibraryError(f"{text}: {module} has no {path}")
        item = getattr(item, part)
    if not callable(item):
        raise LibraryError(f"{text} is a {type(item).__name__}, no function")
    fun: Callable[..., Any] = item
    return fun


def _listed(items: str | Sequence[str]) -> list[str]:
    if isinstance(items, str):
        items = items.split(",")
    return [item.strip() for item in items if item.strip()]


def _check_choice(option: str, item: str, choices: Sequence[str]) -> None:
    if item not in choices:
        raise LibraryError(f"{option}: {item} is none of {', '.join(choices)}")


def _source(function: Callable[..., Any]) -> str:
    module = getattr(function, "__module__", None) or "?"
    return f"{module}:{getattr(function, '__qualname__', function)}"
