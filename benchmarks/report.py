"""The tables in the terminal; also readable in a file."""

from __future__ import annotations

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
    if found.minimum is None:
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
    title = f"{case.name}  [{size} {case.dtype}, {amount(case.bytes, 'B')}]"
    table = Table(title=title.replace("[", r"\["), title_justify="left", title_style="bold")
    table.add_column("peer", min_width=14)
    for name in ("min", "median", "first call", "x adjit", "of limit", "error"):
        table.add_column(name, justify="right", no_wrap=True, min_width=8)
    table.add_column("")
    for found in case.measurements:
        ratio = case.ratio(found.peer)
        table.add_row(
            found.peer + ("" if found.gradient else " (value)"),
            seconds(found.minimum),
            seconds(found.median),
            seconds(found.first),
            "" if ratio is None else f"{ratio:.2f}",
            fraction(case, found),
            "" if found.error is None else f"{found.error:.0e}",
            "" if found.status == "ok" else f"{found.status}: {found.reason}",
            style=style(case, found),
        )
    return table


def style(case: CaseResult, found: Measurement) -> str:
    if found.status != "ok":
        return "red"
    ratio = case.ratio(found.peer)
    if found.peer == OURS:
        return "bold"
    return "yellow" if found.gradient and ratio is not None and ratio < 1.0 else ""


HEADS = ("numpy /\nadjit", "adjit /\nprimal", "jax /\nadjit")
"""Of the summary. The primal is numba's program of a loop case, without derivatives."""


def summary(run: Run) -> Table:
    """A row for each case: adjit beside NumPy and numba's loops, which have the value alone, and
    beside JAX and the fastest of all that have a gradient."""
    table = Table(title="adjit and its peers", title_justify="left", title_style="bold")
    table.add_column("case", no_wrap=True)
    for name in ("adjit", "of limit", *HEADS, "fastest /\nadjit"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("fastest\npeer")
    for case in run.cases:
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
    return table


def number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


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
