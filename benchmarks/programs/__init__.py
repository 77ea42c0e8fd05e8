"""The programs that are measured, one folder for each library, one file for each suite.

`numpy` has what adjit is given; autograd and JAX run the same functions on their own array
modules wherever that is how their users would write them, and only the others are in `jax`.
`numba` has value and gradient written by hand, `numba_primal` the value of the loop cases alone.
A function has the same name everywhere, and takes the arguments of its NumPy program.
"""
