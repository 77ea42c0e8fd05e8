"""SciPy's own."""

from scipy.special import *
