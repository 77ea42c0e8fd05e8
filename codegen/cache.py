"""What has been compiled is kept on disk: a second process starts without compiling.

An entry is a file whose name is its key, a hash of everything that the content follows from: the
program, the sources of adjit, LLVM, NumPy (which folds constants), the processor. Entries are
never changed. They are written under another name and renamed, so that readers and other writers
see all of one or none; the first line has the hash of the rest, so that what is truncated or
foreign is taken for missing. Where nothing can be written, everything is compiled as if there
were no cache.

``ADJIT_CACHE`` in the environment names the folder, or is ``off``; without it, it is ``adjit``
in ``XDG_CACHE_HOME`` or ``~/.cache``.
"""

from __future__ import annotations

import functools
import hashlib
import io
import logging
import os
import pickle
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import machine

log = logging.getLogger("adjit.cache")

MAGIC = b"adjit 1 "

LIMIT = 512 << 20
"""Bytes; beyond, those entries go that have not been used for longest."""

SWEEP = 50
"""One in so many writes looks whether that is so."""

ABANDONED = 3600.0
"""Seconds after which a file that is still being written has lost its writer."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of the cache; ``used`` is when it was last read or written, in seconds."""

    path: Path
    label: str
    bytes: int
    used: float


def folder() -> Path | None:
    """Where entries are; None: nowhere."""
    given = os.environ.get("ADJIT_CACHE")
    if given:
        return None if given == "off" else Path(given)
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "adjit"
    except RuntimeError:  # a user without a home
        return None


def key(*parts: object) -> str:
    """The name of what follows from ``parts``, all of which have an exact ``repr``."""
    found = hashlib.blake2b(digest_size=20)
    for part in (_sources(), machine.name(), np.__version__, *parts):
        data = part if isinstance(part, bytes) else repr(part).encode()
        found.update(b"%d:" % len(data))
        found.update(data)
    return found.hexdigest()


@functools.cache
def _sources() -> str:
    """A hash of the compiler itself: what it makes of a program changes with it."""
    root = Path(__file__).resolve().parent.parent
    found = hashlib.blake2b(digest_size=20)
    for part in ("ir", "codegen", "tracer"):
        for path in sorted((root / part).rglob("*.py")):
            found.update(path.read_bytes())
    return found.hexdigest()


def fetch(name: str, label: str, make: Callable[[], Any]) -> Any:
    """What is kept under a key, or else what ``make`` returns, which is kept from then on.

    ``label`` is shown in listings.
    """
    place = folder()
    if place is None:
        return make()
    path = place / name[:2] / name
    kept = _read(path)
    if kept is not None:
        return pickle.loads(kept)
    made = make()
    content = io.BytesIO()
    _Pickler(content, protocol=5).dump(made)
    _write(path, label, content.getvalue())
    return made


class _Pickler(pickle.Pickler):
    """Dtypes come back as NumPy's own objects, by which native code knows them, not as copies."""

    def reducer_override(self, item: Any) -> Any:
        return (np.dtype, (item.str,)) if isinstance(item, np.dtype) else NotImplemented


def _read(path: Path) -> bytes | None:
    """The content of an entry; None where there is none, or not all of it."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    head, _, rest = data.partition(b"\n")
    if head != MAGIC + _digest(rest):
        log.info("%s is damaged", path)
        return None
    try:
        os.utime(path)
    except OSError:  # a folder that can be read only
        log.debug("%s keeps its time", path)
    return rest.partition(b"\n")[2]


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=20).hexdigest().encode()


def _write(path: Path, label: str, content: bytes) -> None:
    rest = label.replace("\n", " ").encode() + b"\n" + content
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix="new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(MAGIC + _digest(rest) + b"\n" + rest)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as problem:
        log.info("%s is not kept: %s", label, problem)
        return
    if int(path.name[:8], 16) % SWEEP == 0:  # digests are uniform; no generator of the user's moves
        _sweep(path.parent.parent)


def _sweep(place: Path) -> None:
    """Deletes what was used longest ago where there is too much, and what was never finished."""
    found = sorted(_files(place), key=lambda item: item[1].st_mtime)
    total = sum(stat.st_size for _, stat in found)
    for path, stat in found:
        abandoned = _unfinished(path) and time.time() - stat.st_mtime > ABANDONED
        if abandoned or total > LIMIT:
            path.unlink(missing_ok=True)
            total -= stat.st_size


def _unfinished(path: Path) -> bool:
    return path.name.startswith("new-")


def _files(place: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """The files of the cache, and no others that may lie in its folder."""
    for path in place.glob("[0-9a-f][0-9a-f]/*"):
        if _unfinished(path) or (len(path.name) == 40 and path.name[:2] == path.parent.name):
            try:
                yield path, path.stat()
            except FileNotFoundError:  # another process has deleted it
                continue


def entries(place: Path) -> list[Entry]:
    """All entries, the last used first."""
    found = []
    for path, stat in _files(place):
        try:
            with path.open("rb") as file:
                head, label = file.readline(), file.readline()
        except OSError:  # deleted meanwhile, or another user's
            continue
        if head.startswith(MAGIC):
            text = label.decode(errors="replace").rstrip("\n")
            found.append(Entry(path, text, stat.st_size, stat.st_mtime))
    return sorted(found, key=lambda entry: -entry.used)


def clear(place: Path) -> tuple[int, int]:
    """Deletes all files of the cache: how many there were, and their bytes."""
    count = size = 0
    for path, stat in _files(place):
        path.unlink(missing_ok=True)
        count, size = count + 1, size + stat.st_size
    return count, size
