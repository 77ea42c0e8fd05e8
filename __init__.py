"""adjit: a compiler for NumPy functions and their derivatives."""
