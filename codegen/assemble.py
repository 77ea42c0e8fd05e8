"""``assemble``: LLVM's text becomes object code, optimised.

llvmlite is used directly. numba's code library, which does the same, takes longer to import than
everything else here together (figures in docs/design.md).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import llvmlite.binding as llvm

from . import cache, machine
from .machine import target_machine

OPTIMISATION = 2
"""LLVM's level. The third one unrolls loop nests fully: three times the compile time for code
that is no faster (the loop suite of `benchmarks/`)."""

TARGET = re.compile(r'label %"?([^",\s]+)')


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
    image = _generator(text).emit_object(module)
    return ObjectCode(image, names, external_names(module))


def assembly(text: str, libm: bool = False) -> str:
    """The same as assembler's text."""
    found: str = _generator(text).emit_assembly(optimised(text, libm))
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
    from .elementary.library import called, variants

    module = _parsed(text)
    scalars = [(name, bits) for name, bits, _ in called(text)]
    if scalars:
        module.link_in(_parsed(str(variants(scalars))))
    manager, builder = _passes() if has_loop(text) else _few_passes()
    manager.run(module, builder)
    if scalars:
        _inline(module, builder, libm)
    return module


def has_loop(text: str) -> bool:
    """Whether a branch of LLVM's text, as it is written here, goes back."""
    labels: set[str] = set()
    for line in text.splitlines():
        if line.startswith("define"):
            labels.clear()
        elif line.endswith(":"):
            labels.add(line[:-1].strip('"'))
        elif not labels.isdisjoint(TARGET.findall(line)):
            return True
    return False


def _generator(text: str) -> Any:
    return target_machine(OPTIMISATION if has_loop(text) else 0)


def _parsed(text: str) -> llvm.ModuleRef:
    module = llvm.parse_assembly(text)
    generator = target_machine()
    module.triple, module.data_layout = generator.triple, str(generator.target_data)
    module.verify()
    return module


def _passes() -> tuple[Any, Any]:
    options = llvm.create_pipeline_tuning_options(OPTIMISATION)
    options.loop_vectorization = options.slp_vectorization = True
    builder = llvm.create_pass_builder(target_machine(), options)
    return builder.getModulePassManager(), builder


def _few_passes() -> tuple[Any, Any]:
    """For code that runs once a call: what more would find, simplify has found in the graph.

    Of a thousand operations, LLVM's own pipeline and code generator would take five times the
    time for code that is 5 % faster (figures in docs/design.md).
    """
    manager = llvm.create_new_module_pass_manager()
    manager.add_always_inliner_pass()
    manager.add_sroa_pass()
    manager.add_instruction_combine_pass()
    manager.add_simplify_cfg_pass()
    return manager, _passes()[1]


_definitions: dict[tuple[str, str, int, int, bool], bytes] = {}


def _definition(name: str, bits: int, lanes: int, libm: bool) -> bytes:
    """An elementary function or a variant of it, optimised, as bitcode."""
    key = (machine.name(), name, bits, lanes, libm)
    known = _definitions.get(key)
    if known is None:
        label = f"{name}, {bits} bits, {lanes or 1} at a time"
        known = cache.fetch(cache.key("elementary", *key), label, lambda: _define(*key[1:]))
        _definitions[key] = known
    return known


def _define(name: str, bits: int, lanes: int, libm: bool) -> bytes:
    from .elementary.library import define

    module = _parsed(str(define(name, bits, lanes, libm)))
    manager, builder = _passes()
    manager.run(module, builder)
    code: bytes = module.as_bitcode()
    return code


def _inline(module: llvm.ModuleRef, builder: llvm.PassBuilder, libm: bool) -> None:
    """Puts elementary functions in the place of their calls, which the vectoriser has made.

    Only what is called is linked, and after everything else: the vectoriser needs to know no
    more than that the variants exist, and they are optimised already.
    """
    from .elementary.library import KEEPER, PREFIX, called

    calls = [line for line in str(module).splitlines() if " call " in line]
    for name, bits, lanes in called("\n".join(calls)):
        module.link_in(llvm.parse_bitcode(_definition(name, bits, lanes, libm)))
    for function in module.functions:
        if function.name.startswith((KEEPER, PREFIX)) and not function.is_declaration:
            function.linkage = "internal"
    passes = llvm.create_new_module_pass_manager()
    passes.add_always_inliner_pass()
    passes.add_global_dead_code_eliminate_pass()
    passes.add_new_gvn_pass()  # sin and cos of one argument reduce it once
    passes.add_instruction_combine_pass()
    passes.add_simplify_cfg_pass()
    passes.run(module, builder)
