"""SciPy's own."""

from scipy.integrate import *
