"""What commands have in common: options, examples, and the functions they are about."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

EXAMPLES = "\b\nexamples:\n  {}\n"


@dataclass
class Asked:
    """What one command line asked for, whichever command it was."""

    traceback: bool = False
    command: str = ""


def _traceback(context: click.Context, parameter: click.Parameter, given: bool) -> None:
    asked = context.find_root().ensure_object(Asked)
    asked.traceback |= given
    if context.parent is not None:
        asked.command = context.info_name or ""


traceback_option: Any = click.option(
    "--traceback",
    is_flag=True,
    expose_value=False,
    callback=_traceback,
    help="Show where an error comes from.",
)

json_option: Any = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def examples(*lines: str) -> str:
    """The end of a command's help."""
    return EXAMPLES.format("\n  ".join(lines))


def about_a_function(command: Callable[..., Any]) -> Callable[..., Any]:
    """The function, and arguments for it."""
    for decorator in reversed(
        (
            click.argument("function", metavar="MODULE:FUNCTION"),
            click.option(
                "--args", "spec", metavar="TYPES", help="As in 'w: f64[3], x: f64[5,3], n: int=4'."
            ),
            click.option(
                "--sample", metavar="MODULE:FUNCTION", help="What returns a tuple of arguments."
            ),
            click.option("--wrt", metavar="NAMES", help="Parameters to differentiate by."),
            click.option("--seed", type=int, default=0, help="Of random numbers; 0."),
        )
    ):
        command = decorator(command)
    return command


def load(text: str) -> Any:
    """``module:name`` or ``path/to/file.py:name``; the current folder is searched first."""
    place, colon, name = text.rpartition(":")
    if not colon or not place or not name:
        raise click.UsageError(f"{text!r} is no MODULE:FUNCTION")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    if place.endswith(".py"):
        found: Any = _from_file(Path(place))
    else:
        try:
            found = importlib.import_module(place)
        except ModuleNotFoundError as problem:
            if problem.name is None or not f"{place}.".startswith(f"{problem.name}."):
                raise
            raise click.UsageError(f"there is no module {place}") from problem
    for part in name.split("."):
        if not hasattr(found, part):
            raise click.UsageError(f"{place} has no {name}")
        found = getattr(found, part)
    if not callable(found):
        raise click.UsageError(f"{text} is no function")
    return found


def _from_file(path: Path) -> Any:
    if not path.is_file():
        raise click.UsageError(f"there is no file {path}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def arguments(fun: Any, spec: str | None, sample: str | None, seed: int) -> tuple:
    """The arguments to call a function with."""
    from .sample import parse

    if (spec is None) == (sample is None):
        raise click.UsageError("give --args or --sample")
    if spec is not None:
        return parse(fun, spec, seed)
    assert sample is not None
    found = load(sample)()
    return found if isinstance(found, tuple) else (found,)


def argnums(wrt: str | None) -> Any:
    """``--wrt`` as `compile_grad` takes it."""
    if wrt is None:
        return 0
    names = tuple(int(n) if n.strip().isdigit() else n.strip() for n in wrt.split(","))
    return names if len(names) > 1 else names[0]
