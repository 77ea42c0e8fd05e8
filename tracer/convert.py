"""From arrays to Python: truth, numbers, iteration, printing.

Python needs a number here. Where that number is piecewise constant in the inputs it is decided
and guarded; where it would cut a derivative it is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..ir import ops
from ..ir.graph import Value
from ..ir.types import BOOL, C128, F64, I64
from . import indexing
from .core import ArrayCore
from .errors import AdjitError, error
from .promote import check_dtype


class Conversions(ArrayCore):
    """What Python itself asks of an array."""

    __slots__ = ()

    # --- truth and numbers ----------------------------------------------------------------------

    def _only_element(self, text: str) -> Value:
        if self.size != 1:
            raise error("type", text=text)
        return ops.reshape(self.value, shape=()) if self.shape else self.value

    def __bool__(self) -> bool:
        trace = self._check_alive("bool()")
        if self.size == 0:
            text = (
                "The truth value of an empty array is ambiguous. Use `array.size > 0` to check"
                " that an array is not empty."
            )
            raise error("value", text=text)
        if self.size > 1:
            text = (
                "The truth value of an array with more than one element is ambiguous."
                " Use a.any() or a.all()"
            )
            raise error("value", text=text)
        truth = self._only_element("")
        if truth.dtype != BOOL:
            truth = ops.cast(truth, dtype=BOOL)
        return bool(trace.decide(truth, "a condition depends on the arguments"))

    def __float__(self) -> float:
        trace = self._check_alive("float()")
        self._check_real("float()")
        value = self._only_element("only 0-dimensional arrays can be converted to Python scalars")
        if value.dtype.kind == "f" and not trace.is_constant(value):
            raise error("cut", dtype=self.dtype)
        return float(trace.decide(value, "float() needs the number"))

    def _check_real(self, operation: str) -> None:
        if self.dtype.kind == "c":
            text = f"{operation} argument must be a real number, not {str(self.dtype)!r}"
            raise error("type", text=text)

    def __int__(self) -> int:
        trace = self._check_alive("int()")
        self._check_real("int()")
        value = self._only_element("only 0-dimensional arrays can be converted to Python scalars")
        return int(trace.decide(self._truncated(value), "int() needs the number"))

    def _truncated(self, value: Value) -> Value:
        """A float as the int64 that int() gives; numbers beyond int64 are refused."""
        if value.dtype.kind != "f":
            return value
        fits = ops.lt(ops.abs_(value), 2.0**63)
        if not self.storage.trace.decide(fits, "int() fits into 64 bits"):
            raise error("overflow", text="cannot convert float infinity, NaN or huge float to int")
        return ops.cast(value, dtype=I64)

    def __index__(self) -> int:
        trace = self._check_alive("an index")
        if self.shape or (self.dtype.kind not in "iu" and self.weak is not bool):
            raise error(
                "type", text="only integer scalar arrays can be converted to a scalar index"
            )
        return int(trace.decide(self.value, "an index, size or range needs the number"))

    def __complex__(self) -> complex:
        trace = self._check_alive("complex()")
        value = self._only_element("only 0-dimensional arrays can be converted to Python scalars")
        if value.dtype.kind in "fc" and not trace.is_constant(value):
            raise error("cut", dtype=self.dtype)
        return complex(trace.concrete(value).item())

    def __round__(self, ndigits: int | None = None) -> Any:
        if ndigits is not None:
            return self.round(ndigits)
        return self._rounded(ops.rint)

    def __trunc__(self) -> int:
        return int(self)

    def __floor__(self) -> int:
        return self._rounded(ops.floor)

    def __ceil__(self) -> int:
        return self._rounded(ops.ceil)

    def _rounded(self, rounding: Any) -> int:
        trace = self._check_alive("rounding to an int")
        value = self._only_element("only 0-dimensional arrays can be converted to Python scalars")
        if value.dtype.kind == "f":
            value = self._truncated(rounding(value))
        return int(trace.decide(value, "rounding to an int needs the number"))

    # --- elements -------------------------------------------------------------------------------

    def item(self, *index: Any) -> Any:
        """The element as a Python scalar; it stays recorded, so no derivative is lost."""
        if index:
            at = index[0] if len(index) == 1 else index
            if not isinstance(at, tuple) and self.ndim != 1:
                at = np.unravel_index(int(at), self.shape)
            return indexing.read(self, at).item()
        if self.size != 1:
            text = "can only convert an array of size 1 to a Python scalar"
            raise error("value", text=text)
        return _as_python_scalar(self._only_element(""), self.storage.trace.is_constant)

    def tolist(self) -> Any:
        """Nested lists of recorded Python scalars."""
        return [row.tolist() for row in self] if self.shape else self.item()

    def __len__(self) -> int:
        if not self.shape:
            raise error("type", text="len() of unsized object")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise error("type", text="iteration over a 0-d array")
        return (indexing.read(self, position) for position in range(self.shape[0]))

    def __contains__(self, item: object) -> bool:
        from .array import wrap

        equal: Any = self == item
        return bool(wrap(ops.any_(equal.value, axes=tuple(range(equal.ndim)))))

    def __getitem__(self, index: Any) -> Any:
        return indexing.read(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        indexing.write(self, index, value)

    # --- as plain NumPy, or as text --------------------------------------------------------------

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        trace = self._check_alive("np.asarray()")
        if not trace.is_constant(self.value):
            raise error(
                "escape",
                operation="conversion to a plain ndarray",
                shape=self.shape,
                dtype=self.dtype,
                hint="use a NumPy function or method that adjit records",
            )
        array = np.array(trace.concrete(self.value), dtype)
        array.flags.writeable = False
        return array

    def __repr__(self) -> str:
        kind = f"{self.weak.__name__} scalar" if self.weak else f"{self.dtype}{list(self.shape)}"
        try:
            shown = str(self.storage.trace.concrete(self.value))
        except AdjitError:
            return f"<recorded {kind}>"
        return f"<recorded {kind}: {shown}>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        # A debug print shows the number of this recording; it may never stop it.
        try:
            if self.weak in (int, bool):  # as in f"layer{n}", which may go on to be a key
                trace = self._check_alive("format()")
                return format(trace.decide(self.value, "a text needs the number"), spec)
            return format(self.storage.trace.concrete(self.value).item(), spec)
        except (AdjitError, ValueError, TypeError):
            return repr(self)


def _as_python_scalar(value: Value, is_constant: Any) -> Any:
    from .array import wrap

    if value.dtype.kind == "f":
        return wrap(value if value.dtype == F64 else ops.cast(value, dtype=F64), float)
    if value.dtype.kind == "c":
        return wrap(value if value.dtype == C128 else ops.cast(value, dtype=C128), complex)
    if value.dtype == BOOL:
        return wrap(value, bool)
    limits = np.iinfo(check_dtype(value.dtype, "item"))
    if limits.max > np.iinfo(I64).max:
        raise error("dtype", operation="item() as a Python int", dtype=value.dtype)
    bound = None if value.dtype == I64 else -int(limits.min) or int(limits.max)
    return wrap(value if value.dtype == I64 else ops.cast(value, dtype=I64), int, bound=bound)
