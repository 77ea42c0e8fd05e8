"""The scratch memory that calls of LAPACK need, by their manual pages, for one matrix at a time."""

from __future__ import annotations

from ..ir.errors import IRError
from ..ir.graph import Value

BLOCK = 64
"""Columns that LAPACK works on at once, at most: more memory than asked for makes it faster."""

MOST = (1 << 31) - 1
"""What LAPACK's integers can count."""

_ALIGNMENT = 64


def workspace(value: Value) -> dict[str, int]:
    """Name -> numbers of the call's dtype, or, for names that begin with i, of int32."""
    name = value.op.name
    if name in ("complex_getrf", "heevd", "geev", "complex_geev"):
        return _of_complex(value)
    if name not in ("getrf", "gelqf", "syevd", "gesdd"):
        return {}
    *_, m, n = value.args[0].type.ints
    small, large = min(m, n), max(m, n)
    if name == "getrf":
        return {"ipiv": small}
    if name == "gelqf":
        return {"tau": n, "work": BLOCK * m}
    if name == "syevd":
        if value.attr("vectors"):
            return {"work": 1 + 6 * n + 2 * n * n + BLOCK * n, "iwork": 3 + 5 * n}
        return {"copy": n * n, "work": 2 * n + 1 + BLOCK * n, "iwork": 1}
    square = 0 if value.attr("job") == "N" else 4 * small * small
    work = square + 10 * small + large + BLOCK * (small + large)
    return {"copy": m * n, "work": work, "iwork": 8 * small}


def _of_complex(value: Value) -> dict[str, int]:
    """Of calls on complex matrices, or with complex results; a complex number counts as two."""
    n = value.args[0].type.ints[-2]
    if value.op.name == "complex_getrf":
        return {"ipiv": n}
    if value.op.name == "geev":
        return {"copy": n * n, "work": (4 + BLOCK) * n + BLOCK * (BLOCK + 1)}
    if value.op.name == "complex_geev":
        work = (2 + BLOCK) * n + BLOCK * (BLOCK + 1)
        return {"copy": 2 * n * n, "work": 2 * work, "rwork": 2 * n}
    if value.attr("vectors"):
        work, rwork, iwork = 2 * n + n * n, 1 + 5 * n + 2 * n * n, 3 + 5 * n
        return {"work": 2 * (work + BLOCK * n), "rwork": rwork, "iwork": iwork}
    return {"copy": 2 * n * n, "work": 2 * (n + 1 + BLOCK * n), "rwork": n, "iwork": 1}


def places(value: Value) -> tuple[dict[str, int], int]:
    """Where each part begins in the scratch memory, and its size, in bytes."""
    found, total = {}, 0
    for name, count in workspace(value).items():
        if count > MOST:
            raise IRError(f"{value.op.name} of {value.args[0].type}: LAPACK cannot count so far")
        found[name] = total
        size = 4 if name.startswith("i") else value.dtype.itemsize
        total += -(-count * size // _ALIGNMENT) * _ALIGNMENT
    return found, total
