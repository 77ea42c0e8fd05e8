"""Colourings: a matrix is recovered from the sums of its columns of one colour."""

from __future__ import annotations

import numpy as np
import pytest

from adjit.tracer.colour import Pattern, colour, colour_symmetric, pattern_of


def recovered(pattern: Pattern, matrix: np.ndarray, symmetric: bool) -> np.ndarray:
    """The matrix by way of the sums of its columns of one colour."""
    found = (colour_symmetric if symmetric else colour)(pattern)
    seeds = found.colours[:, None] == np.arange(found.count)
    sums = matrix @ seeds
    y = np.zeros_like(matrix)
    y[pattern.rows, pattern.indices] = sums[found.rows, found.colours[found.columns]]
    return y


@pytest.mark.parametrize("symmetric", [False, True])
def test_colourings_recover_random_matrices(symmetric: bool) -> None:
    rng = np.random.default_rng(0)
    for trial in range(150):
        height, width = rng.integers(1, 14, 2)
        width = height if symmetric else width
        where = rng.random((height, width)) < rng.choice([0.1, 0.3, 0.6])
        if trial % 3 == 0:
            where[rng.integers(height)] = True
        if symmetric:
            where |= where.T
        pattern = pattern_of(*np.nonzero(where), where.shape)
        matrix = np.where(where, rng.uniform(1, 2, where.shape), 0.0)
        matrix = matrix + matrix.T if symmetric else matrix
        np.testing.assert_allclose(recovered(pattern, matrix, symmetric), matrix, rtol=1e-12)
