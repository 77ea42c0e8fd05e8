"""The functions that a recorded program may call; importing this package fills the tables.

``FUNCTIONS`` holds those of NumPy, ``CALLS`` those of Python itself and of ``math``.
"""

from ..table import FUNCTIONS
from . import (
    choices,
    creation,
    diagonals,
    einsum,
    fourier,
    joins,
    kinds,
    norms,
    products,
    ranges,
    reductions,
    shapes,
)
from .scalars import CALLS, face
