"""Native code that finds a kernel by the sizes of its arguments, and runs it.

    record *find(site *, int64 *key, void **leaves, int64 part)
    int32 run(site *, int64 *key, void **leaves, record *, void **outputs, int64 part)

A *key* is the words that a kernel is compiled for: the sizes of the arrays, and what else is
static. ``find`` looks it up in the site's table, which is replaced and never changed, so no lock is
needed and any number of threads can look at once. A record also has *watches*: places in memory
and what must be there while captured things are what they were. Where no record fits, and where
a call leaves the kernel's tree of paths, ``resolve`` (`sites`) is called, which takes the GIL,
records and compiles. If it fails, Python's exception is set, and ``find`` returns null, ``run``
one. In ``part`` of a parallel loop the exception is not set (`lost`).
"""

from __future__ import annotations

import functools

from ..codegen.assemble import assemble_once
from ..codegen.entry.emit import STACK_ARENA
from ..codegen.entry.scratch import HEADER, scratch
from ..codegen.load import Library

DEPARTED, HELD, PART = 1, 2, 4
"""What ``resolve`` is told: a call has left its kernel; the thread has the GIL; see above."""

# The fields of a site, a table and a record: numbers of their 64-bit words.
TABLE, RESOLVE, NUMBER, MAIN, TAKE, GIVE, KEPT = range(7)
ENTRIES, WORDS, FIRST = range(3)
ENTRY, ARENA, TAPES, POOL, WATCHES, WATCHED, INPUTS, ORDER, CAPTURES, CAPTURED, SHAPES = range(11)

_IR = f"""
declare i64 @pthread_self()
declare i32 @Py_AddPendingCall(ptr, ptr)
declare i32 @PyGILState_Check()
declare i32 @PyGILState_Ensure()
declare void @PyErr_SetObject(ptr, ptr)
declare void @Py_DecRef(ptr)
declare void @PyGILState_Release(i32)
declare void @free(ptr)

; How many calls of ``resolve`` the main thread is in.
@depth = internal global i64 0

; Whether everything that the record's kernel captures is what it was.
define internal i1 @holds(ptr %record) {{
entry:
  %count_at = getelementptr i64, ptr %record, i64 {WATCHES}
  %count = load i64, ptr %count_at
  %pairs_at = getelementptr i64, ptr %record, i64 {WATCHED}
  %pairs = load ptr, ptr %pairs_at
  br label %next
next:
  %n = phi i64 [ 0, %entry ], [ %more, %same ]
  %left = icmp ult i64 %n, %count
  br i1 %left, label %look, label %all
look:
  %at = shl i64 %n, 1
  %place_at = getelementptr i64, ptr %pairs, i64 %at
  %place = load ptr, ptr %place_at
  %expected_at = getelementptr i64, ptr %place_at, i64 1
  %expected = load i64, ptr %expected_at
  %found = load atomic i64, ptr %place monotonic, align 8
  %equal = icmp eq i64 %found, %expected
  br i1 %equal, label %same, label %changed
same:
  %more = add i64 %n, 1
  br label %next
changed:
  ret i1 false
all:
  ret i1 true
}}

; Sets Python's exception to one that Python code has left; null where it was cut short itself.
define internal void @raise(ptr %kind, ptr %value) {{
entry:
  %none = icmp eq ptr %kind, null
  br i1 %none, label %done, label %set
set:
  %state = call i32 @PyGILState_Ensure()
  call void @PyErr_SetObject(ptr %kind, ptr %value)
  call void @Py_DecRef(ptr %value)
  call void @PyGILState_Release(i32 %state)
  br label %done
done:
  ret void
}}

; A record made in Python; null with Python's exception set.
define internal ptr @resolve(ptr %site, ptr %key, ptr %leaves, ptr %old, i64 %part) noinline cold {{
entry:
  %answer = alloca [4 x ptr]
  store [4 x ptr] zeroinitializer, ptr %answer
  %function_at = getelementptr i64, ptr %site, i64 {RESOLVE}
  %function = load ptr, ptr %function_at
  %number_at = getelementptr i64, ptr %site, i64 {NUMBER}
  %number = load i64, ptr %number_at
  %held = call i32 @PyGILState_Check()
  %departed = icmp ne ptr %old, null
  %departed_bit = zext i1 %departed to i64
  %held_bit = zext i32 %held to i64
  %held_at = shl i64 %held_bit, 1
  %part_at = shl i64 %part, 2
  %two = or i64 %departed_bit, %held_at
  %flags = or i64 %two, %part_at
  %main_at = getelementptr i64, ptr %site, i64 {MAIN}
  %main = load i64, ptr %main_at
  %self = call i64 @pthread_self()
  %is_main = icmp eq i64 %main, %self
  %one = zext i1 %is_main to i64
  %depth_before = load i64, ptr @depth
  %deeper = add i64 %depth_before, %one
  br i1 %is_main, label %down, label %python
down:
  store i64 %deeper, ptr @depth
  br label %python
python:
  call void %function(i64 %number, ptr %key, ptr %leaves, i64 %flags, ptr %answer)
  br i1 %is_main, label %up, label %answered
up:
  store i64 %depth_before, ptr @depth
  br label %answered
answered:
  %look_at = getelementptr ptr, ptr %answer, i64 3
  %look = load ptr, ptr %look_at
  %nothing = icmp eq ptr %look, null
  br i1 %nothing, label %found, label %schedule
schedule:
  %scheduled = call i32 @Py_AddPendingCall(ptr @late, ptr %look)
  br label %found
found:
  %record = load ptr, ptr %answer
  %failed = icmp eq ptr %record, null
  br i1 %failed, label %error, label %done
error:
  %kind_at = getelementptr ptr, ptr %answer, i64 1
  %value_at = getelementptr ptr, ptr %answer, i64 2
  %kind = load ptr, ptr %kind_at
  %value = load ptr, ptr %value_at
  call void @raise(ptr %kind, ptr %value)
  br label %done
done:
  ret ptr %record
}}

; CPython calls this in its main thread, between two statements; minus one tells it of an exception.
; Not within ``resolve``, whose caller may drop it: the end of that asks for another call.
define internal i32 @late(ptr %function) {{
entry:
  %depth = load i64, ptr @depth
  %free = icmp eq i64 %depth, 0
  br i1 %free, label %look, label %later
later:
  ret i32 0
look:
  %answer = alloca [3 x ptr]
  store [3 x ptr] zeroinitializer, ptr %answer
  call void %function(ptr %answer)
  %kind_at = getelementptr ptr, ptr %answer, i64 1
  %value_at = getelementptr ptr, ptr %answer, i64 2
  %kind = load ptr, ptr %kind_at
  %value = load ptr, ptr %value_at
  call void @raise(ptr %kind, ptr %value)
  %none = icmp eq ptr %kind, null
  %result = select i1 %none, i32 0, i32 -1
  ret i32 %result
}}

define ptr @adjit.find(ptr %site, ptr %key, ptr %leaves, i64 %part) {{
entry:
  %table = load atomic ptr, ptr %site acquire, align 8
  %count = load i64, ptr %table
  %words_at = getelementptr i64, ptr %table, i64 {WORDS}
  %words = load i64, ptr %words_at
  %first = getelementptr i64, ptr %table, i64 {FIRST}
  br label %entries
entries:
  %n = phi i64 [ 0, %entry ], [ %following, %other ]
  %row = phi ptr [ %first, %entry ], [ %next, %other ]
  %left = icmp ult i64 %n, %count
  br i1 %left, label %compare, label %none
compare:
  %k = phi i64 [ 0, %entries ], [ %more, %equal ]
  %unseen = icmp ult i64 %k, %words
  br i1 %unseen, label %word, label %found
word:
  %wanted_at = getelementptr i64, ptr %key, i64 %k
  %wanted = load i64, ptr %wanted_at
  %more = add i64 %k, 1
  %here_at = getelementptr i64, ptr %row, i64 %more
  %here = load i64, ptr %here_at
  %same = icmp eq i64 %wanted, %here
  br i1 %same, label %equal, label %other
equal:
  br label %compare
other:
  %following = add i64 %n, 1
  %width = add i64 %words, 1
  %next = getelementptr i64, ptr %row, i64 %width
  br label %entries
found:
  %record = load ptr, ptr %row
  %valid = call i1 @holds(ptr %record)
  br i1 %valid, label %known, label %none
known:
  ret ptr %record
none:
  %made = call ptr @resolve(ptr %site, ptr %key, ptr %leaves, ptr null, i64 %part)
  ret ptr %made
}}

define i32 @adjit.run(ptr %site, ptr %key, ptr %leaves, ptr %given, ptr %outputs, i64 %part) {{
entry:
  br label %again
again:
  %record = phi ptr [ %given, %entry ], [ %other, %left ]
  %kernel = load ptr, ptr %record
  %inputs_at = getelementptr i64, ptr %record, i64 {INPUTS}
  %inputs = load i64, ptr %inputs_at
  %order_at = getelementptr i64, ptr %record, i64 {ORDER}
  %order = load ptr, ptr %order_at
  %captured_at = getelementptr i64, ptr %record, i64 {CAPTURED}
  %captured = load ptr, ptr %captured_at
  %saved = call ptr @llvm.stacksave.p0()
  %in = alloca ptr, i64 %inputs
  br label %fill
fill:
  %n = phi i64 [ 0, %again ], [ %n1, %put ]
  %more = icmp ult i64 %n, %inputs
  br i1 %more, label %pick, label %filled
pick:
  %from_at = getelementptr i64, ptr %order, i64 %n
  %from = load i64, ptr %from_at
  %own = icmp sge i64 %from, 0
  %behind = xor i64 %from, -1
  %number = select i1 %own, i64 %from, i64 %behind
  %base = select i1 %own, ptr %leaves, ptr %captured
  br label %put
put:
  %pointer_at = getelementptr ptr, ptr %base, i64 %number
  %pointer = load ptr, ptr %pointer_at
  %slot = getelementptr ptr, ptr %in, i64 %n
  store ptr %pointer, ptr %slot
  %n1 = add i64 %n, 1
  br label %fill
filled:
  %tapes_at = getelementptr i64, ptr %record, i64 {TAPES}
  %tapes = load i64, ptr %tapes_at
  %twice = shl i64 %tapes, 1
  %numbers = add i64 %twice, 1
  %bits = alloca i64, i64 %numbers
  %bytes = shl i64 %numbers, 3
  call void @llvm.memset.p0.i64(ptr %bits, i8 0, i64 %bytes, i1 false)
  %cell_at = getelementptr i64, ptr %record, i64 {POOL}
  %cell = load ptr, ptr %cell_at
  %alone = icmp eq ptr %cell, null
  br i1 %alone, label %memory, label %threads
threads:
  %shared = load ptr, ptr %cell
  %gone = icmp eq ptr %shared, null
  br i1 %gone, label %departed, label %memory
memory:
  %pool = phi ptr [ null, %filled ], [ %shared, %threads ]
  %arena_at = getelementptr i64, ptr %record, i64 {ARENA}
  %size = load i64, ptr %arena_at
  %small = icmp ule i64 %size, {STACK_ARENA}
  br i1 %small, label %stack, label %heap
stack:
  %near = alloca i8, i64 %size, align {HEADER}
  br label %call
heap:
  %take_at = getelementptr i64, ptr %site, i64 {TAKE}
  %take = load ptr, ptr %take_at
  %kept_at = getelementptr i64, ptr %site, i64 {KEPT}
  %kept = load ptr, ptr %kept_at
  %block = call ptr %take(ptr %kept, i64 %size)
  %no_memory = icmp eq ptr %block, null
  br i1 %no_memory, label %departed, label %align
align:
  %block_number = ptrtoint ptr %block to i64
  %raised = add i64 %block_number, {2 * HEADER - 1}
  %aligned = and i64 %raised, -{HEADER}
  %far = inttoptr i64 %aligned to ptr
  br label %call
call:
  %arena = phi ptr [ %near, %stack ], [ %far, %align ]
  %taken = phi ptr [ null, %stack ], [ %block, %align ]
  %path = call i32 %kernel(ptr %in, ptr %outputs, ptr %arena, ptr %bits, ptr %pool)
  br i1 %small, label %tape, label %give
give:
  %give_at = getelementptr i64, ptr %site, i64 {GIVE}
  %give_back = load ptr, ptr %give_at
  %kept_at2 = getelementptr i64, ptr %site, i64 {KEPT}
  %kept2 = load ptr, ptr %kept_at2
  call void %give_back(ptr %kept2, ptr %taken)
  br label %tape
tape:
  %t = phi i64 [ 1, %call ], [ 1, %give ], [ %t1, %release ]
  %taped = icmp ult i64 %t, %numbers
  br i1 %taped, label %release, label %released
release:
  %tape_at = getelementptr i64, ptr %bits, i64 %t
  %tape_memory = load ptr, ptr %tape_at
  call void @free(ptr %tape_memory)
  %t1 = add i64 %t, 2
  br label %tape
released:
  call void @llvm.stackrestore.p0(ptr %saved)
  %known = icmp sge i32 %path, 0
  br i1 %known, label %done, label %left
departed:
  call void @llvm.stackrestore.p0(ptr %saved)
  br label %left
left:
  %other = call ptr @resolve(ptr %site, ptr %key, ptr %leaves, ptr %record, i64 %part)
  %failed = icmp eq ptr %other, null
  br i1 %failed, label %error, label %again
error:
  ret i32 1
done:
  ret i32 0
}}

declare ptr @llvm.stacksave.p0()
declare void @llvm.stackrestore.p0(ptr)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
"""


class Native:
    """Where the functions are, and those of scratch memory."""

    def __init__(self) -> None:
        code = assemble_once("calls from numba", _IR, "adjit.find", "adjit.run")
        self._library = Library(code)
        self.find = self._library.address("adjit.find")
        self.run = self._library.address("adjit.run")
        self.scratch = scratch()


@functools.cache
def native() -> Native:
    return Native()
