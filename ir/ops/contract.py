"""``contract``: products of two arrays summed over shared indices.

matmul, dot, outer, inner, tensordot and einsum all become contractions in a normal form that
is closed under differentiation: every index of one array stands in the other array or in the
result, no array has an index twice.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import IRError
from ..graph import Value
from ..op import Op, general
from ..types import ArrayType, Dim
from .reduce import any_
from .structure import broadcast, reshape, transpose


def split_spec(spec: str) -> tuple[str, str, str]:
    """``"ab,bc->ac"`` as its three groups of indices."""
    inputs, result = spec.split("->")
    x, z = inputs.split(",")
    return x, z, result


def _contract_type(x: ArrayType, z: ArrayType, spec: str) -> ArrayType:
    left, right, result = split_spec(spec)
    sizes: dict[str, Dim] = {}
    if x.dtype != z.dtype or x.dtype.kind not in "fciub":
        raise IRError(f"contract: dtypes of {x} and {z}")
    for indices, type in ((left, x), (right, z)):
        if len(indices) != type.rank or len(set(indices)) != len(indices):
            raise IRError(f"contract {spec}: {indices!r} does not name the axes of {type}")
        for index, dim in zip(indices, type.shape, strict=True):
            if sizes.setdefault(index, dim) != dim:
                raise IRError(f"contract {spec}: sizes of {index!r} differ in {x} and {z}")
    groups = (left, right, result)
    for index in sizes:
        if sum(index in group for group in groups) < 2:
            raise IRError(f"contract {spec}: {index!r} stands in one place only")
    if len(set(result)) != len(result) or not set(result) <= set(sizes):
        raise IRError(f"contract {spec}: result {result!r}")
    return ArrayType(x.dtype, tuple(sizes[index] for index in result))


def _contract_reference(x: Any, z: Any, spec: str) -> Any:
    with np.errstate(all="ignore"):
        return np.asarray(np.einsum(spec, x, z, optimize=True)).astype(np.asarray(x).dtype)


def contract_vjp(spec: str, x: Value, z: Value, g: Value) -> tuple[Value, Value]:
    left, right, result = split_spec(spec)
    return (
        contract(g, z, spec=f"{result},{right}->{left}"),
        contract(g, x, spec=f"{result},{left}->{right}"),
    )


def _contract_reach(y: Value, mask: Value) -> tuple[Value, Value]:
    left, right, result = split_spec(y.attr("spec"))

    def one(x: Value, indices: str) -> Value:
        summed = tuple(axis for axis, index in enumerate(result) if index not in indices)
        kept = [index for index in result if index in indices]
        reached = any_(mask, axes=summed)
        reached = transpose(reached, perm=tuple(kept.index(i) for i in indices if i in kept))
        ones = tuple(
            dim if index in kept else 1 for index, dim in zip(indices, x.shape, strict=True)
        )
        return broadcast(reshape(reached, shape=ones), shape=x.shape)

    return one(y.args[0], left), one(y.args[1], right)


def _contract_jvp(y: Value, tangents: Any) -> Value | None:
    x, z = y.args
    tx, tz = tangents
    spec = y.attr("spec")
    terms = [contract(tx, z, spec=spec)] if tx is not None else []
    if tz is not None:
        terms.append(contract(x, tz, spec=spec))
    return terms[0] + terms[1] if len(terms) == 2 else (terms[0] if terms else None)


contract: Op = general(
    "contract",
    _contract_reference,
    _contract_type,
    lambda y, g: contract_vjp(y.attr("spec"), y.args[0], y.args[1], g),
    _contract_jvp,
    _contract_reach,
)
