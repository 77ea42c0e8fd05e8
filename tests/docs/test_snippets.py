"""The Python of the documentation runs: each page's blocks, in order, as one program."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    "README.md",
    "docs/guide.md",
    "docs/arrays.md",
    "docs/imperative.md",
    "docs/training.md",
    "docs/numba.md",
    "docs/adding-an-op.md",
    "docs/libraries.md",
]

# numba finds adjit by its entry point, which a checkout that is not installed does not have.
START = {"docs/numba.md": "from adjit.numba_extension import init\ninit()\n"}


@pytest.mark.parametrize("page", PAGES)
def test_snippets_run(page: str, tmp_path: Path) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", (ROOT / page).read_text(), re.M | re.S)
    assert blocks
    program = tmp_path / "page.py"
    program.write_text(START.get(page, "") + "\n".join(blocks))
    done = subprocess.run(
        [sys.executable, str(program)], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
