"""The machine that code is made for: its LLVM target, and its name for what is kept on disk."""

from __future__ import annotations

import functools
from typing import Any

import llvmlite
import llvmlite.binding as llvm


@functools.cache
def features() -> dict[str, bool]:
    """The instruction sets of this processor, by LLVM's names."""
    return dict(llvm.get_host_cpu_features())


@functools.cache
def target_machine(optimisation: int = 2) -> Any:
    """LLVM's code generator for this processor, at one of LLVM's levels."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return new_target_machine(optimisation)


def new_target_machine(optimisation: int = 2) -> Any:
    """A target machine that its user may keep to itself."""
    flags = ",".join(f"{'+' if on else '-'}{name}" for name, on in sorted(features().items()))
    return llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=flags,
        opt=optimisation,
        reloc="pic",
        codemodel="small",
    )


@functools.cache
def name() -> str:
    """Processor, instruction sets and LLVM: what object code depends on beside its source."""
    on = sorted(feature for feature, has in features().items() if has)
    parts = [llvm.get_process_triple(), llvm.get_host_cpu_name(), *on, llvmlite.__version__]
    return " ".join(parts)
