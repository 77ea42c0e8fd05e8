"""Runs an example as a newcomer does, and reads what it prints."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
NUMBER = r"[-+]?\d+\.?\d*(?:e[-+]?\d+)?"


def run(name: str, folder: Path, *args: str) -> str:
    """What an example prints; it may not write to stderr either (warnings included)."""
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *args],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(NUMBER, text)]


def after(label: str, printed: str) -> str:
    """The rest of the one line that starts with ``label``."""
    (line,) = [line for line in printed.splitlines() if line.startswith(label)]
    return line.removeprefix(label)
