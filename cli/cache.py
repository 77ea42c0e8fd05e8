"""`adjit cache`: what compiled code is kept on disk, and how to be rid of it."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime

from ..codegen.cache import clear, entries, folder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action", nargs="?", default="list", choices=("list", "clear"), help="list without it"
    )


def run(options: argparse.Namespace) -> int:
    place = folder()
    if place is None:
        print("nothing is kept: ADJIT_CACHE is off, or this user has no home")
        return 0
    try:
        if options.action == "clear":
            count, size = clear(place)
            print(f"{place}: deleted {_files(count)}, {_bytes(size)}")
            return 0
        found = entries(place)
    except OSError as problem:
        print(f"adjit cache: {problem}", file=sys.stderr)
        return 1
    print(f"{place}: {_files(len(found))}, {_bytes(sum(entry.bytes for entry in found))}")
    for entry in found:
        used = datetime.fromtimestamp(entry.used).strftime("%Y-%m-%d %H:%M")
        print(f"{used}  {_bytes(entry.bytes):>8}  {entry.label}")
    return 0


def _files(count: int) -> str:
    return f"{count} {'entry' if count == 1 else 'entries'}"


def _bytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB"
