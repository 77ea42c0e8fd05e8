"""``assemble``: LLVM's text becomes object code, optimised.

llvmlite is used directly. numba's code library, which does the same, takes longer to import than
everything else here together (figures in docs/design.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import llvmlite.binding as llvm

from . import cache
from .machine import target_machine

OPTIMISATION = 2
"""LLVM's level. The third one unrolls loop nests fully: three times the compile time for code
that is no faster (the loop suite of `benchmarks/`)."""


@dataclass(frozen=True, slots=True)
class ObjectCode:
    """An object file that defines ``names`` and refers to ``imports`` (`external`)."""

    image: bytes
    names: tuple[str, ...]
    imports: tuple[str, ...]


def assemble(text: str, *names: str, libm: bool = False) -> ObjectCode:
    """Object code of LLVM's text, which defines ``names``.

    ``libm``: elementary functions are libm's, to the last bit.
    """
    module = optimised(text, libm)
    image = target_machine().emit_object(module)
    return ObjectCode(image, names, external_names(module))


def assembly(text: str, libm: bool = False) -> str:
    """The same as assembler's text."""
    found: str = target_machine().emit_assembly(optimised(text, libm))
    return found


def assemble_once(label: str, text: str, *names: str) -> ObjectCode:
    """The same, kept on disk under a label."""
    found: ObjectCode = cache.fetch(
        cache.key("text", text, *names), label, lambda: assemble(text, *names)
    )
    return found


def external_names(module: llvm.ModuleRef) -> tuple[str, ...]:
    """The functions that a module calls and does not define."""
    return tuple(
        function.name
        for function in module.functions
        if function.is_declaration and not function.name.startswith("llvm.")
    )


def optimised(text: str, libm: bool = False) -> llvm.ModuleRef:
    """LLVM's text as it becomes code."""
    # Needed by those only who compile: what is kept on disk starts without it.
    from .elementary.library import undefined

    module = _parsed(text)
    called = undefined(module)
    for name, bits in called:
        module.link_in(llvm.parse_bitcode(_definition(name, bits, libm)))
    manager, builder = _passes()
    manager.run(module, builder)
    if called:
        _inline_variants(module, builder)
    return module


def _parsed(text: str) -> llvm.ModuleRef:
    module = llvm.parse_assembly(text)
    machine = target_machine()
    module.triple, module.data_layout = machine.triple, str(machine.target_data)
    module.verify()
    return module


def _passes() -> tuple[Any, Any]:
    options = llvm.create_pipeline_tuning_options(OPTIMISATION)
    options.loop_vectorization = options.slp_vectorization = True
    builder = llvm.create_pass_builder(target_machine(), options)
    return builder.getModulePassManager(), builder


_definitions: dict[tuple[str, int, bool], bytes] = {}


def _definition(name: str, bits: int, libm: bool) -> bytes:
    """An elementary function and its variants, optimised, as bitcode."""
    known = _definitions.get((name, bits, libm))
    if known is None:
        label = f"{name}, {bits} bits"
        known = cache.fetch(
            cache.key("elementary", name, bits, libm), label, lambda: _define(name, bits, libm)
        )
        _definitions[name, bits, libm] = known
    return known


def _define(name: str, bits: int, libm: bool) -> bytes:
    from .elementary.library import define

    module = _parsed(str(define(name, bits, libm)))
    manager, builder = _passes()
    manager.run(module, builder)
    code: bytes = module.as_bitcode()
    return code


def _inline_variants(module: llvm.ModuleRef, builder: llvm.PassBuilder) -> None:
    """Puts vector variants in the place of their calls, which the vectoriser has made."""
    from .elementary.library import PREFIX

    for function in module.functions:
        if function.name.startswith(PREFIX) and not function.is_declaration:
            function.linkage = "internal"
    passes = llvm.create_new_module_pass_manager()
    passes.add_always_inliner_pass()
    passes.add_global_dead_code_eliminate_pass()
    passes.add_new_gvn_pass()  # sin and cos of one argument reduce it once
    passes.add_instruction_combine_pass()
    passes.add_simplify_cfg_pass()
    passes.run(module, builder)
