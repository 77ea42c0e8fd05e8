"""A run beside an earlier one, and both in files."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from adjit.benchmarks import plot, report, results
from adjit.benchmarks.compare import compare, differences, drift
from adjit.benchmarks.results import CaseResult, Measurement, Run


def measured(peer: str, seconds: float) -> Measurement:
    return Measurement(peer, "ok", error=1e-16, first=0.1, minimum=seconds, median=1.1 * seconds)


def case(name: str, **seconds: float) -> CaseResult:
    measurements = [measured(peer, each) for peer, each in seconds.items()]
    return CaseResult(
        name, "suite", (10,), "float64", 160, None, 1e-6, True, measurements=measurements
    )


def run(*cases: CaseResult) -> Run:
    machine = {
        "processor": "one",
        "cores": 2,
        "threads": 2,
        "bandwidths": [[1024, 1e11]],
        "flops": {"float64": 1e11},
    }
    return Run("2030-01-01", machine, {"numpy": "2"}, "abc", True, list(cases))


def test_regressions_are_marked() -> None:
    before = run(case("a", adjit=1.0), case("b", adjit=1.0), case("gone", adjit=1.0))
    now = run(case("a", adjit=1.05), case("b", adjit=1.2), case("new", adjit=9.0))
    changes = compare(now, before, tolerance=0.1)
    assert [(change.name, change.regressed) for change in changes] == [("a", False), ("b", True)]
    assert changes[1].ratio == pytest.approx(1.2)


def test_what_is_not_right_any_more_is_a_regression() -> None:
    now = run(case("a"))
    now.cases[0].measurements = [Measurement("adjit", "wrong", reason="by far")]
    (change,) = compare(now, run(case("a", adjit=1.0)), tolerance=0.1)
    assert change.regressed
    assert "by far" in change.reason


def test_other_sizes_are_not_compared() -> None:
    other = dataclasses.replace(case("a", adjit=1.0), size=(20,))
    assert compare(run(case("a", adjit=9.0)), run(other), tolerance=0.1) == []


def test_drift_is_that_of_the_peers() -> None:
    before, now = run(case("a", adjit=1.0, jax=1.0)), run(case("a", adjit=5.0, jax=2.0))
    assert drift(now, before) == pytest.approx(2.0)
    assert drift(run(case("a", adjit=1.0)), before) is None


def test_another_machine_is_named() -> None:
    other = run()
    other.machine["processor"] = "two"
    assert differences(run(), run()) == []
    assert differences(other, run()) == ["processor: one in the baseline, two now"]


def test_round_trip(tmp_path: Path) -> None:
    found = run(case("a", adjit=1.0, jax=2.0), case("b", adjit=0.5))
    results.write(found, tmp_path / "run.json")
    assert results.read(tmp_path / "run.json") == found


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 1}', '{"schema": 999}'])
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(results.UnreadableError, match=r"other\.json"):
        results.read(path)


@pytest.mark.parametrize("name", ["run.png", "run.svg"])
def test_plot(tmp_path: Path, name: str) -> None:
    plot.plot(run(case("a", adjit=1.0, jax=2.0), case("b", jax=1.0)), tmp_path / name)
    assert (tmp_path / name).stat().st_size > 1000


def first_calls(name: str, size: int, median: float) -> CaseResult:
    measurements = [Measurement("adjit", "ok", minimum=median, median=median)]
    return CaseResult(
        name, "compile", (size,), "float64", 8, None, 1e-9, True, "compilation", measurements
    )


def test_growth_is_the_power_of_the_size() -> None:
    small, large = first_calls("line-10", 10, 0.1), first_calls("line-1000", 1000, 10.0)
    assert report.growth(large, small, "adjit") == "10.0 s\n^1.00"
    assert report.growth(small, None, "adjit") == "100 ms"
    large.measurements[0] = Measurement("adjit", "late", reason="took more than 120 s")
    assert report.growth(large, small, "adjit") == "late"


def test_tables_are_those_of_what_was_timed() -> None:
    calls, first = run(case("a", adjit=1.0)), run(first_calls("line-10", 10, 0.1))
    assert report.summary(calls) is not None
    assert report.growths(calls) is None
    assert report.starts(calls) is None
    assert report.summary(first) is None
    assert report.growths(first) is not None


def test_ratios_are_of_minima_and_of_gradients() -> None:
    found = case("a", adjit=2.0, numpy=1.0, jax=6.0, torch=5.0)
    found.measurements[1].gradient = False
    assert found.ratio("jax") == 3.0
    assert found.fastest() == found.of("torch")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(2.5, "2.50 s"), (0.0123, "12.3 ms"), (4.56e-4, "456 µs"), (7e-9, "7.00 ns"), (None, "")],
)
def test_units(seconds: float | None, text: str) -> None:
    assert report.seconds(seconds) == text
