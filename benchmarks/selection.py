"""Names on the command line: suites, cases, and patterns for them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from .case import Case
from .peers import PEERS, Peer
from .suites import CASES, SUITES


class UnknownNameError(Exception):
    """A name that nothing has; the text names what comes close."""


def unknown(kind: str, name: str, names: Iterable[str], hint: str) -> UnknownNameError:
    near = difflib.get_close_matches(name, list(names), n=3, cutoff=0.5)
    if near:
        return UnknownNameError(f"no {kind} is called {name}; did you mean {' or '.join(near)}?")
    return UnknownNameError(f"no {kind} is called {name}; {hint}")


def select_cases(names: Sequence[str], quick: bool = False) -> list[Case]:
    """Those that a suite's name, a case's name or a pattern means, in the order of the suites;
    all where nothing is named. Quick cases do not differ in size: one of each program is left."""
    wanted: set[str] = set()
    for name in names:
        found = [
            case.name
            for case in CASES.values()
            if fnmatchcase(case.name, name) or fnmatchcase(case.suite, name)
        ]
        if not found:
            # A case without its size is the closest thing to a name.
            stems = {
                case.name.partition("-")[0] + "-*" for case in CASES.values() if "-" in case.name
            }
            raise unknown(
                "suite or case", name, [*SUITES, *CASES, *stems], "`adjit bench --list` shows all"
            )
        wanted.update(found)
    cases = [case for case in CASES.values() if not names or case.name in wanted]
    if quick:
        last_first = reversed(cases)
        return list({(c.suite, c.function, c.dtype, c.warm): c for c in last_first}.values())[::-1]
    return cases


def select_peers(text: str | None) -> tuple[list[Peer], list[Peer]]:
    """The peers to run, and those that were left out because they are not installed.

    adjit always runs. A peer that is asked for by name and is not installed is left out too, and
    the caller says so.
    """
    names = list(PEERS) if text is None else [part.strip() for part in text.split(",") if part]
    for name in names:
        if name not in PEERS:
            raise unknown("peer", name, PEERS, f"there are {', '.join(PEERS)}")
    wanted = [peer for name, peer in PEERS.items() if name in names or name == "adjit"]
    return [p for p in wanted if not p.missing], [p for p in wanted if p.missing]
