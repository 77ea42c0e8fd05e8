"""`adjit cache`: what compiled code is kept on disk, and how to be rid of it."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click

from .options import examples, json_option, traceback_option


@click.command("cache", epilog=examples("adjit cache", "adjit cache clear"))
@click.argument("action", type=click.Choice(["list", "clear"]), default="list")
@json_option
@traceback_option
def command(action: str, as_json: bool) -> None:
    """List the compiled code kept on disk, or clear it.

    It is in the folder that ADJIT_CACHE names, else in the user's folder for caches.
    """
    from ..codegen.cache import clear, folder

    place = folder()
    if place is None:
        text = "nothing is kept: ADJIT_CACHE is off, or this user has no home"
        click.echo(json.dumps({"folder": None, "entries": []}) if as_json else text)
    elif action == "clear":
        count, size = clear(place)
        deleted = {"folder": str(place), "deleted": count, "bytes": size}
        text = f"{place}: deleted {_files(count)}, {_bytes(size)}"
        click.echo(json.dumps(deleted) if as_json else text)
    else:
        _list(place, as_json)


def _list(place: Path, as_json: bool) -> None:
    from ..codegen.cache import entries

    found = entries(place)
    if as_json:
        rows = [{"label": e.label, "bytes": e.bytes, "used": e.used} for e in found]
        click.echo(json.dumps({"folder": str(place), "entries": rows}))
        return
    click.echo(f"{place}: {_files(len(found))}, {_bytes(sum(entry.bytes for entry in found))}")
    for entry in found:
        used = datetime.fromtimestamp(entry.used).strftime("%Y-%m-%d %H:%M")
        click.echo(f"{used}  {_bytes(entry.bytes):>8}  {entry.label}")


def _files(count: int) -> str:
    return f"{count} {'entry' if count == 1 else 'entries'}"


def _bytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB"
