"""The import alone."""

import numba  # noqa: F401
