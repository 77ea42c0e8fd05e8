"""The page: a table for each family, measured; then what is recorded besides; then the ops."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from adjit.ir.op import OPS, Unknown

from .measure import MARKS, NO, NONE, YES, Measured, measure
from .names import NAMES, rows
from .registry import others, where
from .samples import samples_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "coverage.md"
HEADER = """# Coverage

What of NumPy and SciPy can be recorded and differentiated. This page is measured, not written:
`python tests/surface` runs the samples of `tests/surface/samples.py` and writes it anew.

| Column | yes means |
|---|---|
| Known as | where the recorder has the name: a function, a ufunc, a method, a dtype, or syntax |
| Value | recorded; the same numbers, dtype and shape as NumPy's |
| VJP, JVP | reverse and forward derivatives agree with differences of NumPy's function |
| 2nd | forward and reverse derivatives of the VJP agree with differences of it |
| CPU | compiled; native code gives NumPy's result. Derivatives are native code too |
| Complex | all of this for samples with complex numbers |

"partly": some samples of a row, of which the note names the first that does not. A dash: there is
nothing to differentiate, or no sample with complex numbers.
"""
PARTLY = "partly"
COLUMNS = ("Name", "Known as", "Value", "VJP", "JVP", "2nd", "CPU", "Complex", "Note")


@dataclass(frozen=True)
class Row:
    family: str
    name: str
    known: str
    samples: tuple[Measured, ...]

    def mark(self, column: str) -> str:
        real = [sample for sample in self.samples if not sample.complex]
        return together(getattr(sample, column) for sample in real or self.samples)

    @property
    def of_complex(self) -> str:
        marks = [mark for sample in self.samples if sample.complex for mark in sample.marks]
        found = together(marks)
        return PARTLY if found == NO and YES in marks else found

    @property
    def note(self) -> str:
        for sample in self.samples:
            if NO in sample.marks:
                return f"`{sample.text}`: {sample.reason}"
        kept = {sample.reason for sample in self.samples if sample.reason}
        return kept.pop() if len(kept) == 1 and self.mark("vjp") == NONE else ""

    @property
    def cells(self) -> tuple[str, ...]:
        marks = (self.mark(column) for column in MARKS)
        return (f"`{self.name}`", self.known, *marks, self.of_complex, self.note)


def together(marks: Iterable[str]) -> str:
    """One mark for several samples."""
    found = set(marks)
    if not found - {NONE}:
        return NONE
    if NO not in found:
        return YES
    return NO if found == {NO} else PARTLY


def measured(wanted: Sequence[tuple[str, str]], jobs: int) -> list[Row]:
    texts = [samples_of(family, name) for family, name in wanted]
    flat = [text for group in texts for text in group]
    if jobs == 1:
        done: Iterator[Measured] = iter([measure(text) for text in flat])
    else:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(jobs, mp_context=context) as pool:
            done = iter(list(pool.map(measure, flat, chunksize=8)))
    return [
        Row(family, name, where(name), tuple(next(done) for _ in group))
        for (family, name), group in zip(wanted, texts, strict=True)
    ]


def line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def page(found: Sequence[Row]) -> str:
    parts = [HEADER]
    complete = sum(NO not in {mark for s in row.samples for mark in s.marks} for row in found)
    parts.append(f"{complete} of {len(found)} rows hold in all of their samples.\n")
    for family in NAMES:
        parts.append(f"## {family}\n")
        parts.append(line(COLUMNS))
        parts.append("|" + "---|" * len(COLUMNS))
        parts += [line(row.cells) for row in found if row.family == family]
        parts.append("")
    parts.append("## Also recorded\n")
    parts.append(wrapped(others()) + "\n")
    parts.append("## Ops\n")
    parts.append("What all of these are made of, and by which arguments there is no derivative.\n")
    parts += [line(("Op", "Not known")), "|---|---|", *map(line, ops())]
    return "\n".join(parts) + "\n"


def wrapped(names: Sequence[str]) -> str:
    lines, row = [], ""
    for name in names:
        if len(row) + len(name) > 95:
            lines.append(row.rstrip())
            row = ""
        row += f"`{name}` "
    return "\n".join([*lines, row.rstrip()])


def ops() -> list[tuple[str, str]]:
    return [
        (f"`{name}`", "; ".join(p.what for p in op.partials if isinstance(p, Unknown)))
        for name, op in sorted(OPS.items())
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python tests/surface", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="print these rows alone")
    cores = len(os.sched_getaffinity(0))
    parser.add_argument("--jobs", type=int, default=cores, help="processes; the cores without it")
    options = parser.parse_args(arguments)
    os.environ["ADJIT_CACHE"] = "off"
    if options.names:
        wanted = [(family, name) for family, name in rows() if name in options.names]
        for row in measured(wanted, 1):
            print(line(row.cells))
            for sample in row.samples:
                print("   ", *sample.marks, sample.text, sample.reason)
        return 0
    PAGE.write_text(page(measured(rows(), options.jobs)))
    print(f"{PAGE} is written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
