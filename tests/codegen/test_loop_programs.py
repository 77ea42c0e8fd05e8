"""Random programs with control flow: native code agrees with the reference interpreter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from loop_programs import loop_graphs
from support import agree

from adjit.ir.graph import Graph


@given(loop_graphs())
def test_native_agrees(program: tuple[Graph, list[np.ndarray]]) -> None:
    agree(*program)


@pytest.mark.slow
@settings(max_examples=1000)
@given(loop_graphs(largest=12))
def test_native_agrees_at_length(program: tuple[Graph, list[np.ndarray]]) -> None:
    agree(*program)
