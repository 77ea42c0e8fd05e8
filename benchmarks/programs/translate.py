"""NumPy programs on another module with NumPy's names, such as `autograd.numpy`."""

from __future__ import annotations

import importlib.util
from functools import cache
from types import ModuleType


@cache
def on_module(name: str, arrays: ModuleType) -> ModuleType:
    """A second copy of a module, whose programs find `arrays` under the name `np`."""
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.loader is not None
    copy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copy)
    copy.__dict__["np"] = arrays
    return copy
