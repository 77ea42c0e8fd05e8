"""LLVM becomes code in memory: optimised, linked and loaded by numba's CPU code library.

numba takes longer to import than everything else here together, so this module is imported when
the first function is compiled.
"""

from __future__ import annotations

import functools
from typing import Any

import llvmlite.binding as llvm
import llvmlite.ir as ll
from numba.core.codegen import JITCodeLibrary, JITCPUCodegen
from numba.core.compiler_lock import global_compiler_lock

from .elementary.library import PREFIX, define, undefined

OPTIMISATION = 2
"""LLVM's level. The third one unrolls loop nests fully: three times the compile time for code
that is no faster (the loop suite of `benchmarks/`)."""


class _Library(JITCodeLibrary):
    """A library that is optimised once: it holds none of what numba optimises twice for."""

    libm = False

    def _optimize_functions(self, ll_module: Any) -> None:
        """Nothing: the module is optimised as a whole."""

    def _optimize_final_module(self) -> None:
        module = self._final_module
        called = undefined(module)
        for name, bits in called:
            module.link_in(llvm.parse_bitcode(_definition(name, bits, self.libm)))
        passes, builder = self._codegen._module_pass_manager(opt=OPTIMISATION)
        passes.run(module, builder)
        if called:
            inline_variants(module, builder)


class _Codegen(JITCPUCodegen):
    _library_class = _Library


@functools.cache
def _codegen() -> _Codegen:
    return _Codegen("adjit")


@functools.cache
def _definition(name: str, bits: int, libm: bool) -> bytes:
    """An elementary function and its variants, optimised, as bitcode."""
    module = llvm.parse_assembly(str(define(name, bits, libm)))
    codegen = _codegen()
    module.triple, module.data_layout = codegen._tm.triple, codegen._data_layout
    passes, builder = codegen._module_pass_manager(opt=OPTIMISATION)
    passes.run(module, builder)
    code: bytes = module.as_bitcode()
    return code


def inline_variants(module: llvm.ModuleRef, builder: llvm.PassBuilder) -> None:
    """Puts vector variants in the place of their calls, which the vectoriser has made."""
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


def load(module: ll.Module, name: str, libm: bool = False) -> tuple[Any, int]:
    """Compiles a module: the library, which holds the code, and where function ``name`` is.

    ``libm``: elementary functions are libm's, to the last bit.
    """
    with global_compiler_lock:
        library = _codegen().create_library(module.name)
        library.libm = libm
        library.add_ir_module(module)
        library.finalize()
        return library, library.get_pointer_to_function(name)


def compile_assembly(assembly: str, *names: str) -> tuple[Any, list[int]]:
    """Compiles LLVM's text: the library, and where its functions ``names`` are."""
    with global_compiler_lock:
        library = _codegen().create_library(names[0])
        library.add_llvm_module(llvm.parse_assembly(assembly))
        library.finalize()
        return library, [library.get_pointer_to_function(name) for name in names]
