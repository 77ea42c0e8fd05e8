"""Files of named arrays."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from os import PathLike, fspath
from typing import Any

import numpy as np

from ..tracer.errors import error

SAFETENSORS = ".safetensors"


def write(path: str | PathLike[str], arrays: Mapping[str, np.ndarray]) -> None:
    """Writes arrays to ``path`` itself: no suffix is added."""
    if fspath(path).endswith(SAFETENSORS):
        _safetensors().save_file(dict(arrays), fspath(path))
        return
    with open(path, "wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def read(path: str | PathLike[str]) -> dict[str, np.ndarray]:
    if fspath(path).endswith(SAFETENSORS):
        found: dict[str, np.ndarray] = _safetensors().load_file(fspath(path))
        return found
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def _safetensors() -> Any:
    try:
        return importlib.import_module("safetensors.numpy")
    except ImportError:
        text = "a .safetensors file needs that library: pip install 'adjit[safetensors]'"
        raise error("runtime", text=text) from None
