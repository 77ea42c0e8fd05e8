"""Scratch memory of native entries: one block that is kept between calls.

``take`` gives the block that is kept, if it is large enough and no other call has it, or else a
new one; ``give`` keeps a block and frees the one that was kept meanwhile. Fresh memory for each
call would be mapped and cleared page by page, which for large programs takes longer than they do.
"""

from __future__ import annotations

import ctypes
import functools

from ..assemble import assemble_once
from ..load import Library

HEADER = 64
"""Bytes in front of the memory, which hold its size."""

_IR = f"""
declare ptr @malloc(i64)
declare void @free(ptr)

define ptr @adjit.take(ptr %kept, i64 %bytes) {{
entry:
  %found = atomicrmw xchg ptr %kept, i64 0 seq_cst
  %block = inttoptr i64 %found to ptr
  %none = icmp eq i64 %found, 0
  br i1 %none, label %new, label %look
look:
  %size = load i64, ptr %block
  %fits = icmp uge i64 %size, %bytes
  br i1 %fits, label %done, label %replace
replace:
  call void @free(ptr %block)
  br label %new
new:
  %all = add i64 %bytes, {2 * HEADER}
  %fresh = call ptr @malloc(i64 %all)
  %failed = icmp eq ptr %fresh, null
  br i1 %failed, label %done, label %note
note:
  store i64 %bytes, ptr %fresh
  br label %done
done:
  %result = phi ptr [ %block, %look ], [ null, %new ], [ %fresh, %note ]
  ret ptr %result
}}

define void @adjit.give(ptr %kept, ptr %block) {{
entry:
  %number = ptrtoint ptr %block to i64
  %old = atomicrmw xchg ptr %kept, i64 %number seq_cst
  %none = icmp eq i64 %old, 0
  br i1 %none, label %done, label %replace
replace:
  %former = inttoptr i64 %old to ptr
  call void @free(ptr %former)
  br label %done
done:
  ret void
}}
"""


class Scratch:
    """Where native code finds ``take``, ``give`` and the place of the block that is kept."""

    def __init__(self) -> None:
        self._kept = ctypes.c_int64()
        self.kept = ctypes.addressof(self._kept)
        self._library = Library(assemble_once("scratch memory", _IR, "adjit.take", "adjit.give"))
        self.take = self._library.address("adjit.take")
        self.give = self._library.address("adjit.give")


@functools.cache
def scratch() -> Scratch:
    return Scratch()
