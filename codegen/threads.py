"""Worker threads: a pool that runs the chunks of a band, and nothing of Python.

One call of ``run`` is one job: ``task(context, chunk)`` for every chunk, each claimed by
whichever thread is free, the caller included; ``run`` returns when all are done. What a chunk
computes does not depend on who runs it, so results are the same for any number of threads.

A job never waits for a worker that is asleep: chunks are claimed by compare-and-swap on one word,
``generation << 32 | next chunk``, and only those that were claimed are waited for. While a pool is
busy (another thread of the user's, or a nested call) the caller runs its chunks alone. A process
that was forked starts a pool of its own.
"""

from __future__ import annotations

import atexit
import ctypes
import functools
import os
import threading

from .assemble import assemble_once
from .load import Library

# The fields of a pool, in bytes; words that are written often have cache lines of their own.
RUN, TASK, CONTEXT, COUNT = 0, 8, 16, 24
BUSY, WORD, FINISHED, SLEEPERS, STOP = 64, 128, 192, 256, 264
MUTEX, START, DONE = 320, 448, 576  # pthread_mutex_t and pthread_cond_t take up to 64 bytes

SIZE = 704

_IR = f"""
declare i32 @pthread_mutex_lock(ptr)
declare i32 @pthread_mutex_unlock(ptr)
declare i32 @pthread_cond_wait(ptr, ptr)
declare i32 @pthread_cond_broadcast(ptr)
declare i32 @sched_yield()

; Claims and runs chunks until there are none; returns the generation that it saw last.
define internal i64 @chunks(ptr %pool) noinline {{
entry:
  %word_at = getelementptr i8, ptr %pool, i64 {WORD}
  %count_at = getelementptr i8, ptr %pool, i64 {COUNT}
  %task_at = getelementptr i8, ptr %pool, i64 {TASK}
  %context_at = getelementptr i8, ptr %pool, i64 {CONTEXT}
  %finished_at = getelementptr i8, ptr %pool, i64 {FINISHED}
  br label %look
look:
  %word = load atomic i64, ptr %word_at seq_cst, align 8
  %generation = lshr i64 %word, 32
  %chunk = and i64 %word, 4294967295
  %count = load atomic i64, ptr %count_at seq_cst, align 8
  %task = load atomic ptr, ptr %task_at seq_cst, align 8
  %context = load atomic ptr, ptr %context_at seq_cst, align 8
  %left = icmp ult i64 %chunk, %count
  br i1 %left, label %claim, label %none
claim:
  ; Succeeds only if no other job was begun since the word was read, so all fields are of one job.
  %next = add i64 %word, 1
  %swap = cmpxchg ptr %word_at, i64 %word, i64 %next seq_cst seq_cst
  %mine = extractvalue {{ i64, i1 }} %swap, 1
  br i1 %mine, label %claimed, label %look
claimed:
  call void %task(ptr %context, i64 %chunk)
  %before = atomicrmw add ptr %finished_at, i64 1 seq_cst
  %after = add i64 %before, 1
  %last = icmp eq i64 %after, %count
  br i1 %last, label %tell, label %look
tell:
  %mutex = getelementptr i8, ptr %pool, i64 {MUTEX}
  %done = getelementptr i8, ptr %pool, i64 {DONE}
  %l = call i32 @pthread_mutex_lock(ptr %mutex)
  %s = call i32 @pthread_cond_broadcast(ptr %done)
  %u = call i32 @pthread_mutex_unlock(ptr %mutex)
  br label %look
none:
  ret i64 %generation
}}

; A thread's life.
define ptr @adjit.worker(ptr %pool) {{
entry:
  %word_at = getelementptr i8, ptr %pool, i64 {WORD}
  %stop_at = getelementptr i8, ptr %pool, i64 {STOP}
  %sleepers_at = getelementptr i8, ptr %pool, i64 {SLEEPERS}
  %mutex = getelementptr i8, ptr %pool, i64 {MUTEX}
  %start = getelementptr i8, ptr %pool, i64 {START}
  br label %work
work:
  %seen = call i64 @chunks(ptr %pool)
  br label %spin
spin: ; the next job of a program often comes at once
  %tries = phi i64 [ 0, %work ], [ %more, %again ]
  %word = load atomic i64, ptr %word_at seq_cst, align 8
  %now = lshr i64 %word, 32
  %new = icmp ne i64 %now, %seen
  br i1 %new, label %work, label %again
again:
  %y = call i32 @sched_yield()
  %more = add i64 %tries, 1
  %patient = icmp ult i64 %more, 60
  br i1 %patient, label %spin, label %sleep
sleep:
  %l = call i32 @pthread_mutex_lock(ptr %mutex)
  %a = atomicrmw add ptr %sleepers_at, i64 1 seq_cst
  br label %check
check:
  %stop = load atomic i64, ptr %stop_at seq_cst, align 8
  %stopped = icmp ne i64 %stop, 0
  br i1 %stopped, label %leave, label %awake
awake:
  %word2 = load atomic i64, ptr %word_at seq_cst, align 8
  %now2 = lshr i64 %word2, 32
  %new2 = icmp ne i64 %now2, %seen
  br i1 %new2, label %wake, label %wait
wait:
  %w = call i32 @pthread_cond_wait(ptr %start, ptr %mutex)
  br label %check
wake:
  %d = atomicrmw sub ptr %sleepers_at, i64 1 seq_cst
  %u = call i32 @pthread_mutex_unlock(ptr %mutex)
  br label %work
leave:
  %u2 = call i32 @pthread_mutex_unlock(ptr %mutex)
  ret ptr null
}}

define void @adjit.run(ptr %pool, ptr %task, ptr %context, i64 %count) {{
entry:
  %busy_at = getelementptr i8, ptr %pool, i64 {BUSY}
  %swap = cmpxchg ptr %busy_at, i64 0, i64 1 seq_cst seq_cst
  %mine = extractvalue {{ i64, i1 }} %swap, 1
  br i1 %mine, label %begin, label %alone
alone:
  br label %each
each:
  %c = phi i64 [ 0, %alone ], [ %following, %step ]
  %left = icmp ult i64 %c, %count
  br i1 %left, label %step, label %given
step:
  call void %task(ptr %context, i64 %c)
  %following = add i64 %c, 1
  br label %each
given:
  ret void
begin:
  %word_at = getelementptr i8, ptr %pool, i64 {WORD}
  %count_at = getelementptr i8, ptr %pool, i64 {COUNT}
  %task_at = getelementptr i8, ptr %pool, i64 {TASK}
  %context_at = getelementptr i8, ptr %pool, i64 {CONTEXT}
  %finished_at = getelementptr i8, ptr %pool, i64 {FINISHED}
  %sleepers_at = getelementptr i8, ptr %pool, i64 {SLEEPERS}
  %mutex = getelementptr i8, ptr %pool, i64 {MUTEX}
  %start = getelementptr i8, ptr %pool, i64 {START}
  %done = getelementptr i8, ptr %pool, i64 {DONE}
  %word = load atomic i64, ptr %word_at seq_cst, align 8
  ; Closed while its fields change: a generation without chunks.
  %old = or i64 %word, 4294967295
  %closed = add i64 %old, 4294967296
  %open = add i64 %old, 4294967297
  store atomic i64 %closed, ptr %word_at seq_cst, align 8
  store atomic i64 %count, ptr %count_at seq_cst, align 8
  store atomic ptr %task, ptr %task_at seq_cst, align 8
  store atomic ptr %context, ptr %context_at seq_cst, align 8
  store atomic i64 0, ptr %finished_at seq_cst, align 8
  store atomic i64 %open, ptr %word_at seq_cst, align 8
  %sleepers = load atomic i64, ptr %sleepers_at seq_cst, align 8
  %asleep = icmp ne i64 %sleepers, 0
  br i1 %asleep, label %wake, label %help
wake:
  %l = call i32 @pthread_mutex_lock(ptr %mutex)
  %b = call i32 @pthread_cond_broadcast(ptr %start)
  %u = call i32 @pthread_mutex_unlock(ptr %mutex)
  br label %help
help:
  %g = call i64 @chunks(ptr %pool)
  br label %spin
spin:
  %tries = phi i64 [ 0, %help ], [ %more, %again ]
  %finished = load atomic i64, ptr %finished_at seq_cst, align 8
  %all = icmp eq i64 %finished, %count
  br i1 %all, label %end, label %again
again:
  %y = call i32 @sched_yield()
  %more = add i64 %tries, 1
  %patient = icmp ult i64 %more, 200
  br i1 %patient, label %spin, label %sleep
sleep:
  %l2 = call i32 @pthread_mutex_lock(ptr %mutex)
  br label %check
check:
  %finished2 = load atomic i64, ptr %finished_at seq_cst, align 8
  %all2 = icmp eq i64 %finished2, %count
  br i1 %all2, label %rise, label %wait
wait:
  %w = call i32 @pthread_cond_wait(ptr %done, ptr %mutex)
  br label %check
rise:
  %u2 = call i32 @pthread_mutex_unlock(ptr %mutex)
  br label %end
end:
  store atomic i64 0, ptr %busy_at seq_cst, align 8
  ret void
}}
"""


@functools.cache
def _library() -> Library:
    """Never unloaded: a forked child drops the pools, and must not enter LLVM for it."""
    return Library(assemble_once("threads", _IR, "adjit.run", "adjit.worker"))


class Pool:
    """So many threads, the caller's included; ``address`` is what native code is given."""

    def __init__(self, threads: int) -> None:
        self._libc = libc = ctypes.CDLL(None)
        libc.calloc.restype = ctypes.c_void_p
        libc.calloc.argtypes = [ctypes.c_size_t, ctypes.c_size_t]
        run, work = (_library().address(name) for name in ("adjit.run", "adjit.worker"))
        # Never freed: threads may look at it until the process ends.
        self.address = libc.calloc(1, SIZE) or 0
        if not self.address:
            raise MemoryError("no memory for a pool of threads")
        for field, initialise in (
            (MUTEX, libc.pthread_mutex_init),
            (START, libc.pthread_cond_init),
            (DONE, libc.pthread_cond_init),
        ):
            initialise(ctypes.c_void_p(self.address + field), None)
        self._set(RUN, run)
        self._workers: list[ctypes.c_ulong] = []
        for _ in range(1, threads):
            worker = ctypes.c_ulong()
            failed = libc.pthread_create(
                ctypes.byref(worker),
                None,
                ctypes.c_void_p(work),
                ctypes.c_void_p(self.address),
            )
            if failed:  # as many as the system gives
                break
            self._workers.append(worker)

    def _set(self, field: int, value: int) -> None:
        ctypes.c_int64.from_address(self.address + field).value = value

    def close(self) -> None:
        """Ends the workers: their code goes away with the interpreter."""
        libc = self._libc
        mutex, start = (ctypes.c_void_p(self.address + at) for at in (MUTEX, START))
        libc.pthread_mutex_lock(mutex)
        self._set(STOP, 1)
        libc.pthread_cond_broadcast(start)
        libc.pthread_mutex_unlock(mutex)
        for worker in self._workers:
            libc.pthread_join(worker, None)
        self._workers.clear()


_pools: dict[int, Pool] = {}
_lock = threading.Lock()


def pool(threads: int) -> Pool:
    """The process's pool of that size; started when it is first asked for."""
    found = _pools.get(threads)
    if found is None:
        with _lock:
            found = _pools.get(threads)
            if found is None:
                found = _pools[threads] = Pool(threads)
                cell_of(threads)
    return found


_cells: dict[int, ctypes.c_int64] = {}


def cell_of(threads: int) -> int:
    """Where native code finds the address of that pool; 0 lies there until there is one."""
    found = _cells.setdefault(threads, ctypes.c_int64())
    if threads in _pools:
        found.value = _pools[threads].address
    return ctypes.addressof(found)


def _after_fork() -> None:
    """A child has none of its parent's threads."""
    global _lock
    _pools.clear()
    for cell in _cells.values():
        cell.value = 0
    _lock = threading.Lock()


def _close() -> None:
    for each in _pools.values():
        each.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
atexit.register(_close)


@functools.cache
def default_threads() -> int:
    """``NUMBA_NUM_THREADS``, or the cores that this process may use."""
    given = os.environ.get("NUMBA_NUM_THREADS", "")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return int(given) if given.isdecimal() and int(given) else cores or 1
