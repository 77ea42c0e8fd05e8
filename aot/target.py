"""The machines that libraries can be made for."""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass

import llvmlite.binding as llvm

from ..codegen.machine import Target, here
from .errors import LibraryError

LINUX = "x86_64-unknown-linux-gnu"
_AVX2 = tuple((name, True) for name in ("avx", "avx2", "bmi", "bmi2", "f16c", "fma"))
_AVX512 = tuple((f"avx512{part}", True) for part in ("bw", "cd", "dq", "f", "vl"))

TARGETS: dict[str, Target] = {
    "x86-64": Target(LINUX, "x86-64", ()),
    "x86-64-v2": Target(LINUX, "x86-64-v2", ()),
    "x86-64-v3": Target(LINUX, "x86-64-v3", _AVX2),
    "x86-64-v4": Target(LINUX, "x86-64-v4", _AVX2 + _AVX512),
    "aarch64-linux-gnu": Target("aarch64-unknown-linux-gnu", "generic", ()),
    "riscv64-linux-gnu": Target(
        "riscv64-unknown-linux-gnu",
        "generic-rv64",
        tuple((name, True) for name in "acdfm"),
        "lp64d",
    ),
    "x86_64-windows": Target("x86_64-w64-windows-gnu", "x86-64-v3", _AVX2),
    "arm64-apple-macos": Target("arm64-apple-macosx11.0.0", "apple-m1", ()),
    "wasm32": Target("wasm32-unknown-unknown", "generic", ()),
}
"""By the names that ``--target`` takes, beside ``native`` and LLVM's triples."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A target with the tools that link for it; ``cc`` is None where none was found."""

    name: str
    target: Target
    cc: str | None
    ar: str | None

    @property
    def system(self) -> str:
        """linux, windows, macos or wasm."""
        triple = self.target.triple
        for part, name in (("windows", "windows"), ("apple", "macos"), ("wasm", "wasm")):
            if part in triple:
                return name
        return "linux"

    @property
    def shared_suffix(self) -> str:
        return {"windows": ".dll", "macos": ".dylib"}.get(self.system, ".so")


def machine_of(name: str) -> Machine:
    """The machine of a name, with its tools."""
    target = here() if name == "native" else TARGETS.get(name)
    if target is None:
        llvm.initialize_all_targets()
        llvm.initialize_all_asmprinters()
        try:
            llvm.Target.from_triple(name)
        except RuntimeError:
            known = ", ".join(("native", *TARGETS))
            raise LibraryError(f"--target: {name} is none of {known}, nor a triple") from None
        target = Target(name, "", ())
    cc, ar = _tools(target)
    return Machine(name, target, cc, ar)


def _tools(target: Target) -> tuple[str | None, str | None]:
    """A C compiler and an archiver for the target, on this machine's path."""
    arch, system = target.triple.split("-")[0], target.triple
    if "linux" in system:
        own = platform.system() == "Linux" and arch == platform.machine()
        prefixes = ([""] if own else []) + [f"{arch}-linux-gnu-"]
    elif "windows" in system:
        prefixes = [f"{arch}-w64-mingw32-"]
    elif "apple" in system:
        prefixes = [""] if platform.system() == "Darwin" else []
    else:
        prefixes = []
    for prefix in prefixes:
        names = ("cc", "gcc", "clang") if not prefix else (f"{prefix}gcc",)
        cc = next((path for path in map(shutil.which, names) if path), None)
        if cc:
            return cc, shutil.which(f"{prefix}ar")
    return None, shutil.which("ar") if "linux" in system else None
