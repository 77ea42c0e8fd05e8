"""What is measured: each suite is a file with its cases, and a row here."""

from __future__ import annotations

from ..case import Case, Suite
from . import (
    bundle_adjustment,
    calls,
    compile,
    elementwise,
    least_squares,
    loops,
    mixtures,
    networks,
    recurrent,
    reductions,
    regression,
    softmax,
    start,
    training,
)

SUITES: dict[str, Suite] = {
    suite.name: suite
    for suite in (
        elementwise.SUITE,
        reductions.SUITE,
        softmax.SUITE,
        regression.SUITE,
        networks.SUITE,
        training.SUITE,
        mixtures.SUITE,
        least_squares.SUITE,
        bundle_adjustment.SUITE,
        recurrent.SUITE,
        loops.SUITE,
        calls.SUITE,
        compile.SUITE,
        start.SUITE,
    )
}

CASES: dict[str, Case] = {case.name: case for suite in SUITES.values() for case in suite.cases}
