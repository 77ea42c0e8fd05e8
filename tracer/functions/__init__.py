"""The functions that a recorded program may call; importing this package fills the tables.

``FUNCTIONS`` holds those of NumPy, ``CALLS`` those of Python itself and of ``math``.
"""

from ..table import FUNCTIONS
from . import (
    choices,
    concatenators,
    convolutions,
    creation,
    diagonals,
    einsum,
    factorizations,
    fourier,
    general_spectra,
    iteration,
    joins,
    kinds,
    norms,
    numerics,
    order,
    padding,
    products,
    quantiles,
    ranges,
    reductions,
    scans,
    scipy_decompositions,
    scipy_linalg,
    selection,
    sets,
    shapes,
    skipping,
    special,
    statistics,
    systems,
)
from .scalars import CALLS, face
