"""Every attribute and method of NumPy's arrays, on awkward arrays, beside NumPy's own."""

from __future__ import annotations

import copy
import math
import operator
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import adjit
import adjit.numpy as anp
from adjit import autograd

LEFT_OUT = {
    "byteswap": "bits in another order",
    "ctypes": "memory that C code may write to",
    "data": "memory that C code may write to",
    "getfield": "bits as another dtype",
    "resize": "another size of the memory that views look into",
    "setfield": "bits as another dtype",
}
"""As docs/arrays.md lists them."""

INPUTS: dict[str, np.ndarray] = {
    "matrix": np.array([[1.0, 2.0], [3.0, 4.5]]),
    "single": np.array([[1.5, -2.0, 0.25], [3.0, 4.0, 8.0]], np.float32),
    "strided": np.arange(24.0).reshape(4, 6)[::2, ::-3],
    "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "ints": np.array([3, -1, 2, 7]),
    "small ints": np.array([[3, 1], [2, 7]], np.int8),
    "bools": np.array([[True, False], [True, True]]),
    "complex": np.array([[1 + 2j, 2.0], [3j, -1.0]]),
    "number": np.array(2.5),
    "int number": np.array(3),
    "empty": np.zeros((0, 3)),
    "one": np.array([[2.0]]),
    "nan": np.array([np.nan, 1.0, -np.inf, 0.0]),
}

READS = """
x.T | x.mT | x.ndim | x.shape | x.size | x.dtype | x.itemsize | x.nbytes | x.strides | x.T.strides
x.real | x.imag | x.flags.c_contiguous | x.T.flags.f_contiguous | x.base is None | x[...].base is x
x.device | x.to_device("cpu") | x.all() | x.any() | x.any(axis=0) | x.all(axis=-1, keepdims=True)
x.argmax() | x.argmin(axis=0) | x.argmax(axis=1, keepdims=True) | x.argpartition(0)
x.argsort() | x.argsort(axis=None) | x.argsort(axis=0, kind="stable") | x.astype(float)
x.astype("i4") | x.astype(bool) | x.astype(x.dtype, copy=False) is x | x.choose([1, 2, 3, 4, 5])
x.clip(1, 2) | x.clip(max=2) | x.clip(2) | x.compress([1, 0], axis=0) | x.conj() | x.conjugate()
x.conj() is x | x.copy() | x.cumprod() | x.cumsum(axis=0) | x.cumsum(dtype="f4") | x.diagonal()
x.dot(x) | x.dot(2) | x.dumps()[:4] | x.flatten() | x.flatten("F") | list(x.flat) | len(x.flat)
x.flat[0] | x.flat[1:3] | x.item() | x.item(0) | x.item(0, 1) | x.max() | x.max(axis=0)
x.max(initial=9) | x.mean() | x.mean(axis=1) | x.mean(dtype="f4") | x.min() | x.nonzero()
np.partition(x, 0) | x.prod() | x.prod(axis=0) | x.ravel() | x.ravel("F") | x.repeat(2)
x.repeat([1, 2], axis=0) | x.reshape(-1) | x.reshape(2, 2) | x.reshape((1, -1)) | x.reshape(7)
x.reshape(2, 2, order="F") | x.round() | x.round(1) | x.searchsorted(2) | x.squeeze()
x.squeeze(0)
x.std() | x.std(axis=0, ddof=1) | x.sum() | x.sum(axis=(0, 1)) | x.sum(dtype=int) | x.sum(axis=7)
x.sum(axis=0, keepdims=True) | x.sum(where=x > 1) | x.sum(initial=5) | x.swapaxes(0, 1) | x.take(0)
x.take([0, 1], axis=0) | x.take([9]) | x.tobytes() | x.tolist() | x.trace() | x.transpose()
x.transpose(1, 0) | x.transpose((1, 0)) | x.transpose(0, 0) | x.var() | x.var(axis=0) | x.view()
x.view(x.dtype) | x + 1 | 1 + x | x + x | x + [1, 2] | [1, 2] + x | x - 2.5 | 2 - x | x * 2 | x / 2
2 / (x + 9) | x // 2 | 7 // (x + 0.5) | x % 2 | 7 % (x + 9) | x**2 | 2**x | x**0.5 | x**-1 | x @ x
x @ [1, 2] | [1, 2] @ x | x @ 3 | -x | +x | abs(x) | ~x | x & 1 | 1 & x | x | 1 | x ^ 1 | x << 1
1 << x | x >> 1 | divmod(x, 2) | divmod(7, x + 9) | x < 2 | x <= x | x > 2 | x >= 2 | x == 2
x != x.T | x == None | x != None | x == "a" | x < None | x + None | x + "a" | x + np.ones(7)
x + np.float32(1) | x * 1j | x * True | x + 300 | len(x) | list(x) | [y for y in x] | x[0] | x[-1]
x[9] | x[0, 0] | x[0, 0, 0] | x[:, 1] | x[..., 0] | x[None] | x[()] | x[1:] | x[::-1]
x[::2, None]
x[[0, 1]] | x[[0, 1], [1, 0]] | x[[]] | x[[9]] | x[x > 1] | x[x > 1, ...] | x[[True, False]]
x[True] | x[np.array(False)] | x[np.array([0, 1])] | x[..., np.newaxis, 0] | x["a"] | x[1.0]
x[0.5:]
x[...,...] | x[:, [0, 1]] | x[[[0, 1], [1, 0]]] | x[np.int64(0)] | x[0][0] | x[:, :, :] | 2.0 in x
bool(x) | float(x) | int(x) | complex(x) | operator.index(x) | math.sqrt(x) | range(x)
[5, 6, 7, 8][x]
str(x) | f"{x}" | f"{x:.2f}" | np.array_repr(x) | np.array2string(x, precision=1) | sum([x, x])
max(x[0], x[1]) | math.floor(x) | copy.copy(x) | copy.deepcopy(x)
pickle.loads(pickle.dumps(x)) | np.asarray(x) | np.array(x) | np.shape(x) | np.ndim(x) | np.size(x)
np.result_type(x, 1) | np.iscomplexobj(x) | np.real(x) | np.imag(x) | np.copy(x) | x.__array__()
np.add(x, 1, where=x == x, out=np.zeros_like(x)) | np.add.reduce(x) | np.add.outer(x, x)
np.add.accumulate(x) | np.multiply.reduceat(x, [0]) | np.modf(x) | np.sum(x, axis=0)
np.concatenate([x, x]) | np.stack([x, x], axis=-1) | np.where(x > 1, x, 0) | np.sort(x, axis=0)
np.unique(x) | np.linalg.norm(x) | np.linalg.inv(x) | np.linalg.det(x) | np.fft.fft(x) | np.diag(x)
np.einsum("ij->ji", x) | np.tensordot(x, x, 1) | np.meshgrid(x, x) | np.split(x, 2)
np.isin(x, [1])
np.pad(x, 1) | np.histogram(x, 3) | np.percentile(x, 30) | np.apply_along_axis(np.sum, 0, x)
"""

WRITES = """
x[0] = 5 | x[...] = 1 | x[:] = x[::-1] | x[0, 0] = 7 | x[9] = 1 | x[0] = [1, 2, 3, 4, 5]
x[x > 1] = 0
x[[0, 0]] = 3 | x[...] = 1j | x[...] = "a" | x[None] = 2 | x[::2] += 1 | x[0] *= 2 | x["a"] = 1
x += 1 | x += 0.5 | x += 1j | x -= x | x *= 2 | x /= 2 | x //= 2 | x %= 2 | x **= 2 | x @= x
x += [1, 2] | x &= 1 | x |= True | x ^= x | x <<= 1 | x >>= 1 | x += np.ones(7) | x += x[:1]
x += None
x.fill(3) | x.fill([1]) | x.sort() | x.sort(axis=0) | x.sort(axis=5) | x.partition(1)
x.put([0, 1], 9)
x.put([99], 1) | x.flat = [1, 2] | x.flat[0] = 4 | x.flat[::2] = 5 | x.real = 2 | x.imag = 3
x.T[0] = 6 | x.reshape(-1)[0] = 8 | x.ravel()[-1:] = 9 | x.diagonal()[0] = 1 | np.copyto(x, 2)
np.broadcast_to(x, (2, *x.shape))[0] = 1 | np.copyto(x, [1.5, 2]) | np.copyto(x, 5, where=x > 1)
np.put(x, [0], 4) | np.fill_diagonal(x, 0) | np.putmask(x, x > 1, 3) | np.place(x, x > 1, [7, 8])
np.put_along_axis(x, np.zeros_like(x, dtype=int), 1, 0) | np.add.at(x, 0, 2)
np.add.at(x, [0, 0], 1)
np.multiply.at(x, [0, 9], 1) | np.add(x, 1, out=x) | np.add(x, 0.5, out=x) | np.sqrt(x, out=x)
np.add(x, x, out=x[:1]) | np.multiply(x, 2, out=x, where=x > 1) | np.cumsum(x, axis=0, out=x)
np.negative(x, x) | np.clip(x, 1, 2, out=x) | x.clip(1, 2, out=x) | np.nan_to_num(x, copy=False)
del x[0] | x.setflags(write=False); x[...] = 1 | x.T = x | x[:1], y = x[-1:], 3
y = x.copy(); y[...] = 0 | y = x[...]; y += 1 | y = x.view(); y[:1] = 5
y = x.flatten(); y[...] = 0
"""


def cases(text: str) -> list[str]:
    flat = text.replace("\n", " | ").replace("x | 1 |", "(x.__or__(1)) |")
    return [part.strip() for part in flat.split(" | ") if part.strip()]


def taken(fun: Callable[[], Any]) -> Any:
    try:
        with np.errstate(all="ignore"):
            return fun()
    except Exception as problem:
        return problem


def is_same(found: Any, expected: Any) -> bool:
    """Equal values, dtypes, shapes and structure; for an error one that the same clause catches."""
    if isinstance(expected, Exception):
        known = ("builtins", "numpy.exceptions", "numpy.linalg")
        return isinstance(found, next(k for k in type(expected).__mro__ if k.__module__ in known))
    if isinstance(found, Exception):
        return False
    if isinstance(expected, tuple | list):
        return len(found) == len(expected) and all(map(is_same, found, expected))
    if isinstance(expected, np.ndarray | np.generic):
        value = np.asarray(found)
        if (value.dtype, value.shape) != (expected.dtype, expected.shape):
            return False
        nan = value.dtype.kind in "fc"
        return np.array_equal(value, expected, equal_nan=nan)
    if isinstance(expected, str):
        return str(found) == expected.replace("np.float64", "Array")
    return bool(found == expected or (found != found and expected != expected))


SPACE = {"np": np, "math": math, "operator": operator, "copy": copy, "pickle": pickle}


def test_nothing_is_missing() -> None:
    missing = {n for n in dir(np.ndarray) if not n.startswith("_") and not hasattr(adjit.Array, n)}
    assert missing == set(LEFT_OUT)


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.filterwarnings("ignore")
def test_reads(name: str) -> None:
    wrong = []
    for text in cases(READS):
        code = compile(text, text, "eval")
        if name == "empty" and "strides" in text:
            continue  # which nobody may rely on
        x = INPUTS[name]
        found = taken(lambda code=code, x=x: eval(code, {**SPACE, "x": anp.array(x)}))
        c_order = np.array(x, order="C")
        expected = taken(lambda code=code, x=c_order: eval(code, {**SPACE, "x": x}))
        if not is_same(found, expected):
            wrong.append(f"{text}: {found!r} for {expected!r}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.filterwarnings("ignore")
def test_writes(name: str) -> None:
    wrong = []
    for text in cases(WRITES):
        if "cumsum" in text and not INPUTS[name].ndim:
            continue  # NumPy crashes
        code = compile(text.replace("; ", "\n"), text, "exec")
        theirs = {**SPACE, "x": np.array(INPUTS[name], order="C")}
        ours = {**SPACE, "x": anp.array(INPUTS[name])}
        expected = taken(lambda code=code, space=theirs: exec(code, space))
        found = taken(lambda code=code, space=ours: exec(code, space))
        failed = isinstance(expected, Exception)
        if not is_same(found, expected) or not (failed or is_same(ours["x"], theirs["x"])):
            wrong.append(f"{text}: {found!r}, {ours['x']!r} for {expected!r}, {theirs['x']!r}")
    assert not wrong, "\n".join(wrong)


def test_identity_is_the_hash() -> None:
    x, y = anp.ones(3), anp.ones(3)
    assert len({x: 1, y: 2, x[:]: 3}) == 3
    assert hash(x) == hash(x)


def test_repr() -> None:
    assert repr(anp.array([1.0, 2.0])) == "Array([1., 2.])"
    assert (
        repr(anp.array([[1, 2], [3, 4]], dtype="i1"))
        == "Array([[1, 2],\n       [3, 4]], dtype=int8)"
    )


def test_asarray_is_read_only_and_array_a_copy() -> None:
    x = anp.ones(3)
    looked = np.asarray(x)
    with pytest.raises(ValueError, match="read-only"):
        looked[0] = 2.0
    copied = np.array(x)
    copied[0] = 5.0
    x[1] = 7.0
    assert looked.tolist() == [1.0, 1.0, 1.0]
    assert x.tolist() == [1.0, 7.0, 1.0]


def test_values_never_share_the_users_memory() -> None:
    mine = np.ones(3)
    x = anp.array(mine)
    x.attach_grad()
    with autograd.record():
        y = x * mine
    mine[...] = 5.0
    assert x.tolist() == y.tolist() == [1.0, 1.0, 1.0]


def test_an_array_is_not_made_by_its_class() -> None:
    with pytest.raises(TypeError, match=r"adjit\.numpy\.array"):
        adjit.Array([1.0, 2.0])  # type: ignore[arg-type]
