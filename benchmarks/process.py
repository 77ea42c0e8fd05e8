"""A peer's process, seen from outside: started, asked, and ended when it hangs or dies."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import worker
from .machine import environment
from .peers import NoProgramError, Peer

STARTING = 120.0
"""Seconds that a process may take to import its library."""


class FailedError(Exception):
    """The peer raised or died; the text says which."""


class LateError(FailedError):
    """The peer took longer than the limit."""


@contextmanager
def variables(changes: dict[str, str]) -> Iterator[None]:
    """Sets environment variables, which a process inherits when it starts."""
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


class PeerProcess:
    """Starts on the first request, and again after it was ended."""

    def __init__(self, peer: Peer, threads: int) -> None:
        self.peer = peer
        self.threads = threads
        self.process: Any = None
        self.connection: Any = None
        self.folder = Path(tempfile.mkdtemp(prefix=f"adjit-bench-{peer.name}-"))
        """For the log, and for what the process and those that it starts leave on disk."""

    def start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(
            target=worker.main, args=(theirs, self.peer, self.threads, self.folder)
        )
        with variables(environment(self.threads)):
            self.process.start()
        theirs.close()
        self.answer(STARTING, "starting")

    def ask(self, limit: float, name: str, *arguments: Any) -> Any:
        """The answer to a request; `FailedError` or `NoProgramError` where there is none."""
        if self.process is None:
            self.start()
        try:
            self.connection.send((name, *arguments))
        except OSError:
            self.died(name)
        return self.answer(limit, name)

    def answer(self, limit: float, name: str) -> Any:
        if not self.connection.poll(limit):
            self.end()
            raise LateError(f"took more than {limit:.0f} s ({name})")
        try:
            status, result = self.connection.recv()
        except (EOFError, OSError):
            self.died(name)
        if status == "none":
            raise NoProgramError
        if status == "failed":
            if name == "starting":
                self.end()
            raise FailedError(result)
        return result

    def died(self, name: str) -> None:
        self.process.join(5.0)
        code = self.process.exitcode
        self.end()
        lines = (self.folder / worker.LOG).read_text(errors="replace").strip().splitlines()
        said = f": {lines[-1][:200]}" if lines else ""
        raise FailedError(f"its process ended ({name}, exit status {code}){said}")

    def end(self) -> None:
        if self.process is not None:
            self.connection.close()
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except (AttributeError, OSError):  # no groups on this system, or it never had one
                self.process.kill()
            self.process.join()
        self.process = None

    def close(self) -> None:
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)
