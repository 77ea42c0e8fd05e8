"""Families of ops by what they cost and do, for the passes and for code generation."""

from __future__ import annotations

EXPENSIVE = frozenset(
    {
        "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "asin",
        "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "pow", "cbrt",
        "hypot", "logaddexp", "mod", "fmod", "floor_divide", "erf", "erfc", "expit", "lgamma",
        "digamma", "polygamma", "gamma", "rgamma", "beta", "betaln", "poch", "erfcx", "erfinv",
        "erfcinv", "ndtri", "exprel", "gammainc", "gammaincc", "betainc", "betaincc", "stdtr",
        "j0", "j1", "jv", "y0", "y1", "yv", "k0", "k1", "kv", "i0", "i1", "iv", "i0e", "i1e",
        "ive", "boxcox", "boxcox1p", "inv_boxcox", "inv_boxcox1p", "rel_entr", "kl_div",
        "pseudo_huber", "gcd", "lcm",
    }
)  # fmt: skip
"""Pointwise ops that are worth memory rather than a second evaluation."""

SEARCHES = frozenset({"argsort", "searchsorted"})
"""Integers from the order of elements, each found by a function of its own."""

REDUCTIONS = frozenset({"sum", "prod", "max", "min", "any", "all"})
UPDATES = frozenset({"update", "accumulate"})
REGIONS = UPDATES | {"slice"}
"""Ops with a ``start`` and ``step`` for each axis."""
TRANSFORMS = frozenset({"fft", "rfft", "irfft"})
LIBRARY = frozenset(
    {"contract", "triangular_solve", "swap_rows", "potrf", "getrf", "gelqf", "syevd", "gesdd"}
    | {"complex_getrf", "heevd", "geev", "complex_geev"}
    | SEARCHES
    | TRANSFORMS
)
"""Ops that are calls of BLAS, LAPACK or another function, or as large as one."""
DECOMPOSITIONS = frozenset(
    {"eigenvalues", "eigenvectors", "singular_values", "svd_left", "svd_right", "svd_square"}
    | {"hermitian_values", "hermitian_vectors", "general_eigenvalues", "general_eigenvectors"}
    | {"pinv", "syevd", "gesdd", "heevd", "geev", "complex_geev"}
)
"""Ops that fail only where they do not converge: no reason to compute what is not used."""
