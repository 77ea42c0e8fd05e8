"""`adjit`, or `python -m adjit`: the command line."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 2 where the command line asks for what cannot be."""
    # Imports wait for the command that needs them: the harness needs more than adjit does.
    parser = argparse.ArgumentParser(prog="adjit", description="A compiler for NumPy functions.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    bench = commands.add_parser("bench", help="measure adjit beside other libraries")
    cache = commands.add_parser("cache", help="list or clear the compiled code kept on disk")
    library = commands.add_parser("compile", help="make a native library of a function")
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["bench"]:
        needed = ("rich", "matplotlib") if any("--plot" in text for text in given) else ("rich",)
        missing = [name for name in needed if importlib.util.find_spec(name) is None]
        if missing:
            text = f"adjit bench needs {' and '.join(missing)}: pip install 'adjit[bench]'"
            print(text, file=sys.stderr)
            return 2
        from .benchmarks import command

        command.add_arguments(bench)
        return command.run(parser.parse_args(given))
    if given[:1] == ["cache"]:
        from .cli import cache as caching

        caching.add_arguments(cache)
        return caching.run(parser.parse_args(given))
    if given[:1] == ["compile"]:
        from .cli import compile as compiling

        compiling.add_arguments(library)
        return compiling.run(parser.parse_args(given))
    parser.parse_args(given)
    parser.print_help()
    return 0


if __name__ == "__main__":
    sys.exit(main())
