"""`python -m adjit.benchmarks.autograd_suite`: how many of autograd's tests hold under adjit."""

from __future__ import annotations

import argparse
import importlib.util
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from . import suite


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 2 where the suite could not be run."""
    parser = argparse.ArgumentParser(
        prog="python -m adjit.benchmarks.autograd_suite",
        description=f"Downloads the tests of {suite.RELEASE} and runs them against adjit.",
    )
    add = parser.add_argument
    add("-k", metavar="EXPRESSION", help="only tests whose names match, as in pytest")
    add("--compile-all", action="store_true", help="compile each derivative, not one in twenty")
    add("--failures", action="store_true", help="list what failed, by its reason")
    add("--tests", type=Path, metavar="FOLDER", help="tests that are there; nothing is downloaded")
    options = parser.parse_args(arguments)
    if importlib.util.find_spec("pytest") is None:
        print("the suite needs pytest: pip install pytest xarray", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            tests = options.tests or suite.fetch(folder)
            chosen = ["-k", options.k] if options.k else []
            found = suite.run(tests.resolve(), folder, options.compile_all, chosen)
        except suite.SuiteError as problem:
            print(f"autograd's suite: {problem}", file=sys.stderr)
            return 2
    if options.failures:
        for text, names in found.reasons():
            print(f"{len(names):4} {text}\n     {' '.join(names)}")
    elif skipped := found.of("skipped"):
        print(f"{len(skipped)} left out: {', '.join({test.message for test in skipped})}")
    print(found.summary)
    return 0


if __name__ == "__main__":
    sys.exit(main())
