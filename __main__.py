"""`adjit`, or `python -m adjit`: the command line (`cli/`)."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 1 for a failure, 2 where the command line asks for what cannot be."""
    from .cli.app import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
