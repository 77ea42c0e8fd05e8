"""One sample call: its value against NumPy's, its derivatives against differences, natively."""

from __future__ import annotations

import linecache
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import scipy
import scipy.linalg
import scipy.ndimage
import scipy.signal
import scipy.special
import scipy.stats

from adjit import jit, jvp, vjp
from adjit.ir.interpret import interpret
from adjit.tracer.containers import flatten, rebuild
from adjit.tracer.record import record
from adjit.tracer.signature import Signature

from .samples import ARGUMENTS

YES, NO, NONE = "yes", "no", "–"
STEPS = {False: 2e-3, True: 6e-2}
TOLERANCES = {False: 1e-6, True: 3e-2}
"""By whether something is of single precision."""


@dataclass(frozen=True)
class Measured:
    text: str
    value: str = NO
    cpu: str = NO
    vjp: str = NO
    jvp: str = NO
    second: str = NO
    complex: bool = False
    """Whether a complex number goes in or comes out."""
    reason: str = ""

    @property
    def marks(self) -> tuple[str, ...]:
        return tuple(getattr(self, name) for name in MARKS)


MARKS = ("value", "vjp", "jvp", "second", "cpu")
assert {field.name for field in fields(Measured)} >= set(MARKS)


class WrongError(Exception):
    """A number that is not NumPy's, or not that of differences."""


def function_of(text: str) -> tuple[Callable[..., Any], tuple[str, ...]]:
    """A function of the arguments that an expression or a series of statements names.

    Its source is where Python looks for it, so it is recorded as one in a file is.
    """
    body = text if "return " in text else f"return {text}"
    lines = "".join(f"    {line.strip()}\n" for line in body.split(";"))
    probe: dict[str, Any] = {}
    exec(f"def sample():\n{lines}", probe)
    used = probe["sample"].__code__
    named = {*used.co_names, *(n for c in used.co_consts if hasattr(c, "co_names")
                               for n in c.co_names)}  # fmt: skip
    # An argument that the statements change is bound by them only where nothing else binds it.
    first = re.match(r"(\w+)(\[| \*=)", body)
    if first is not None and first[1] in ARGUMENTS:
        named.add(first[1])
    names = tuple(name for name in ARGUMENTS if name in named)
    source = f"def sample({', '.join(names)}):\n{lines}"
    filename = f"<sample {text}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    space: dict[str, Any] = {"np": np, "scipy": scipy, "__name__": "samples"}
    exec(compile(source, filename, "exec"), space)
    return space["sample"], names


def arguments_of(names: Sequence[str]) -> tuple:
    return tuple(_fresh([ARGUMENTS[name] for name in names]))


def measure(text: str) -> Measured:
    """Everything about a sample; the reason tells the first thing that is not as it should be."""
    fun, names = function_of(text)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return _measured(text, fun, arguments_of(names))


def _measured(text: str, fun: Callable[..., Any], args: tuple) -> Measured:
    expected = fun(*_fresh(args))
    numbers = [np.asarray(leaf) for leaf in (*flatten(args)[0], *flatten(expected)[0])]
    found = Measured(text, complex=any(x.dtype.kind == "c" for x in numbers))
    try:
        _same(_recorded(fun, _fresh(args)), expected)
        found = replace(found, value=YES)
        _same(jit(fun)(*_fresh(args)), expected)
        found = replace(found, cpu=YES)
    except Exception as problem:
        return replace(found, reason=_reason(problem))
    if not any(_moves(leaf) for leaf in flatten(args)[0]):
        return replace(
            found, vjp=NONE, jvp=NONE, second=NONE, reason="no float among the arguments"
        )
    if not any(_moves(leaf) for leaf in flatten(expected)[0]):
        return replace(found, vjp=NONE, jvp=NONE, second=NONE, reason="the result is no float")
    return _differentiated(found, fun, args, expected)


def _differentiated(
    found: Measured, fun: Callable[..., Any], args: tuple, expected: Any
) -> Measured:
    rng = np.random.default_rng(4)
    direction, other, weights = (random_like(x, rng) for x in (args, args, expected))
    reasons: list[str] = []

    def pulled(*xs: Any) -> Any:
        return vjp(fun, *xs)[1](weights)

    def attempt(name: str, check: Callable[[], None]) -> None:
        nonlocal found
        try:
            check()
            found = replace(found, **{name: YES})
        except Exception as problem:
            reasons.append(_reason(problem))

    single = _single([*flatten(args)[0], *flatten(expected)[0]])

    def close(found: Sequence[np.ndarray], expected: Sequence[np.ndarray]) -> None:
        _near(found, expected, single)

    slopes = _differences(fun, args, direction, single)
    along = _pairing(_leaves(weights), slopes)
    attempt("jvp", lambda: close(_pushed(fun, args, direction), slopes))
    attempt("vjp", lambda: close([_pairing(_pulled(fun, args, weights), direction)], [along]))
    if found.vjp == YES:
        bends = _differences(pulled, args, other, single)
        again = random_like(pulled(*_fresh(args)), rng)

        def second() -> None:
            close(_pushed(pulled, args, other), bends)
            forth = _pairing(_pulled(pulled, args, again), other)
            close([forth], [_pairing(_leaves(again), bends)])

        attempt("second", second)
    return replace(found, reason=reasons[0] if reasons else "")


# --- running ------------------------------------------------------------------------------------


def _recorded(fun: Callable[..., Any], args: Sequence[Any]) -> Any:
    """The value by the reference interpreter."""
    arguments = Signature(fun).arguments(tuple(args), {})
    recording, _ = record(fun, arguments)
    given = [arguments.leaves[key].array for key in recording.keys if isinstance(key, int)]
    return recording.result.rebuild(interpret(recording.graph, given))


def _pushed(fun: Callable[..., Any], args: tuple, direction: tuple) -> list[np.ndarray]:
    return _leaves(jvp(fun, _fresh(args), direction)[1])


def _pulled(fun: Callable[..., Any], args: tuple, weights: Any) -> list[np.ndarray]:
    return _leaves(vjp(fun, *_fresh(args))[1](weights))


def _fresh(args: Sequence[Any]) -> tuple:
    return tuple(x.copy() if isinstance(x, np.ndarray) else x for x in args)


def _differences(
    fun: Callable[..., Any], args: tuple, direction: tuple, single: bool
) -> list[np.ndarray]:
    """The derivative of ``fun`` along a direction, extrapolated from three step sizes."""

    def at(step: float) -> list[np.ndarray]:
        moved = [
            x if v is None else np.asarray(x + step * v).astype(np.asarray(x).dtype)[()]
            for x, v in zip(args, direction, strict=True)
        ]
        found = _leaves(fun(*moved))
        return [y.astype(np.complex128 if y.dtype.kind == "c" else np.float64) for y in found]

    def central(step: float) -> list[np.ndarray]:
        return [(p - m) / (2 * step) for p, m in zip(at(step), at(-step), strict=True)]

    coarse, middle, fine = (central(STEPS[single] / 2**k) for k in range(3))
    found = []
    for d0, d1, d2 in zip(coarse, middle, fine, strict=True):
        e0, e1 = (4 * d1 - d0) / 3, (4 * d2 - d1) / 3
        found.append((16 * e1 - e0) / 15)
    return found


# --- numbers ------------------------------------------------------------------------------------


def _moves(leaf: Any) -> bool:
    return isinstance(leaf, float | complex | np.ndarray | np.generic) and (
        np.asarray(leaf).dtype.kind in "fc"
    )


def _leaves(item: Any) -> list[np.ndarray]:
    return [np.asarray(leaf) for leaf in flatten(item)[0] if _moves(leaf)]


def _single(leaves: Sequence[Any]) -> bool:
    return any(np.asarray(x).dtype in (np.float16, np.float32, np.complex64) for x in leaves
               if _moves(x))  # fmt: skip


def random_like(item: Any, rng: np.random.Generator) -> Any:
    """Random numbers in the structure of ``item``; None for what has no derivative."""
    leaves, structure = flatten(item)
    found: list[Any] = []
    for leaf in leaves:
        if not _moves(leaf):
            found.append(None)
            continue
        like = np.asarray(leaf)
        y: Any = rng.uniform(-1.0, 1.0, like.shape)
        if like.dtype.kind == "c":
            y = y + 1j * rng.uniform(-1.0, 1.0, like.shape)
        found.append(np.asarray(y).astype(like.dtype)[()])
    return rebuild(structure, found)


def _pairing(left: Any, right: Any) -> np.ndarray:
    """What cotangents make of tangents: bilinear, the real part."""
    total = 0.0
    for g, t in zip(_leaves(left), _leaves(right), strict=True):
        total += float(np.sum(np.real(np.multiply(g, t, dtype=np.complex128))))
    return np.asarray(total)


def _near(found: Sequence[np.ndarray], expected: Sequence[np.ndarray], single: bool) -> None:
    tolerance = TOLERANCES[single]
    for x, y in zip(found, expected, strict=True):
        size = float(np.max(np.abs(y), initial=0.0)) + 1e-1
        if x.shape != y.shape or not np.all(np.abs(x - y) <= tolerance * size):
            raise WrongError(f"wrong: {_some(x)} where differences give {_some(y)}")


def _same(found: Any, expected: Any) -> None:
    """Equal structure, dtypes, shapes and numbers, these but for rounding."""
    xs, structure = flatten(found)
    ys, wanted = flatten(expected)
    if structure != wanted:
        raise WrongError("wrong: a result of another structure")
    for x, y in zip(xs, ys, strict=True):
        a, b = np.asarray(x), np.asarray(y)
        if (a.dtype, a.shape) != (b.dtype, b.shape):
            raise WrongError(f"wrong: {a.dtype}{a.shape} where NumPy has {b.dtype}{b.shape}")
        if a.dtype.kind not in "fc":
            equal = np.array_equal(a, b)
        else:
            rounding = 1e-5 if _single([a]) else 1e-11
            equal = np.allclose(a, b, rtol=rounding, atol=rounding, equal_nan=True)
        if not equal:
            raise WrongError(f"wrong: {_some(a)} where NumPy has {_some(b)}")


def _some(x: np.ndarray) -> str:
    with np.printoptions(precision=6, threshold=6, edgeitems=2):
        return " ".join(str(x).split())


def _reason(problem: Exception) -> str:
    """The first line of an error, without the place in the sample."""
    text = str(problem).partition("\n")[0] or type(problem).__name__
    text = re.sub(r"^<sample .*?>:\d+: |^[\w.]+\.py:\d+: ", "", text)
    return text if len(text) <= 150 else text[:147] + "..."
