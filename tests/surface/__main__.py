"""`python tests/surface`: measures everything and writes `docs/coverage.md`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from surface.table import main

if __name__ == "__main__":
    sys.exit(main())
