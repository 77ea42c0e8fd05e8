"""Names of suites, cases and peers."""

from __future__ import annotations

import pytest

from adjit.benchmarks.selection import UnknownNameError, select_cases, select_peers
from adjit.benchmarks.suites import CASES, SUITES


def names(*given: str, quick: bool = False) -> list[str]:
    return [case.name for case in select_cases(given, quick)]


def test_suites_cases_and_patterns() -> None:
    assert names() == list(CASES)
    assert names("softmax") == [case.name for case in SUITES["softmax"].cases]
    assert names("recurrence", "gmm-2x5x1000") == ["gmm-2x5x1000", "recurrence"]
    assert names("logsumexp-*0k") == ["logsumexp-20k", "logsumexp-160k", "logsumexp-1280k"]


def test_quick_has_one_case_of_each_program() -> None:
    assert names("logsumexp-*", quick=True) == ["logsumexp-2500"]
    assert names("sine_gauss*", quick=True) == ["sine_gauss-1e4", "sine_gauss-1e6-f32"]


@pytest.mark.parametrize(
    ("name", "near"),
    [("elementwse", "elementwise"), ("reccurence", "recurrence"), ("logsumexp", "logsumexp-*")],
)
def test_an_unknown_name_names_what_is_near(name: str, near: str) -> None:
    with pytest.raises(UnknownNameError, match=f"no suite or case is called {name}") as raised:
        names(name)
    assert near in str(raised.value)


def test_an_unknown_name_like_no_other() -> None:
    with pytest.raises(UnknownNameError, match="--list"):
        names("xyzzy")


def test_peers() -> None:
    found, missing = select_peers("numpy")
    assert [peer.name for peer in found] == ["adjit", "numpy"]
    assert missing == []
    assert [peer.name for peer in select_peers("")[0]] == ["adjit"]
    with pytest.raises(UnknownNameError, match="did you mean jax"):
        select_peers("numpy,jaxx")
