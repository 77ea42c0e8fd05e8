"""numba finds adjit by its entry point, which a checkout that is not installed does not have."""

from __future__ import annotations

import pytest

pytest.importorskip("numba")

from adjit.numba_extension import init

init()
