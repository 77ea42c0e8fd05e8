"""SciPy's own distributions."""

from scipy.stats import beta, chi2, dirichlet, gamma, norm, poisson, t
