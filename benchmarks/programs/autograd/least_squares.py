"""Least squares: where NumPy has a loop, autograd is quicker with the whole expression."""

from __future__ import annotations

import autograd.numpy as np

from ..numpy import least_squares
from ..translate import on_module

exponentials = exponentials_loop = on_module(least_squares.__name__, np).exponentials
sines = sines_loop = on_module(least_squares.__name__, np).sines
