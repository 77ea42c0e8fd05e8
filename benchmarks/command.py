"""`adjit bench`: from what the command line asks for to what it prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import compare, machine, report, results
from .measure import Note, Options, bench
from .peers import PEERS
from .selection import UnknownNameError, select_cases, select_peers
from .suites import SUITES


@dataclass(frozen=True)
class Asked:
    """What the command line asks for; `cli/bench.py` says what each of it means."""

    names: Sequence[str]
    list: bool
    peers: str | None
    no_peers: bool
    threads: int | None
    seconds: float
    limit: float
    quick: bool
    json: Path | None
    plot: Path | None
    baseline: Path | None
    tolerance: float


class UsageError(Exception):
    """The command line asks for what cannot be; nothing has been measured."""


def run(asked: Asked) -> int:
    """The exit status: 1 where adjit regressed or is wrong somewhere."""
    try:
        return checked(asked)
    except (UnknownNameError, results.UnreadableError) as problem:
        raise UsageError(str(problem)) from problem


def checked(options: Asked) -> int:
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


def finish(options: Asked, found: results.Run, baseline: results.Run | None) -> int:
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
