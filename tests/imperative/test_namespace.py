"""The calls of docs/coverage.md with Arrays, known and recorded, by `numpy` and `adjit.numpy`."""

from __future__ import annotations

from collections import deque
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import scipy.special
from surface.measure import function_of
from surface.names import rows
from surface.samples import ARGUMENTS, samples_of

import adjit
import adjit.numpy as anp
from adjit import autograd
from adjit.tracer.containers import flatten

TEXTS = [text for family, name in rows() for text in samples_of(family, name)]
UNSUPPORTED = {"np.sin(e) * 2.0", "np.sin(l) * 2.0", "np.sort(z)"}
"""float16, longdouble and the order of complex numbers cannot be recorded."""


def called(text: str, module: ModuleType, record: bool) -> tuple[Any, Any]:
    """What a sample gives with Arrays, and with NumPy's arrays; None where none is an argument."""
    fun, names = function_of(text)
    expected = fun(*[_copy(ARGUMENTS[name]) for name in names])
    given = [anp.array(x) if isinstance(x := ARGUMENTS[n], np.ndarray) else x for n in names]
    fun.__globals__["np"] = module
    if not record:
        return fun(*given), expected
    moving = [x for x in given if isinstance(x, adjit.Array) and x.dtype.kind in "fc"]
    for x in moving:
        x.attach_grad()
    with autograd.record():
        return fun(*[x * 1 if any(x is y for y in moving) else x for x in given]), expected


def _copy(x: Any) -> Any:
    return x.copy() if isinstance(x, np.ndarray) else x


def compare(found: Any, expected: Any, arrays: bool) -> None:
    xs, ys = flatten(found)[0], flatten(expected)[0]
    assert len(xs) == len(ys)
    for x, y in zip(xs, ys, strict=True):
        if arrays and isinstance(y, np.ndarray | np.generic):
            assert isinstance(x, adjit.Array)
        a, b = np.asarray(x), np.asarray(y)
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        if b.dtype.kind not in "fc":
            np.testing.assert_array_equal(a, b)
        else:
            rounding = 1e-4 if b.dtype.char in "efF" else 1e-9
            np.testing.assert_allclose(a, b, rtol=rounding, atol=rounding)


def makes_arrays(text: str, module: ModuleType) -> bool:
    """Whether what a sample returns are Arrays: where no array of NumPy's own is returned."""
    _, names = function_of(text)
    if "scipy." in text or not any(isinstance(ARGUMENTS[n], np.ndarray) for n in names):
        return False
    own = ("np.r_", "np.c_", "np.full(", "np.array", "np.asarray", "np.empty", "np.zeros(")
    return module is anp or not any(name in text for name in own)


def failures(texts: list[str], module: ModuleType, record: bool) -> list[str]:
    found = []
    for text in texts:
        if record and ("scipy." in text or text in UNSUPPORTED):
            continue
        try:
            compare(*called(text, module, record), makes_arrays(text, module))
        except Exception as problem:
            found.append(f"{text}: {type(problem).__name__} {problem}")
    return found


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("module", [np, anp], ids=["numpy", "adjit.numpy"])
def test_known(module: ModuleType) -> None:
    with np.errstate(all="ignore"):
        assert not failures(TEXTS, module, False)


@pytest.mark.filterwarnings("ignore")
def test_recorded() -> None:
    assert not failures(TEXTS[::15], anp, True)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("part", range(8))
def test_all_recorded(part: int) -> None:
    assert not failures(TEXTS[part::8], anp, True)


# --- what only `adjit.numpy` does -------------------------------------------------------------


def gradient(fun: Any) -> list[float]:
    """Of the sum of what ``fun`` makes of ``b = 2 a``, by ``a = [1, 2, 3]``."""
    a = anp.array([1.0, 2.0, 3.0])
    a.attach_grad()
    with autograd.record():
        y = fun(a * 2).sum()
    y.backward()
    return list(np.asarray(a.grad))


@pytest.mark.parametrize(
    ("fun", "expected"),
    [
        (lambda b: anp.array([b[0], 1.0, b[2]]), [2, 0, 2]),
        (lambda b: anp.array([[b[0], 1.0], [2.0, b[1]]]), [2, 2, 0]),
        (lambda b: anp.asarray([b, b * 2]), [6, 6, 6]),
        (lambda b: anp.full(3, b), [2, 2, 2]),
        (lambda b: anp.full((2, 2), b[1]), [0, 8, 0]),
        (lambda b: anp.r_[b, 1.0, b[0]], [4, 2, 2]),
        (lambda b: anp.c_[b, b], [4, 4, 4]),
        (lambda b: b * [b[0], 1, 2], [8, 2, 4]),
        (lambda b: anp.linspace(0.0, b[0], 3), [3, 0, 0]),
        (lambda b: anp.concatenate([b, [1, 2]]), [2, 2, 2]),
        (lambda b: anp.random.permutation(b), [2, 2, 2]),
    ],
)
def test_derivatives_go_through_what_makes_arrays(fun: Any, expected: list[float]) -> None:
    if "permutation" in fun.__code__.co_names:
        with pytest.raises(NotImplementedError):
            gradient(fun)
    else:
        assert gradient(fun) == expected


def test_what_would_cut_a_derivative_is_an_error() -> None:
    x = anp.ones(3)
    x.requires_grad_()
    for fun in (scipy.special.logsumexp, lambda x: np.full(3, x[0]), lambda x: np.r_[x, x]):
        with pytest.raises(TypeError, match="would cut its derivative"):
            fun(x * 2)
    with pytest.raises(TypeError, match="would cut its derivative"):
        anp.array(deque([x[0], x[1]]))
    assert scipy.special.logsumexp((x * 2).detach() * 2) > 0
    with pytest.raises(NotImplementedError, match=r"random\.normal of recorded arrays"):
        anp.random.normal(x)
    with pytest.raises(TypeError, match="an array of NumPy cannot take recorded values"):
        np.copyto(np.zeros(3), x * 2)
    with pytest.raises(TypeError, match="out="):
        np.add(x, 1, out=np.zeros(3))
    assert np.asarray(x * 2).tolist() == [2.0, 2.0, 2.0]  # someone looks
    y = adjit.jit(scipy.special.logsumexp)(x)
    y.backward()
    np.testing.assert_allclose(x.grad, np.full(3, 1 / 3))


def test_random_numbers_are_those_of_numpy() -> None:
    ours, theirs = anp.random.default_rng(3), np.random.default_rng(3)
    found = ours.normal(size=4)
    assert isinstance(found, anp.ndarray)
    assert found.tolist() == theirs.normal(size=4).tolist()
    x, y = anp.arange(8), np.arange(8)
    ours.shuffle(x)
    theirs.shuffle(y)
    assert x.tolist() == y.tolist()
    anp.random.seed(1)
    first = anp.random.rand(2)
    np.random.seed(1)
    assert first.tolist() == np.random.rand(2).tolist()


def test_names() -> None:
    assert {"sin", "linalg", "array", "float32", "newaxis", "random"} <= set(dir(anp))
    assert anp.pi == np.pi
    assert anp.float32 is np.float32
    assert isinstance(anp.zeros(2), anp.ndarray)
    assert anp.linalg.norm(anp.ones(4)).item() == 2.0
    with pytest.raises(AttributeError, match=r"adjit\.numpy"):
        _ = anp.no_such_name


def test_inside_of_a_compiled_function_it_is_numpy() -> None:
    def fun(x: Any) -> Any:
        return anp.sum(anp.array([x[0], 2.0]) * anp.full(2, x[1])) + anp.zeros(2)[0]

    value, g = adjit.compile_grad(fun)(np.array([1.0, 3.0]))
    assert value == 9.0
    assert g.tolist() == [3.0, 3.0]
