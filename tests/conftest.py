"""One hypothesis profile for all tests: the same examples on every run and every machine.

Nothing is kept on disk, so that what a test asserts about compilation was done by that test.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

os.environ["ADJIT_CACHE"] = "off"

settings.register_profile(
    "adjit",
    derandomize=True,
    deadline=None,
    max_examples=25,
    database=None,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("adjit")
