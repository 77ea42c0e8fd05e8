"""``Parameter``: an array that a block learns, or keeps."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..imperative.arrays import Array
from ..imperative.marks import REQUESTS
from ..imperative.modes import state
from ..imperative.node import known
from ..imperative.writes import assign
from ..tracer.errors import AdjitError, error
from .initializers import Initializer, Uniform, initializer


class Parameter:
    """``data()`` is the array, and ``grad()`` its gradient.

    ``shape``: 0 or -1 for a size that the first input tells. ``init``: its initial values, those
    of the block's ``initialize`` if None. ``grad_req``: "write", "add", or "null" for a parameter
    that is not differentiated by, whose gradient then is no part of what is compiled.
    """

    def __init__(
        self,
        shape: int | tuple[int, ...] = (),
        dtype: Any = np.float32,
        init: Any = None,
        grad_req: str = "write",
        name: str = "parameter",
    ) -> None:
        self.name = name
        self.dtype = np.dtype(dtype)
        self.init = initializer(init)
        self._shape = (shape,) if isinstance(shape, int) else tuple(shape)
        self._array: Array | None = None
        self._deferred: Initializer | None = None
        self._grad_req = _request(grad_req)

    # --- shape ----------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        return self._shape

    @shape.setter
    def shape(self, shape: tuple[int, ...]) -> None:
        """Sets the sizes that were not known; makes the array if ``initialize`` was called."""
        self.check_shape(shape, self.name)
        self._shape = tuple(shape)
        if self._deferred is not None and self._known():
            self._make(self._deferred)

    def check_shape(self, shape: tuple[int, ...], name: str) -> None:
        """An error unless an array of this shape could be the parameter's."""
        fits = len(shape) == len(self._shape) and all(
            old == new or old <= 0 for old, new in zip(self._shape, shape, strict=True)
        )
        if not fits:
            text = f"the parameter {name!r} has the shape {self._shape}, not {shape}"
            raise error("value", text=text)

    def _known(self) -> bool:
        return all(size > 0 for size in self._shape)

    # --- values ---------------------------------------------------------------------------------

    def initialize(self, init: Any = None, force_reinit: bool = False) -> None:
        """Draws the values; once the shape is known, if it is not."""
        if self._array is not None and not force_reinit:
            return
        wanted = self.init or initializer(init) or Uniform()
        if self._known():
            self._make(wanted)
        else:
            self._deferred = wanted

    def _make(self, init: Initializer) -> None:
        self._deferred = None
        self.hold(init(self._shape))

    def hold(self, value: Any) -> None:
        """Takes over values, whatever was there; the array stays the same object."""
        value = np.array(value, dtype=self.dtype)
        self.shape = value.shape
        self._deferred = None
        if self._array is None:
            self._array = Array(known(value))
            self._mark()
        else:
            assign(self._array, known(value))

    def _mark(self) -> None:
        assert self._array is not None
        if self._grad_req == "null":
            self._array.drop_grad()
        else:
            self._array.attach_grad(self._grad_req)

    def data(self) -> Array:
        """The array."""
        if state.capture is not None:
            found: Array = state.capture.parameter(self)
            return found
        return self.array

    @property
    def array(self) -> Array:
        """The array, whatever is being captured."""
        if self._array is None:
            raise self._missing()
        return self._array

    def _missing(self) -> AdjitError:
        if self._deferred is not None:
            text = (
                f"the parameter {self.name!r} has the shape {self._shape}: it gets its array at "
                "the first call of its block"
            )
        else:
            text = f"the parameter {self.name!r} has no values: call initialize() of its block"
        return error("runtime", text=text)

    def set_data(self, data: Any) -> None:
        """Sets the values, as ``data()[...] = data``; the shapes must agree."""
        value = data if isinstance(data, Array) else np.asarray(data)
        if self._array is None and state.capture is None:
            self.hold(value)
            return
        self.check_shape(tuple(value.shape), self.name)
        self.data()[...] = value

    # --- gradient -------------------------------------------------------------------------------

    def grad(self) -> Array:
        """The gradient."""
        found = self.array.grad
        if found is None:
            text = f"the parameter {self.name!r} has no gradient: its grad_req is 'null'"
            raise error("runtime", text=text)
        return found

    @property
    def grad_req(self) -> str:
        return self._grad_req

    @grad_req.setter
    def grad_req(self, grad_req: str) -> None:
        if _request(grad_req) == self._grad_req:
            return
        self._grad_req = grad_req
        if self._array is not None:
            self._mark()

    def zero_grad(self) -> None:
        """Sets the gradient to zero."""
        if self._grad_req != "null":
            self.grad().zero_()

    def __setstate__(self, saved: dict[str, Any]) -> None:
        self.__dict__.update(saved)
        if self._array is not None:
            self._mark()

    def __repr__(self) -> str:
        return f"Parameter {self.name} (shape={self._shape}, dtype={self.dtype})"


def _request(grad_req: str) -> str:
    if grad_req not in REQUESTS:
        raise error("value", text=f"grad_req must be one of {REQUESTS}, not {grad_req!r}")
    return grad_req
