"""Sample applications of the ops of linear algebra."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from derivatives import build

from adjit.ir.graph import Value
from adjit.ir.ops.matrices import turned
from adjit.ir.types import I64

if TYPE_CHECKING:
    from samples import Sample

    from adjit.ir.op import Op

Shape = tuple[int, ...]
Make = Callable[["Op"], "Sample"]


def matrices(*shape: int, seed: int = 3) -> np.ndarray:
    """Well-conditioned matrices, with eigenvalues and singular values apart."""
    return np.random.default_rng(seed).normal(size=shape) + 1.5 * np.eye(*shape[-2:])


def definite(*shape: int) -> np.ndarray:
    x = matrices(*shape)
    return x @ np.swapaxes(x, -1, -2) + np.eye(shape[-1])


def _sample(op: Op, args: list[np.ndarray], function: Callable[..., Any], label: str) -> Sample:
    from samples import Sample

    return Sample(op, label, build(args, function), args)


def _of(*shapes: Shape, **attrs: object) -> Make:
    def make(op: Op) -> Sample:
        args = [matrices(*shape, seed=seed) for seed, shape in enumerate(shapes)]
        label = ",".join(map(str, [*shapes, *attrs.values()])).replace(" ", "")
        return _sample(op, args, lambda *xs: op(*xs, **attrs), label)

    return make


def _definite(*shape: int) -> Make:
    """Symmetric in every direction: the derivative is by the symmetric part."""

    def symmetric(x: Value) -> Value:
        return 0.5 * (x + turned(x))

    def make(op: Op) -> Sample:
        args = [definite(*shape)]
        return _sample(op, args, lambda x: op(symmetric(x), where="singular"), str(shape))

    return make


def _swaps(reverse: bool) -> Make:
    def make(op: Op) -> Sample:
        args = [matrices(2, 4, 3), np.array([[2, 3, 2], [0, 1, 3]], I64)]
        return _sample(op, args, lambda x, p: op(x, p, reverse=reverse), f"reverse={reverse}")

    return make


def _pinv(*shape: int, limit: float = 1e-12) -> Make:
    def make(op: Op) -> Sample:
        args = [matrices(*shape), np.full(shape[:-2], limit)]
        attrs = {"cut": limit > 0.1, "where": "w"}
        return _sample(op, args, lambda x, z: op(x, z, **attrs), f"{shape}-{limit}")

    return make


def _regular(*shape: int) -> Make:
    """With eigenvalues away from the negative numbers, of which some are complex."""

    def make(op: Op) -> Sample:
        args = [matrices(*shape) + 2.0 * np.eye(shape[-1])]
        return _sample(op, args, lambda x: op(x, where="w"), str(shape))

    return make


_FLAGS = [(low, trans, unit) for low in (True, False) for trans in (True, False)
          for unit in (True, False)]  # fmt: skip
_TRIANGULAR = [
    _of((2, 3, 3), (2, 3, 2), lower=low, trans=trans, unit=unit, where="")
    for low, trans, unit in _FLAGS
] + [_of((0, 0), (0, 2), lower=True, trans=False, unit=False, where="w")]
_SQUARE: list[Shape] = [(3, 3), (2, 3, 3), (1, 1), (0, 0), (0, 2, 2)]
_ANY: list[Shape] = [(3, 3), (2, 4, 2), (2, 3), (1, 1), (3, 0), (0, 3)]
_SIDES: list[Shape] = [(3, 6), (2, 2, 4), (1, 2), (0, 0)]
_GENERAL = [[s] * count for s in _SQUARE for count in (1, 2)]
_TALL: list[Shape] = [(3, 3), (2, 4, 2), (1, 1), (3, 0)]

MATRIX_SAMPLES: dict[str, list[Make]] = {
    "potrf": [_definite(3, 3), _definite(2, 2, 2)],
    "getrf": [_of(shape, where="") for shape in _ANY],
    "gelqf": [_of(shape, complete=full) for shape in _TALL for full in (False, True)],
    "syevd": [
        _of((2, 3, 3), lower=low, vectors=vectors, where="")
        for low in (True, False)
        for vectors in (True, False)
    ],
    "gesdd": [_of(shape, job=job, where="") for shape in _ANY[:4] for job in "NSA"],
    "complex_getrf": [_of(shape, where="") for shape in _SIDES],
    "heevd": [
        _of(shape, lower=low, vectors=vectors, where="")
        for shape in _SIDES
        for low in (True, False)
        for vectors in (True, False)
    ],
    "geev": [_of(s, vectors=vectors, where="") for s in _SQUARE for vectors in (True, False)],
    "complex_geev": [
        _of(s, vectors=vectors, where="") for s in _SIDES for vectors in (True, False)
    ],
    "triangular_solve": _TRIANGULAR,
    "swap_rows": [_swaps(False), _swaps(True)],
    "cholesky": [_definite(3, 3), _definite(2, 2, 2), _definite(1, 1), _definite(0, 0)],
    "lu": [_of(shape) for shape in _ANY],
    "lu_pivots": [_of(shape) for shape in _ANY],
    "qr_q": [_of(shape) for shape in _TALL],
    "qr_r": [_of(shape) for shape in _TALL],
    "qr_complete": [_of((4, 2)), _of((2, 3, 3))],
    "eigenvalues": [_of(s, lower=low, where="w") for s in _SQUARE for low in (True, False)],
    "eigenvectors": [_of(s, lower=low, where="w") for s in _SQUARE for low in (True, False)],
    "hermitian_values": [_of(s, s, lower=w, where="w") for s in _SQUARE for w in (True, False)],
    "hermitian_vectors": [_of(s, s, lower=w, where="w") for s in _SQUARE for w in (True, False)],
    "general_eigenvalues": [_of(*s, where="w") for s in _GENERAL],
    "general_eigenvectors": [_of(*s, where="w") for s in _GENERAL],
    "svd_left": [_of(shape, where="w") for shape in _ANY],
    "singular_values": [_of(shape, where="w") for shape in _ANY],
    "svd_right": [_of(shape, where="w") for shape in _ANY],
    "svd_square": [_of((4, 2), left=True, where=""), _of((2, 2, 3), left=False, where="")],
    "solve": [
        _of((2, 3, 3), (2, 3, 2), trans=False, where="w"),
        _of((3, 3), (3, 1), trans=True, where=""),
        _of((0, 0), (0, 2), trans=False, where=""),
        _of((3, 3), (3, 0), trans=False, where=""),
    ],
    "det": [_of(shape) for shape in _SQUARE],
    "det_sign": [_of(shape) for shape in _SQUARE],
    "logdet": [_of(shape) for shape in _SQUARE],
    "det_phase": [_of(shape, shape) for shape in _SQUARE],
    "cofactors": [_of(shape) for shape in _SQUARE],
    "pinv": [
        _pinv(3, 3),
        _pinv(2, 4, 2),
        _pinv(2, 3),
        _pinv(0, 2),
        _pinv(2, 3, 3, limit=0.5),
        _pinv(4, 3, limit=0.6),
        _pinv(2, 4, limit=0.9),
    ],
    "sqrtm": [_regular(3, 3), _regular(2, 4, 4), _regular(0, 0)],
    "expm": [_of(shape) for shape in _SQUARE],
}
