"""What becomes of peers that are wrong, raise, die, hang, or have nothing to run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adjit.benchmarks.measure import Bench, Options, bench
from adjit.benchmarks.peers import PEERS, Peer
from adjit.benchmarks.process import PeerProcess
from adjit.benchmarks.suites import CASES

BAD = Peer("bad", "bad_peers")
CASE = CASES["polynomial-1e6"]
QUICK = Options(threads=1, seconds=0.01, limit=30.0, quick=True)


@pytest.fixture(scope="module")
def running() -> Iterator[Bench]:
    with bench([PEERS["adjit"], PEERS["numpy"]], QUICK, lambda text: None) as found:
        yield found


@pytest.fixture
def with_bad(
    running: Bench, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Bench]:
    monkeypatch.setenv("CONDUCT", request.param)
    monkeypatch.setenv("VICTIM", CASE.name)
    running.peers["bad"] = PeerProcess(BAD, 1)
    yield running
    running.peers.pop("bad").close()


def conduct(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("with_bad", [name], indirect=True, ids=[name])


@conduct("wrong")
def test_a_wrong_gradient_is_reported_and_not_timed(with_bad: Bench) -> None:
    result = with_bad.case(CASE)
    ours, bad = result.of("adjit"), result.of("bad")
    assert bad.status == "wrong"
    assert "an element is off by" in bad.reason
    assert 1e-8 < bad.error < 1e-2
    assert bad.minimum is None
    assert ours.status == "ok"
    assert ours.minimum is not None


@conduct("raises")
def test_what_a_peer_raises_is_its_reason(with_bad: Bench) -> None:
    bad = with_bad.case(CASE).of("bad")
    assert (bad.status, bad.reason) == ("failed", "ValueError: no such luck")


@conduct("absent")
def test_a_peer_without_the_program_is_left_out(with_bad: Bench) -> None:
    result = with_bad.case(CASE)
    assert result.of("bad") is None
    assert result.of("adjit").status == "ok"


@conduct("dies")
def test_a_process_that_dies_starts_again_for_the_next_case(with_bad: Bench) -> None:
    bad = with_bad.case(CASE).of("bad")
    assert bad.status == "failed"
    assert "exit status 3" in bad.reason
    assert "last words" in bad.reason
    assert with_bad.case(CASES["softplus-1e6"]).of("bad").status == "ok"


@conduct("hangs")
def test_a_process_that_hangs_is_ended(with_bad: Bench) -> None:
    process = with_bad.peers["bad"]
    process.start()
    with_bad.options = Options(threads=1, seconds=0.01, limit=2.0, quick=True)
    try:
        bad = with_bad.case(CASE).of("bad")
    finally:
        with_bad.options = QUICK
    assert bad.status == "late"
    assert "took more than 2 s" in bad.reason
    assert process.process is None


@conduct("hangs")
def test_a_peer_that_took_too_long_is_not_asked_for_larger_sizes(with_bad: Bench) -> None:
    small, large = CASES["straight_line-100"], CASES["straight_line-1000"]
    with_bad.late["bad", small.suite, small.function] = small
    bad = with_bad.case(large).of("bad")
    assert (bad.status, bad.reason) == ("late", "over the limit at straight_line-100")
    assert with_bad.peers["bad"].process is None


def test_first_calls_are_each_a_compilation(running: Bench) -> None:
    result = running.case(CASES["straight_line-100"])
    ours = result.of("adjit")
    assert result.timed == "compilation"
    assert ours.status == "ok"
    assert ours.batches >= 2
    assert ours.minimum > 1e-3  # far longer than a warm call


def test_processes_from_start_to_exit() -> None:
    with bench([PEERS["adjit"], PEERS["floor"]], QUICK, lambda text: None) as found:
        process = found.peers["adjit"]
        imported = found.case(CASES["start_import"])
        cold = found.case(CASES["start_rosenbrock-cold"])
        warm = found.case(CASES["start_rosenbrock-warm"])
        assert list(process.folder.glob("bytecode/**/*.pyc"))
    assert imported.of("floor").minimum < imported.of("adjit").minimum
    assert imported.of("adjit").error is None
    assert cold.of("floor") is None  # it has no such script
    for result in (cold, warm):
        assert result.of("adjit").status == "ok", result.of("adjit").reason
        assert result.of("adjit").error < 1e-8
    assert not process.folder.exists()
