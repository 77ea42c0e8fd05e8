"""The functions that a recorded program may call; importing this package fills the tables.

``FUNCTIONS`` holds those of NumPy, ``CALLS`` those of Python itself and of ``math``.
"""

from ..table import FUNCTIONS
from . import (
    choices,
    creation,
    diagonals,
    einsum,
    factorizations,
    joins,
    kinds,
    norms,
    products,
    ranges,
    reductions,
    scipy_decompositions,
    shapes,
    systems,
)
from .scalars import CALLS, face
