"""The functions that a recorded program may call; importing this package fills the tables.

``FUNCTIONS`` holds those of NumPy, ``CALLS`` those of Python itself and of ``math``.
"""

from ..table import FUNCTIONS
from . import (
    choices,
    concatenators,
    creation,
    diagonals,
    einsum,
    joins,
    kinds,
    norms,
    products,
    ranges,
    reductions,
    selection,
    shapes,
)
from .scalars import CALLS, face
