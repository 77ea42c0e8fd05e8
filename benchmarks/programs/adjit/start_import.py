"""The import alone."""

import adjit  # noqa: F401
