"""The tables in the terminal; also readable in a file."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from .case import Suite
from .compare import Change
from .results import OURS, CaseResult, Measurement, Run

WIDTH = 110
"""Of tables in files, which have none of their own."""


def console() -> Console:
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=WIDTH)


def seconds(value: float | None) -> str:
    """Three digits and a unit: `1.23 ms`."""
    if value is None:
        return ""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= scale:
            return f"{digits(value / scale)} {unit}"
    return f"{digits(value / 1e-9)} ns"


def digits(value: float) -> str:
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def amount(value: float, unit: str) -> str:
    for prefix, scale in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= scale:
            return f"{digits(value / scale)} {prefix}{unit}"
    return f"{digits(value)} {unit}"


def fraction(case: CaseResult, found: Measurement) -> str:
    if found.minimum is None or case.timed != "calls":
        return ""
    return f"{100 * case.limit / found.minimum:.0f}%{'*' if case.cached else ''}"


def heading(run: Run) -> Iterable[str]:
    machine = run.machine
    yield f"{machine['processor']}, {machine['threads']} of {machine['cores']} cores"
    rates = ", ".join(
        f"{amount(rate, 'flop/s')} ({dtype})" for dtype, rate in machine["flops"].items()
    )
    copies = ", ".join(
        f"{amount(rate, 'B/s')} at {footprint(size)}" for size, rate in machine["bandwidths"]
    )
    yield f"copies: {copies}"
    yield f"matrix product: {rates}"
    yield ", ".join(f"{name} {text}" for name, text in run.versions.items())


def footprint(size: int) -> str:
    for unit, scale in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if size >= scale:
            return f"{size / scale:.3g} {unit}"
    return f"{size} B"


def case_table(case: CaseResult) -> Table:
    size = "x".join(str(number) for number in case.size)
    title = f"{case.name}  \\[{size} {case.dtype}, {amount(case.bytes, 'B')}]"
    title = title if size else case.name
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("peer", min_width=14)
    heads = ["min", "median", "first call", "x adjit", "of limit", "error"]
    shown = [name for name in heads if case.timed == "calls" or name not in OF_CALLS]
    for name in shown:
        table.add_column(name, justify="right", no_wrap=True, min_width=8)
    table.add_column("")
    for found in case.measurements:
        ratio = case.ratio(found.peer)
        texts = {
            "min": seconds(found.minimum),
            "median": seconds(found.median),
            "first call": seconds(found.first),
            "x adjit": "" if ratio is None else f"{ratio:.2f}",
            "of limit": fraction(case, found),
            "error": "" if found.error is None else f"{found.error:.0e}",
        }
        table.add_row(
            found.peer + computed(found),
            *(texts[name] for name in shown),
            "" if found.status == "ok" else f"{found.status}: {found.reason}",
            style=style(case, found),
        )
    return table


OF_CALLS = ("first call", "of limit")
"""Columns that other times than those of calls do not have."""


def computed(found: Measurement) -> str:
    if found.gradient:
        return ""
    return " (nothing)" if found.status == "ok" and found.error is None else " (value)"


def style(case: CaseResult, found: Measurement) -> str:
    if found.status != "ok":
        return "red"
    ratio = case.ratio(found.peer)
    if found.peer == OURS:
        return "bold"
    return "yellow" if found.gradient and ratio is not None and ratio < 1.0 else ""


HEADS = ("numpy /\nadjit", "adjit /\nprimal", "jax /\nadjit")
"""Of the summary. The primal is numba's program of a loop case, without derivatives."""


def summary(run: Run) -> Table | None:
    """A row for each case of warm calls: adjit beside NumPy and numba's loops, which have the value
    alone, and beside JAX and the fastest of all that have a gradient."""
    table = Table(title="adjit and its peers", title_justify="left", title_style="bold")
    table.add_column("case", no_wrap=True)
    for name in ("adjit", "of limit", *HEADS, "fastest /\nadjit"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("fastest\npeer")
    cases = [case for case in run.cases if case.timed == "calls"]
    for case in cases:
        ours, rival = case.of(OURS), case.fastest()
        if ours is None or ours.minimum is None:
            why = "was not measured" if ours is None else f"{ours.status}: {ours.reason}"
            table.add_row(case.name, *[""] * (3 + len(HEADS)), why, style="red")
            continue
        ratio = None if rival is None else case.ratio(rival.peer)
        primal = case.ratio("numba-primal")
        table.add_row(
            case.name,
            seconds(ours.minimum),
            fraction(case, ours),
            number(case.ratio("numpy")),
            number(None if primal is None else 1.0 / primal),
            number(case.ratio("jax")),
            number(ratio),
            "" if rival is None else rival.peer,
            style="yellow" if ratio is not None and ratio < 1.0 else "",
        )
    return table if cases else None


def number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def growths(run: Run) -> Table | None:
    """The medians of first calls, and the power of the size that they grew with since the size
    before: 1 is linear, 0 is no growth."""
    cases = [case for case in run.cases if case.timed == "compilation"]
    table, peers = by_peer("first calls, and the power of the size that they grow with", cases)
    before: CaseResult | None = None
    for case in cases:
        if before is not None and stem(before) != stem(case):
            before = None
        table.add_row(case.name, *(growth(case, before, peer) for peer in peers))
        before = case
    return table if cases else None


def stem(case: CaseResult) -> str:
    return case.name.partition("-")[0]


def growth(case: CaseResult, before: CaseResult | None, peer: str) -> str:
    text = median(case, peer)
    found, earlier = case.of(peer), None if before is None else before.of(peer)
    if before is None or found is None or earlier is None:
        return text
    if found.median is None or earlier.median is None:
        return text
    longer = math.log(case.size[0] / before.size[0])
    return f"{text}\n^{math.log(found.median / earlier.median) / longer:.2f}"


def starts(run: Run) -> Table | None:
    """The medians of processes, beside each other: an import of one and a gradient of another."""
    cases = [case for case in run.cases if case.timed == "process"]
    table, peers = by_peer("processes, from start to exit", cases)
    for case in cases:
        table.add_row(case.name, *(median(case, peer) for peer in peers))
    return table if cases else None


def by_peer(title: str, cases: Sequence[CaseResult]) -> tuple[Table, list[str]]:
    """An empty table, and the peers that are its columns."""
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("case", no_wrap=True)
    peers = list(dict.fromkeys(found.peer for case in cases for found in case.measurements))
    for peer in peers:
        table.add_column(peer, justify="right")
    return table, peers


def median(case: CaseResult, peer: str) -> str:
    found = case.of(peer)
    if found is None:
        return ""
    return seconds(found.median) if found.status == "ok" else found.status


def comparison(changes: Sequence[Change]) -> Table:
    table = Table(title="adjit beside the baseline", title_justify="left", title_style="bold")
    table.add_column("case", no_wrap=True)
    for name in ("before", "now", "now/before"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("")
    for change in changes:
        ratio = "" if change.now is None else f"{change.ratio:.2f}"
        mark = "regression" if change.regressed else ""
        if change.reason:
            mark = f"{mark} ({change.reason})"
        color = "red" if change.regressed else ""
        table.add_row(
            change.name, seconds(change.before), seconds(change.now), ratio, mark, style=color
        )
    return table


def listing(suites: Iterable[Suite], peers: Iterable[Any]) -> Iterable[str]:
    """The suites with their cases, and the peers with what is missing for them."""
    for suite in suites:
        yield f"{suite.name}: {suite.title}"
        for case in suite.cases:
            yield f"    {case.name}"
    yield "peers:"
    for peer in peers:
        missing = f" (not installed: {', '.join(peer.missing)})" if peer.missing else ""
        yield f"    {peer.name}{missing}"
