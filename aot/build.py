"""From LLVM's text to files: object code, and what the system's tools make of it."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import llvmlite.binding as llvm
import llvmlite.ir as ll

from ..codegen.assemble import OPTIMISATION, external_names, has_loop, optimised
from ..codegen.elementary.library import IN_LIBM
from ..codegen.external import BLAS, LAPACK, SPECIAL, UFUNC
from ..codegen.machine import building_for, target_machine
from .entry import add_messages
from .errors import LibraryError
from .target import Machine

FORMATS = ("shared", "static", "object", "llvm", "assembly")

_C99 = frozenset(
    [
        "ceil",
        "copysign",
        "fabs",
        "fdim",
        "floor",
        "fma",
        "fmax",
        "fmin",
        "fmod",
        "frexp",
        "ilogb",
        "ldexp",
        "llrint",
        "logb",
        "lrint",
        "memcpy",
        "memmove",
        "memset",
        "modf",
        "nearbyint",
        "nextafter",
        "remainder",
        "rint",
        "round",
        "roundeven",
        "scalbn",
        "sqrt",
        "tgamma",
        "trunc",
    ]
)
PRESENT = IN_LIBM | _C99
"""What libc and libm have; the functions of floats end with f."""


def linked(texts: Sequence[str], status: str) -> llvm.ModuleRef:
    """The optimised module of all functions, with the one that names statuses.

    It is made for the machine of `building_for`.
    """
    module = optimised("\n".join((_messages(status),)))
    for text in texts:
        found = optimised(text)
        _check_alone(found)
        module.link_in(found)
    return module


def _messages(status: str) -> str:
    module = ll.Module("status")
    add_messages(module, status)
    return str(module)


def _check_alone(module: llvm.ModuleRef) -> None:
    """An error where code calls what only a process of Python's has."""
    for name in external_names(module):
        plain = name.removesuffix("f") if name.removesuffix("f") in PRESENT else name
        if plain in PRESENT or name.startswith("cblas_"):
            continue
        for prefix, library in (
            (BLAS, "BLAS"),
            (LAPACK, "LAPACK"),
            (SPECIAL, "SciPy's special functions"),
            (UFUNC, "NumPy's Fourier transforms"),
        ):
            if name.startswith(prefix):
                function = name.removeprefix(prefix)
                raise LibraryError(f"it calls {function} of {library}, which no library of C has")
        raise LibraryError(f"it calls {name}, which is neither in libc nor in libm")


def write(
    texts: Sequence[str], name: str, folder: Path, machine: Machine, format: str
) -> tuple[list[Path], str, list[str]]:
    """Writes the library: its files, the format that came out, and what to tell the user."""
    with building_for(machine.target):
        module = linked(texts, f"{name}_status")
        generator = target_machine(OPTIMISATION if any(map(has_loop, texts)) else 0)
        if format == "llvm":
            return [_text(folder / f"{name}.ll", str(module))], format, []
        if format == "assembly":
            return [_text(folder / f"{name}.s", generator.emit_assembly(module))], format, []
        image = generator.emit_object(module)
    calls_cblas = any(called.startswith("cblas_") for called in external_names(module))
    suffix = ".obj" if machine.system == "windows" else ".o"
    target = folder / f"{name}{suffix}"
    target.write_bytes(image)
    if format == "static" and machine.ar:
        archive = folder / f"lib{name}.a"
        archive.unlink(missing_ok=True)
        _run([machine.ar, "rcs", str(archive), str(target)])
        target.unlink()
        return [archive], format, []
    if format == "shared" and machine.cc:
        library = folder / f"{'' if machine.system == 'windows' else 'lib'}{name}"
        library = library.with_name(library.name + machine.shared_suffix)
        notes = _link(machine, target, library, calls_cblas)
        target.unlink()
        return [library], format, notes
    if format == "object":
        return [target], format, []
    tool = "C compiler" if format == "shared" else "archiver"
    note = f"no {tool} for {machine.target.triple} on this machine: {target.name} is to be linked"
    return [target], "object", [note]


def _text(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def _link(machine: Machine, source: Path, library: Path, calls_cblas: bool) -> list[str]:
    """Makes a shared library; says so where its products are left to the program."""
    naming = {
        "linux": [f"-Wl,-soname,{library.name}", "-Wl,-z,noexecstack"],
        "macos": [f"-Wl,-install_name,@rpath/{library.name}"],
    }.get(machine.system, [])
    command = [str(machine.cc), "-shared", "-o", str(library), str(source), *naming, "-lm"]
    complete = ["-Wl,--no-undefined"] if machine.system == "linux" else []
    if not calls_cblas:
        _run([*command, *complete])
        return []
    for found in ("cblas", "openblas", "blas"):
        if not _tried([*command, *complete, f"-l{found}"]):
            return [f"matrix products are those of lib{found}"]
    _run(command)
    return ["no CBLAS was found: the program that uses the library is to be linked with one"]


def _tried(command: Sequence[str]) -> str:
    """What a command has complained of, if it failed."""
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stderr.strip() or "it failed" if done.returncode else ""


def _run(command: Sequence[str]) -> None:
    problem = _tried(command)
    if problem:
        raise LibraryError(f"{' '.join(command)}\n{problem}")
