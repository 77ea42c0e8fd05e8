"""The Python state that a block of statements may change: what is compared, carried, merged.

Variables and places in lists, dicts and objects hold containers of leaves. A leaf that stands
for numbers has a Kind; all others are static.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import FrameType, ModuleType
from typing import Any

import numpy as np

from ..ir import ops
from ..ir.graph import Block, Value
from ..ir.types import F64, I64, ArrayType, Shape
from .array import Array, wrap, wrap_in
from .containers import Structure, flatten
from .core import ArrayCore
from .dims import BOUND
from .jumps import RESULT
from .layout import Layout, contiguous
from .lift import lift
from .promote import WEAK_DTYPE
from .trace import Trace
from .unset import UNSET

_WIDTH = {bool: 0, int: 1, float: 2, complex: 3}


@dataclass(frozen=True, slots=True)
class Kind:
    """What an array, NumPy scalar or Python number is, apart from its value."""

    weak: type | None
    dtype: np.dtype
    shape: Shape
    scalar: bool
    layout: Layout

    @property
    def type(self) -> ArrayType:
        return ArrayType(self.dtype, self.shape)

    def proxy(self, trace: Trace, block: Block, value: Value) -> Array:
        """A fresh array of this kind that belongs to a block."""
        bound = {int: BOUND, bool: 1}.get(self.weak) if self.weak else None
        return wrap_in(
            trace,
            block,
            value,
            weak=self.weak,
            bound=bound,
            scalar=self.scalar,
            layout=self.layout,
            assumed=False,
        )

    def result(self, value: Value) -> Array:
        """A fresh array of this kind in the block that is recorded now."""
        bound = BOUND if self.weak is int else None
        return wrap(value, self.weak, bound=bound, scalar=self.scalar, layout=self.layout)

    def lift(self, leaf: Any) -> Value:
        """The Value of a leaf as one of this kind."""
        return lift(leaf, self.dtype)

    def __str__(self) -> str:
        if self.weak is not None:
            return f"a Python {self.weak.__name__}"
        return f"{self.dtype}{list(self.shape)}" if self.shape else str(self.dtype)


def kind_of(leaf: Any) -> Kind | None:
    """The kind of a leaf; None for what is static."""
    if isinstance(leaf, ArrayCore):
        return Kind(leaf.weak, leaf.dtype, leaf.shape, leaf.scalar, leaf.layout)
    if type(leaf) in WEAK_DTYPE:
        return Kind(type(leaf), WEAK_DTYPE[type(leaf)], (), True, ())
    if isinstance(leaf, np.ndarray | np.generic) and leaf.dtype.kind in "fciub":
        scalar = isinstance(leaf, np.generic)
        return Kind(None, leaf.dtype, leaf.shape, scalar, contiguous(leaf.shape))
    return None


def join(x: Kind, z: Kind) -> Kind | None:
    """One kind for both; None where shapes or dtypes differ in a way that can be seen."""
    if x == z:
        return x
    if x.shape != z.shape or x.scalar != z.scalar:
        return None
    if x.weak is not None and z.weak is not None:
        return x if _WIDTH[x.weak] > _WIDTH[z.weak] else z
    if x.weak is None and z.weak is None:
        return replace(x, layout=None) if x.dtype == z.dtype else None
    weak, strong = (x, z) if x.weak is not None else (z, x)
    fits = {bool: "b", int: "iufc", float: "fc", complex: "c"}[weak.weak]  # type: ignore[index]
    if strong.dtype.kind in fits or (weak.weak is bool and strong.dtype.kind in "iufc"):
        return strong
    if weak.weak is float and strong.dtype == I64:
        return Kind(None, F64, (), True, ())
    return None


def nothing(kind: Kind) -> Value:
    """What stands for a variable that is not bound: NaN, so that a use of it is seen."""
    number = ops.const(np.nan if kind.dtype.kind in "fc" else 0, kind.dtype)
    return ops.broadcast(number, shape=kind.shape) if kind.shape else number


def variable(found: Mapping[str, Any], name: str) -> Any:
    """The value of a local variable; the result of a function is unbound until it returns."""
    value = found.get(name, UNSET)
    return UNSET if value is None and name == RESULT else value


@dataclass(slots=True)
class Carried:
    """A variable or place that the body assigns: the kinds of its leaves (None: static)."""

    structure: Structure
    before: list[Any]
    kinds: list[Kind | None]
    inputs: list[Array | None]
    entered: list[Value | None]

    @classmethod
    def of(cls, value: Any) -> Carried:
        leaves, structure = flatten(value)
        kinds = [kind_of(leaf) for leaf in leaves]
        return cls(structure, leaves, kinds, [None] * len(leaves), [None] * len(leaves))


# --- places -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a list, dict or object that is reachable from local variables."""

    container: Any
    key: Any

    def get(self) -> Any:
        return self.container[self.key]

    def set(self, value: Any) -> None:
        self.container[self.key] = value

    def __hash__(self) -> int:
        return hash((id(self.container), self.key))

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, Slot) and self.container is other.container
        return same and self.key == getattr(other, "key", None)

    def __str__(self) -> str:
        return f"[{self.key!r}]"


class Snapshot:
    """What the lists, dicts and objects hold that a frame's local variables reach."""

    def __init__(self, frame: FrameType | None = None) -> None:
        self.held: list[tuple[Any, dict[Any, Any]]] = []
        seen: set[int] = set()
        for name, value in list(frame.f_locals.items()) if frame else ():
            if not name.startswith("__adjit"):
                self._visit(value, seen, 0)

    def _visit(self, item: Any, seen: set[int], depth: int) -> None:
        container = _container(item)
        if container is None or id(item) in seen or depth > 3:
            return
        seen.add(id(item))
        if isinstance(container, tuple):
            children: list[Any] = list(container)
        else:
            content = dict(_items(container))
            self.held.append((container, content))
            children = list(content.values())
        for child in children:
            self._visit(child, seen, depth + 1)

    def changed(self) -> tuple[list[Slot], list[tuple[list[Any], list[Any]]]] | None:
        """The places with other contents than before, and the lists with what was appended.

        None where there are other places in another way.
        """
        slots: list[Slot] = []
        appended: list[tuple[list[Any], list[Any]]] = []
        for container, content in self.held:
            now = dict(_items(container))
            if isinstance(container, list) and len(now) > len(content):
                appended.append((container, container[len(content) :]))
            elif now.keys() != content.keys():
                return None
            slots += [Slot(container, key) for key in content if now[key] is not content[key]]
        return slots, appended

    def before(self, slot: Slot) -> Any:
        return next(content for held, content in self.held if held is slot.container)[slot.key]

    def restore(self) -> None:
        for container, content in self.held:
            if isinstance(container, list):
                container[:] = content.values()
            else:
                container.clear()
                container.update(content)


def _container(item: Any) -> Any:
    """The list, dict or tuple that an object is or keeps its attributes in; None: no container."""
    if isinstance(item, list | tuple):
        return item
    if isinstance(item, dict):
        return item
    plain = isinstance(item, ArrayCore | ModuleType | type) or callable(item)
    if plain or type(item).__module__.partition(".")[0] in ("builtins", "numpy"):
        return None
    return getattr(item, "__dict__", None)


def _items(container: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(container, list):
        return iter(enumerate(container))
    return iter(container.items())


Cell = str | Slot
"""A variable, or a place in a container."""


def same_static(x: Any, z: Any) -> bool:
    """Whether two leaves that are no numbers are the same object or equal constants."""
    return x is z or (type(x) is type(z) and isinstance(x, str | bytes) and x == z)
