"""``name.py``: calls the library from Python, with NumPy arrays, without adjit."""

from __future__ import annotations

import pprint
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .formulas import formula
from .function import Function, Parameter


def loader(name: str, library: str, functions: Sequence[Function]) -> str:
    runtime = Path(__file__).with_name("runtime.py").read_text()
    body = runtime.split("from __future__ import annotations\n", 1)[1]
    titles = [function.name.removeprefix(f"{name}_") for function in functions]
    table = [_row(title, function) for title, function in zip(titles, functions, strict=True)]
    lines = [
        f'"""{name}: native code, written by adjit compile; {", ".join(titles)}."""',
        "",
        "from __future__ import annotations",
        body,
        "",
        "import os",
        "",
        "_folder = os.path.dirname(os.path.abspath(__file__))",
        f"_library = ctypes.CDLL(os.path.join(_folder, {library!r}))",
        f"_library.{name}_status.restype = ctypes.c_char_p",
        "",
        "",
        "def _message(status: int) -> str:",
        f"    return _library.{name}_status(status).decode()",
        "",
        "",
        f"_TABLE = {pprint.pformat(table, width=96, sort_dicts=False)}",
        *(
            f"{title} = make_function(_library, _TABLE[{n}], _message)"
            for n, title in enumerate(titles)
        ),
        f"__all__ = {['LibraryError', *titles]!r}",
        "",
    ]
    return "\n".join(lines)


def _row(title: str, function: Function) -> dict[str, Any]:
    return {
        "title": title,
        "name": function.name,
        "workspace": function.workspace_name,
        "about": function.about + ".",
        "sizes": list(function.sizes),
        "inputs": [_entry(p) for p in function.inputs],
        "outputs": [_entry(p) for p in function.outputs],
    }


def _entry(parameter: Parameter) -> tuple[str, str, Any]:
    dims = None if parameter.dims is None else [formula(terms) for terms in parameter.dims]
    return parameter.name, parameter.dtype.name, dims
