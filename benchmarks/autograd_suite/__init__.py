"""autograd's own tests as a yardstick: how many of them hold under adjit's derivatives.

`python -m adjit.benchmarks.autograd_suite` downloads the source distribution of autograd, and runs
the tests in it with `adapter/` first on the path: a package of the name `autograd` that is NumPy
under adjit's derivatives. None of the suite's code is kept here.
"""
