"""The import alone."""

import torch  # noqa: F401
