"""Files beside the library: for CMake, pkg-config, and programs that read the manifest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from .. import __version__
from .formulas import conditions, formula
from .function import Function, Parameter
from .status import MESSAGES, Status
from .target import Machine


def manifest(
    name: str,
    source: str,
    functions: Sequence[Function],
    machine: Machine,
    format: str,
    files: Sequence[str],
    notes: Sequence[str],
) -> str:
    """What the library holds, as JSON."""
    found: dict[str, Any] = {
        "name": name,
        "source": source,
        "adjit": __version__,
        "format": format,
        "target": machine.name,
        "triple": machine.target.triple,
        "cpu": machine.target.cpu,
        "files": list(files),
        "notes": list(notes),
        "statuses": {status.name: [int(status), MESSAGES[status]] for status in Status},
        "functions": [_function(function) for function in functions],
    }
    return json.dumps(found, indent=2) + "\n"


def _function(function: Function) -> dict[str, Any]:
    return {
        "name": function.name,
        "kind": function.kind,
        "about": function.about,
        "sizes": list(function.sizes),
        "conditions": conditions(function.questions),
        "inputs": [_parameter(p) for p in function.inputs],
        "outputs": [_parameter(p) for p in function.outputs],
        "workspace": formula(function.workspace),
        "workspace_function": function.workspace_name,
        "grows": bool(function.tapes),
        "paths": function.paths,
        "not_compiled": list(function.omitted),
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    dims = None if parameter.dims is None else [formula(terms) for terms in parameter.dims]
    return {"name": parameter.name, "dtype": parameter.dtype.name, "shape": dims}


def cmake(name: str, library: str, format: str) -> str:
    """For ``add_subdirectory``: an imported target ``name::name``."""
    kind = {"shared": "SHARED", "static": "STATIC"}.get(format, "OBJECT")
    place = "IMPORTED_OBJECTS" if kind == "OBJECT" else "IMPORTED_LOCATION"
    lines = [
        f"# {name}: written by adjit compile. Use it with",
        "#     add_subdirectory(<this folder> <name of a build folder>)",
        f"#     target_link_libraries(<program> PRIVATE {name}::{name})",
        "cmake_minimum_required(VERSION 3.14)",
        "",
        f"add_library({name}::{name} {kind} IMPORTED GLOBAL)",
        f"set_target_properties({name}::{name} PROPERTIES",
        f'  {place} "${{CMAKE_CURRENT_LIST_DIR}}/{library}"',
        '  INTERFACE_INCLUDE_DIRECTORIES "${CMAKE_CURRENT_LIST_DIR}"',
        '  INTERFACE_LINK_LIBRARIES "$<$<NOT:$<PLATFORM_ID:Windows>>:m>"',
        ")",
    ]
    if format == "shared":
        lines.insert(-1, "  IMPORTED_NO_SONAME FALSE")
    return "\n".join(lines) + "\n"


def pkg_config(name: str, source: str) -> str:
    return "\n".join(
        [
            "prefix=${pcfiledir}",
            "",
            f"Name: {name}",
            f"Description: {source}, compiled by adjit",
            f"Version: {__version__}",
            "Cflags: -I${prefix}",
            f"Libs: -L${{prefix}} -l{name} -lm",
            "",
        ]
    )
