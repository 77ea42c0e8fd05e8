"""The machine that code is made for: its LLVM target, and its name for what is kept on disk.

It is this one, unless a library is made for another (`building_for`).
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import llvmlite
import llvmlite.binding as llvm


@dataclass(frozen=True, slots=True)
class Target:
    """A machine, by LLVM's names: triple, processor, and instruction sets that are on or off.

    ``abi``: how functions are called, where the triple does not say so.
    """

    triple: str
    cpu: str
    features: tuple[tuple[str, bool], ...]
    abi: str = ""


class _Current(threading.local):
    target: Target | None = None


_current = _Current()


@contextmanager
def building_for(target: Target) -> Iterator[None]:
    """What this thread makes in here is for another machine."""
    before = _current.target
    _current.target = target
    try:
        yield
    finally:
        _current.target = before


def target() -> Target:
    """The machine that code is made for."""
    return _current.target or here()


@functools.cache
def here() -> Target:
    """This machine."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = tuple(sorted(llvm.get_host_cpu_features().items()))
    return Target(llvm.get_process_triple(), llvm.get_host_cpu_name(), features)


def features() -> dict[str, bool]:
    """The instruction sets of the processor, by LLVM's names."""
    return dict(target().features)


def target_machine(optimisation: int = 2) -> Any:
    """LLVM's code generator for the machine, at one of LLVM's levels."""
    return _machine(target(), optimisation)


def new_target_machine(optimisation: int = 2) -> Any:
    """A target machine that its user may keep to itself."""
    return _machine.__wrapped__(target(), optimisation)


@functools.cache
def _machine(target: Target, optimisation: int) -> Any:
    if target is not here():
        llvm.initialize_all_targets()
        llvm.initialize_all_asmprinters()
    flags = ",".join(f"{'+' if on else '-'}{name}" for name, on in target.features)
    return llvm.Target.from_triple(target.triple).create_target_machine(
        cpu=target.cpu,
        features=flags,
        opt=optimisation,
        reloc="pic",
        codemodel="small",
        abiname=target.abi,
    )


def name() -> str:
    """Processor, instruction sets and LLVM: what object code depends on beside its source."""
    return _name(target())


@functools.cache
def _name(target: Target) -> str:
    on = [feature for feature, has in target.features if has]
    return " ".join([target.triple, target.cpu, *on, target.abi, llvmlite.__version__])
