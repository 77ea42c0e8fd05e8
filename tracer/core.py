"""The core of the proxy: storage, views of it, reading and writing.

An array is a Storage and a chain of view steps. The Storage holds the current SSA value of the
base array; views of one base share it, so a write through any of them is seen by all.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from ..ir import ops
from ..ir.graph import Block, Value
from ..ir.sizes import integer
from ..ir.types import Affine, part_dtype
from . import layout as layouts
from .current import current_trace
from .errors import error, unsupported
from .layout import Ints, Layout
from .regions import enter, innermost, is_writable_here, refuse
from .views import Broadcasted, Part, Region, Reshaped, Step, Transposed

if TYPE_CHECKING:
    from typing import Self

    from .trace import Trace


class Storage:
    """The current value of a base array, which was made in ``block``.

    In the body of a loop or a branch the value is an input of that region, from the first look
    at it: ``at`` is the block that knows the value. ``doubt``: the line whose result may share
    the array; ``stale``: that of a loop that has gone on with other arrays in its place.
    """

    __slots__ = ("at", "block", "current", "doubt", "stale", "trace", "version")

    def __init__(self, trace: Trace, block: Block, value: Value) -> None:
        self.trace = trace
        self.block = block
        self.at = block
        self.current = value
        self.version = 0
        self.doubt: str | None = None
        self.stale: str | None = None

    @property
    def value(self) -> Value:
        blocks = self.trace.blocks
        if blocks and self.at is not blocks[-1]:
            enter(self)
        if self.stale is not None:
            raise error("stale", where=self.stale)
        return self.current

    @value.setter
    def value(self, value: Value) -> None:
        self.current = value


class Lazy:
    """What becomes an array where NumPy takes one."""

    __slots__ = ()

    def array(self) -> ArrayCore:
        raise NotImplementedError


class ArrayCore:
    """What the parts of Array build on.

    ``weak`` is set where the array stands for a Python scalar, ``bound`` limits the absolute
    value of a weak int (None: unknown). ``scalar``: NumPy would have an immutable scalar here,
    so in-place operators rebind. ``assumed``: the layout is the C order that a fresh result has
    by default.
    """

    __slots__ = (
        "__weakref__",
        "_dtype",
        "_memo",
        "_shape",
        "assumed",
        "bound",
        "layout",
        "scalar",
        "steps",
        "storage",
        "weak",
    )

    def __init__(
        self,
        storage: Storage,
        steps: tuple[Step, ...],
        shape: Ints,
        layout: Layout,
        weak: type | None = None,
        bound: int | None = None,
        scalar: bool = False,
        assumed: bool = False,
    ) -> None:
        self.storage = storage
        self.steps = steps
        self._shape = shape
        self._dtype: np.dtype = storage.value.dtype
        if any(isinstance(step, Part) for step in steps):
            self._dtype = part_dtype(self._dtype)
        self.layout = layouts.known(shape, layout)
        self.weak = weak
        self.bound = bound
        self.scalar = scalar
        self.assumed = assumed
        self._memo: tuple[int, Block, Value] | None = None

    # --- attributes ---------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        if name in ArrayCore.__slots__:  # not set yet
            raise AttributeError(name)
        kind = self.weak or (np.float64 if self.scalar else np.ndarray)
        if name.startswith("__") or not hasattr(kind, name):
            raise error("attribute", owner=kind.__name__, name=name)
        raise unsupported(f"{kind.__name__}.{name}", dir(type(self)))

    @property
    def shape(self) -> Ints:
        return self._shape

    @shape.setter
    def shape(self, shape: Any) -> None:
        """The same memory in another shape, under this name alone, as NumPy has it."""
        trace = self._check_alive("an assignment to shape")
        if innermost(trace) is not None:
            refuse(trace, "an array is given another shape in place")
        new = self._view_reshape(shape)
        if new.storage is not self.storage:
            text = "Incompatible shape for in-place modification. Use `.reshape()` to make a copy"
            raise error("in_place_shape", text=f"{text} with the desired shape.")
        self.steps, self.layout, self._memo = new.steps, new.layout, None
        self._shape = new.shape

    @property
    def dtype(self) -> np.dtype:
        return self._dtype

    @dtype.setter
    def dtype(self, dtype: Any) -> None:
        raise unsupported("assignment to ndarray.dtype", hint="make a new array with astype")

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> Any:
        """The number of elements; affine in symbols where one axis is."""
        size: Any = 1
        for dim in self.shape:
            size = dim * size
        return size

    @property
    def itemsize(self) -> int:
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        return self.size * self.itemsize

    @property
    def is_contiguous(self) -> bool:
        """Whether the array is known to be in C order."""
        return layouts.is_contiguous(self.shape, self.layout)

    @property
    def is_packed(self) -> bool:
        """Whether the array is known to be in C order, without gaps."""
        return layouts.is_packed(self.shape, self.layout)

    @property
    def writeable(self) -> bool:
        return not self.scalar and not any(isinstance(step, Broadcasted) for step in self.steps)

    # --- reading ------------------------------------------------------------------------------

    def _check_alive(self, operation: str = "operation") -> Trace:
        """The Trace this array belongs to; an error once its recording is over."""
        trace = self.storage.trace
        if trace is not current_trace() or self.storage.block not in trace.blocks:
            raise error(
                "escape",
                operation=operation,
                shape=self.shape,
                dtype=self.dtype,
                hint="return the array from the function instead of keeping it elsewhere",
            )
        return trace

    @property
    def value(self) -> Value:
        """The current SSA value, read through the view."""
        trace = self._check_alive("reading")
        storage = self.storage
        if not self.steps:
            return storage.value
        # A value that was read inside a nested block does not exist outside of it.
        memo = self._memo
        if memo and memo[0] == storage.version and memo[1] is trace.block:
            return memo[2]
        value = storage.value
        for step in self.steps:
            value = step.read(value)
        self._memo = (storage.version, trace.block, value)
        return value

    # --- writing ------------------------------------------------------------------------------

    def _write(self, value: Value) -> None:
        """Replaces the elements by ``value``, which has this array's shape and dtype."""
        trace = self._check_alive("writing")
        storage = self.storage
        if not self.writeable:
            raise error("value", text="assignment destination is read-only")
        if storage.doubt is not None:
            name = f"an array of shape {self.shape}"
            raise error("alias", name=name, where=storage.doubt)
        if not is_writable_here(storage):
            raise error("nested_write", shape=self.shape)
        levels = [storage.value]
        for step in self.steps[:-1]:
            levels.append(step.read(levels[-1]))
        for base, step in zip(reversed(levels), reversed(self.steps), strict=False):
            assert not isinstance(step, Broadcasted)
            value = step.write(base, value)
        storage.value = value
        storage.version += 1
        trace.check_length()

    def _shares_place(self, other: ArrayCore) -> bool:
        """Whether both are the same view of the same base."""
        return self.storage is other.storage and self.steps == other.steps

    # --- views --------------------------------------------------------------------------------

    def _fresh(self, value: Value, layout: Layout, scalar: bool = False) -> Self:
        trace = self.storage.trace
        return type(self)(
            Storage(trace, trace.block, value), (), value.shape, layout, scalar=scalar
        )

    def _as_base(self) -> Self:
        """What a view is made of: a scalar has no memory to share, so its copy."""
        return self._fresh(self.value, ()) if self.scalar else self

    def _view(self, step: Step, shape: Ints, layout: Layout) -> Self:
        base = self._as_base()
        base._check_alive("view")
        return type(self)(base.storage, (*base.steps, step), shape, layout)

    def _same_view(self) -> Self:
        base = self._as_base()
        return type(self)(base.storage, base.steps, base.shape, base.layout)

    def _view_transpose(self, perm: Ints) -> Self:
        """A view with its axes permuted; ``perm`` lists axes in ``range(ndim)``."""
        if perm == tuple(range(self.ndim)):
            return self._same_view()
        shape = tuple(self.shape[axis] for axis in perm)
        layout = None if self.layout is None else tuple(self.layout[axis] for axis in perm)
        return self._view(Transposed(perm), shape, layout)

    def _view_slice(self, start: Ints, step: Ints, size: Ints) -> Self:
        """A view of a region inside the array; one start, step and size for each axis."""
        if 0 in size:  # it names no element, so it may lie anywhere
            start, step = (0,) * self.ndim, (1,) * self.ndim
        step = tuple(1 if count == 1 else by for by, count in zip(step, size, strict=True))
        if size == self.shape and all(by == 1 for by in step):
            return self._same_view()
        layout = self.layout
        if layout is not None:
            layout = tuple(stride * by for stride, by in zip(layout, step, strict=True))
        region = Region(start, step, size)
        base = self._as_base()
        if base.steps and isinstance(base.steps[-1], Reshaped):
            outside = region.before(base.steps[-1])
            if outside is not None:
                old = base.steps[-1].old
                _, old_layout = layouts.reshaped(base.shape, base.layout, old)
                whole = type(self)(base.storage, base.steps[:-1], old, old_layout)
                part = whole._view_slice(outside.start, outside.step, outside.size)
                return part._view_reshape(size)
        if base.steps and isinstance(base.steps[-1], Region):
            # One region instead of a region of a region: writes then touch only its elements.
            merged = base.steps[-1].then(region)
            return type(self)(base.storage, (*base.steps[:-1], merged), size, layout)
        return base._view(region, size, layout)

    def _view_reshape(self, shape: Any) -> Self:
        """NumPy's reshape: a view where the strides allow, else a copy; -1 is filled in."""
        shape = _complete(shape, self.size)
        base = self._as_base()
        if shape == base.shape:
            return base._same_view()
        is_view, layout = layouts.reshaped(base.shape, base.layout, shape)
        if is_view:
            steps, old = base.steps, base.shape
            last = steps[-1] if steps else None
            if isinstance(last, Reshaped):
                steps, old = steps[:-1], last.old
            if old != shape:
                steps = (*steps, Reshaped(old, shape))
            return type(self)(base.storage, steps, shape, layout)
        copy = base._fresh(ops.reshape(base.value, shape=shape), layout)
        if is_view is None:
            from .errors import user_line

            copy.storage.doubt = base.storage.doubt = user_line()
        return copy

    def _view_part(self, *, imaginary: bool) -> Self:
        """The real or imaginary part of a complex array, as a view."""
        layout = None if self.layout is None else tuple(2 * stride for stride in self.layout)
        return self._view(Part(imaginary), self.shape, layout)

    def _view_broadcast(self, shape: Ints) -> Self:
        """A read-only view, as ``np.broadcast_to`` makes it; the shapes must fit."""
        missing = len(shape) - self.ndim
        layout: Layout = None
        if self.layout is not None:
            padded = zip((1,) * missing + self.shape, (0,) * missing + self.layout, strict=True)
            layout = tuple(
                stride if dim == new else 0
                for (dim, stride), new in zip(padded, shape, strict=True)
            )
        return self._view(Broadcasted(shape), shape, layout)


def _complete(shape: Any, size: int) -> Ints:
    """The shape with its -1 filled in, checked against the number of elements."""
    given = shape if isinstance(shape, tuple | list) else (shape,)
    if any(isinstance(dim, Affine) for dim in given):
        return tuple(given)  # of a region: only axes of size one come and go
    wanted = tuple(map(integer, given))
    holes = sum(dim < 0 for dim in wanted)
    if holes > 1:
        raise error("value", text="can only specify one unknown dimension")
    rest = prod(dim for dim in wanted if dim >= 0)
    if holes:
        fits = rest > 0 and size % rest == 0
        full = tuple(size // rest if dim < 0 else dim for dim in wanted) if fits else wanted
    else:
        fits, full = rest == size, wanted
    if not fits:
        raise error("size_mismatch", size=size, shape=wanted)
    return full
