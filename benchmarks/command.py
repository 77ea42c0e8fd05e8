"""`adjit bench`: the command line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import compare, machine, report, results
from .measure import Note, Options, bench
from .peers import PEERS
from .selection import UnknownNameError, select_cases, select_peers
from .suites import SUITES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME", help="suites, cases or patterns; all without one")
    add("--list", action="store_true", help="show the suites, cases and peers, and stop")
    add("--peers", metavar="A,B", help="the peers beside adjit; all that are installed without it")
    add("--no-peers", action="store_true", help="adjit alone")
    add("--threads", type=int, metavar="N", help="for every peer; the cores without it")
    add("--seconds", type=float, default=0.5, help="of timed calls, for each case and peer")
    add("--limit", type=float, default=120.0, help="seconds that a compilation may take")
    add("--quick", action="store_true", help="small sizes and few calls: does everything run?")
    add("--json", type=Path, metavar="FILE", help="write the results")
    add("--plot", type=Path, metavar="FILE", help="draw them, as .png or .svg")
    add("--baseline", type=Path, metavar="FILE", help="compare with an earlier --json")
    add("--tolerance", type=float, default=0.15, help="of a regression: 0.15 is 15 percent")


class UsageError(Exception):
    """The command line asks for what cannot be; nothing has been measured."""


def run(options: argparse.Namespace) -> int:
    """The exit status: 1 where adjit regressed or is wrong somewhere."""
    try:
        return checked(options)
    except (UsageError, UnknownNameError, results.UnreadableError) as error:
        print(f"adjit bench: {error}", file=sys.stderr)
        return 2


def checked(options: argparse.Namespace) -> int:
    if options.list:
        print("\n".join(report.listing(SUITES.values(), PEERS.values())))
        return 0
    cases = select_cases(options.names, options.quick)
    peers, missing = select_peers("" if options.no_peers else options.peers)
    threads = options.threads or machine.available_cores()
    if not 1 <= threads <= machine.available_cores():
        raise UsageError(f"--threads {threads}: this process has {machine.available_cores()} cores")
    for name in ("seconds", "limit"):
        if getattr(options, name) <= 0:
            raise UsageError(f"--{name} {getattr(options, name)}: it must be positive")
    for path in (options.json, options.plot):
        if path is not None and not path.resolve().parent.is_dir():
            raise UsageError(f"{path}: there is no folder {path.resolve().parent}")
    if options.plot is not None and options.plot.suffix not in (".png", ".svg"):
        raise UsageError(f"--plot {options.plot}: the name must end in .png or .svg")
    baseline = None if options.baseline is None else results.read(options.baseline)
    seconds = min(options.seconds, 0.05) if options.quick else options.seconds
    settings = Options(threads, seconds, options.limit, options.quick)
    console = report.console()
    with console.status("starting", refresh_per_second=2) as status:

        def note(text: str) -> None:
            if console.is_terminal:
                status.update(text)

        with bench(peers, settings, note) as running:
            found = running.begin()
            for line in report.heading(found):
                console.print(line)
            for peer in missing:
                console.print(f"{peer.name} is left out: pip install {' '.join(peer.missing)}")
            for position, case in enumerate(cases, 1):
                running.note = counted(note, position, len(cases))
                found.cases.append(running.case(case))
                console.print(report.case_table(found.cases[-1]))
                if options.json is not None:  # also what a run that is cut short has found
                    results.write(found, options.json)
    for table in (report.summary(found), report.growths(found), report.starts(found)):
        if table is not None:
            console.print(table)
    if any(case.cached and case.timed == "calls" for case in found.cases):
        console.print(
            "* the data fits into the last cache, whose bandwidth the limit is taken from"
        )
    return finish(options, found, baseline)


def counted(note: Note, position: int, count: int) -> Note:
    return lambda text: note(f"{position}/{count} {text}")


def finish(options: argparse.Namespace, found: results.Run, baseline: results.Run | None) -> int:
    console = report.console()
    if options.plot is not None:
        from .plot import plot

        plot(found, options.plot)
    ours = [case.of(results.OURS) for case in found.cases]
    failed = any(measurement is not None and measurement.status != "ok" for measurement in ours)
    if baseline is None:
        return int(failed)
    changes = compare.compare(found, baseline, options.tolerance)
    console.print(report.comparison(changes))
    for text in compare.differences(found, baseline):
        console.print(f"these times do not compare: {text}")
    drift = compare.drift(found, baseline)
    if drift is not None:
        console.print(f"the peers take {drift:.2f} times as long as in the baseline, in the mean")
    return int(failed or any(change.regressed for change in changes))
