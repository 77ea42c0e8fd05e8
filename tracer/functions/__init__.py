"""The functions that a recorded program may call; importing this package fills the tables.

``FUNCTIONS`` holds those of NumPy, ``CALLS`` those of Python itself and of ``math``, and
``CREATION`` the functions of NumPy that are recorded even where no argument is.
"""

from ..table import FUNCTIONS
from . import choices, diagonals, einsum, joins, norms, products, ranges, reductions, shapes
from .creation import CREATION
from .scalars import CALLS, face
