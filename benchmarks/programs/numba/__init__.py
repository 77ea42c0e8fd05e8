"""Value and gradient written by hand for numba: each returns the number and its gradients.

As an expert writes them: one pass where one is enough, parallel loops, no temporaries, BLAS
where it helps, and without fastmath, so that the numbers are those of NumPy up to rounding.
"""
