"""The wheel holds the packages that exist, and nothing else.

The repository root is the package, so a folder that pyproject.toml does not list is missing
from the wheel, and a Python file at the root is in it whether it should be or not.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NOT_SHIPPED = {"tests", "examples", "docs", "build", "dist"}


@pytest.fixture(scope="module")
def settings() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def source_folders(folder: Path = ROOT) -> Iterator[Path]:
    """Folders with Python files below the root, without environments and hidden folders."""
    for inner in sorted(path for path in folder.iterdir() if path.is_dir()):
        hidden = inner.name.startswith((".", "__")) or inner.name.endswith(".egg-info")
        left_out = folder == ROOT and inner.name in NOT_SHIPPED
        if hidden or left_out or (inner / "pyvenv.cfg").exists():
            continue
        if any(inner.glob("*.py")):
            yield inner
        yield from source_folders(inner)


def test_listed_packages_are_the_folders(settings: dict) -> None:
    found = ["adjit"]
    found += [".".join(("adjit", *path.relative_to(ROOT).parts)) for path in source_folders()]
    assert sorted(settings["tool"]["setuptools"]["packages"]) == sorted(found)


def test_every_source_folder_is_a_package() -> None:
    assert [path for path in source_folders() if not (path / "__init__.py").exists()] == []


def test_no_stray_module_at_the_root() -> None:
    assert {path.name for path in ROOT.glob("*.py")} <= {"__init__.py", "__main__.py"}


def test_the_import_waits_with_what_records() -> None:
    """The op table and the passes take longer to import than NumPy does."""
    program = "import adjit, sys; print(*sorted(m for m in sys.modules if m.startswith('adjit')))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert not loaded & {
        "adjit.ir.ops",
        "adjit.tracer.core",
        "adjit.tracer.products",
        "adjit.imperative",
    }
    assert len(loaded) <= 30


def test_typed_marker_and_license_are_shipped(settings: dict) -> None:
    assert (ROOT / "py.typed").exists()
    assert settings["tool"]["setuptools"]["package-data"] == {"adjit": ["py.typed"]}
    assert "Apache License" in (ROOT / settings["project"]["license-files"][0]).read_text()


def test_readme_starts_with_the_two_commands() -> None:
    """The first two sh blocks are one command each: .ci/run takes them from there."""
    blocks = (ROOT / "README.md").read_text().split("```sh\n")[1:3]
    commands = [block.split("```")[0].strip() for block in blocks]
    assert all(command.count("\n") == 0 for command in commands)
    install, tests = commands
    assert "pip install -e '.[dev]'" in install
    assert "examples/logistic_regression.py" in install
    assert "pytest" in tests


def test_numba_finds_the_extension(settings: dict) -> None:
    place = settings["project"]["entry-points"]["numba_extensions"]["init"]
    module, _, name = place.partition(":")
    assert callable(getattr(importlib.import_module(module), name))
