"""The import alone."""

import casadi  # noqa: F401
