"""``load``: object code becomes functions of this process."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import llvmlite.binding as llvm

from .assemble import ObjectCode
from .external import address
from .machine import new_target_machine, target_machine

_serial = itertools.count()


class Library:
    """Loaded code, which lives as long as this object."""

    def __init__(self, code: ObjectCode) -> None:
        builder = llvm.JITLibraryBuilder().add_object_img(code.image).add_current_process()
        for name in code.imports:
            found = address(name)
            if found is not None:
                builder.import_symbol(name, found)
        for name in code.names:
            builder.export_symbol(name)
        self._tracker = builder.link(_linker(), f"adjit.{next(_serial)}")

    def address(self, name: str) -> int:
        return int(self._tracker[name])


@functools.cache
def _linker() -> Any:
    target_machine()  # which initialises LLVM
    return llvm.create_lljit_compiler(new_target_machine(), use_jit_link=True)
