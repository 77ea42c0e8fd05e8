"""SciPy's own."""

from scipy.linalg import *
