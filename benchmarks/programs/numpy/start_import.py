"""The import alone."""

import numpy  # noqa: F401
