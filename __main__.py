"""`python -m adjit`: the command line."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="adjit", description="A compiler for NumPy functions.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    given = list(sys.argv[1:] if arguments is None else arguments)
    bench = commands.add_parser("bench", help="measure adjit beside other libraries")
    if given[:1] == ["bench"]:
        # Imported for this command alone: the harness needs more than adjit does.
        needed = ("rich", "matplotlib") if any("--plot" in text for text in given) else ("rich",)
        missing = [name for name in needed if importlib.util.find_spec(name) is None]
        if missing:
            text = f"adjit bench needs {' and '.join(missing)}: pip install 'adjit[bench]'"
            print(text, file=sys.stderr)
            return 2
        from .benchmarks import command

        command.add_arguments(bench)
    options = parser.parse_args(given)
    if options.command is None:
        parser.print_help()
        return 0
    return command.run(options)


if __name__ == "__main__":
    sys.exit(main())
