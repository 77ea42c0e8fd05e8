"""`adjit bench`: the harness of `benchmarks/`."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import click

from .options import examples, traceback_option


@click.command(
    "bench",
    epilog=examples(
        "adjit bench calls 'logsumexp*'",
        "adjit bench loops --json loops.json --plot loops.svg",
        "adjit bench loops --baseline loops.json",
    ),
)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--list", is_flag=True, help="Show the suites, cases and peers, and stop.")
@click.option("--peers", metavar="A,B", help="The peers beside adjit; all that are installed.")
@click.option("--no-peers", is_flag=True, help="adjit alone.")
@click.option("--threads", type=int, metavar="N", help="For every peer; the cores.")
@click.option("--seconds", type=float, default=0.5, help="Of timed calls, for each case and peer.")
@click.option("--limit", type=float, default=120.0, help="Seconds that a compilation may take.")
@click.option("--quick", is_flag=True, help="Small sizes and few calls: does everything run?")
@click.option("--json", type=Path, metavar="FILE", help="Write the results.")
@click.option("--plot", type=Path, metavar="FILE", help="Draw them, as .png or .svg.")
@click.option("--baseline", type=Path, metavar="FILE", help="Compare with an earlier --json.")
@click.option("--tolerance", type=float, default=0.15, help="Of a regression: 0.15 is 15 percent.")
@traceback_option
def command(**given: Any) -> int:
    """Measure adjit beside other libraries: suites, cases or patterns NAME, or all."""
    needed = ("rich", "matplotlib") if given["plot"] is not None else ("rich",)
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        text = f"needs {' and '.join(missing)}: pip install 'adjit[bench]'"
        raise click.UsageError(text)
    from ..benchmarks.command import Asked, UsageError, run

    try:
        return run(Asked(**given))
    except UsageError as problem:
        raise click.UsageError(str(problem)) from problem
