"""`adjit info`: what a report of a problem should contain."""

from __future__ import annotations

import json
import platform
from importlib import metadata
from typing import Any

import click

from .options import examples, json_option, traceback_option

REQUIRED = ("adjit", "numpy", "scipy", "llvmlite", "click")
OPTIONAL = ("numba", "rich", "matplotlib", "jax", "torch", "autograd", "casadi")


@click.command("info", epilog=examples("adjit info", "adjit info --json"))
@json_option
@traceback_option
def command(as_json: bool) -> None:
    """Show versions, the processor, threads, the cache, and what else is installed."""
    found = collected()
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    width = max(map(len, found))
    for name, item in found.items():
        text = _text(item)
        click.echo(f"{click.style(name.ljust(width), bold=True)}  {text}")


def collected() -> dict[str, Any]:
    import llvmlite.binding as llvm

    from ..benchmarks.machine import available_cores
    from ..codegen import cache, machine
    from ..codegen.threads import default_threads

    place = cache.folder()
    entries = cache.entries(place) if place is not None and place.is_dir() else []
    return {
        "python": f"{platform.python_version()} ({platform.python_implementation()})",
        "platform": platform.platform(),
        "packages": {name: _version(name) for name in REQUIRED},
        "optional": {name: _version(name) for name in OPTIONAL},
        "llvm": ".".join(map(str, llvm.llvm_version_info)),
        "processor": llvm.get_host_cpu_name(),
        "features": sorted(name for name, on in machine.features().items() if on),
        "cores": available_cores(),
        "threads": default_threads(),
        "cache": {
            "folder": None if place is None else str(place),
            "entries": len(entries),
            "bytes": sum(entry.bytes for entry in entries),
        },
        "in njit code": any(
            point.value.startswith("adjit.")
            for point in metadata.entry_points(group="numba_extensions", name="init")
        ),
    }


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _text(item: Any) -> str:
    if isinstance(item, dict):
        return ", ".join(f"{name} {'-' if each is None else each}" for name, each in item.items())
    if isinstance(item, list):
        return " ".join(item)
    if isinstance(item, bool):
        return "yes" if item else "no: install adjit again, so that numba finds it"
    return str(item)
