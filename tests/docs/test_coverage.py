"""`docs/coverage.md` is what the samples of `tests/surface` give today."""

from __future__ import annotations

import os

import numpy as np
import pytest
from surface import registry, table
from surface.measure import arguments_of, function_of
from surface.names import rows
from surface.samples import samples_of, unused

SOME = ("negative", "astype", "scipy.special.jv", "float16")
"""Rows that are measured again by every run of the tests: of every kind, and quick."""


def lines() -> dict[tuple[str, str], str]:
    """Family and name -> the line of the page."""
    found, family = {}, ""
    for text in table.PAGE.read_text().splitlines():
        if text.startswith("## "):
            family = text.removeprefix("## ")
        elif text.startswith("| `"):
            found[family, text.split("`")[1]] = text
    return found


def test_every_name_has_a_row_and_a_sample() -> None:
    assert [key for key in lines() if key[0] != "Ops"] == rows()
    assert unused() == set()
    with np.errstate(all="ignore"):
        for family, name in rows():
            for text in samples_of(family, name):
                fun, names = function_of(text)
                fun(*arguments_of(names))  # NumPy itself takes it


def test_the_page_knows_what_the_recorder_knows() -> None:
    page = table.PAGE.read_text()
    told = {name: text.split("|")[2].strip() for (f, name), text in lines().items() if f != "Ops"}
    stale = {name for name in told if told[name] != registry.where(name)}
    assert stale == set(), "python tests/surface writes the page anew"
    assert table.wrapped(registry.others()) in page
    assert all(table.line(cells) in page for cells in table.ops())


def test_nothing_on_the_page_is_wrong() -> None:
    assert [text for text in lines().values() if "wrong:" in text] == []


def test_some_rows_are_measured_again() -> None:
    wanted = [row for row in rows() if row[1] in SOME]
    found = lines()
    for row in table.measured(wanted, 1):
        assert table.line(row.cells) == found[row.family, row.name]


@pytest.mark.slow
def test_the_page_is_current() -> None:
    assert (
        table.page(table.measured(rows(), len(os.sched_getaffinity(0)))) == table.PAGE.read_text()
    )
