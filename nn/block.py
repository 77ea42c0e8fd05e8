"""``Block``: a layer or a network, made of parameters and of other blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from os import PathLike
from types import MappingProxyType
from typing import Any

from ..imperative.modes import state
from ..tracer.errors import error
from . import capture
from .files import read, write
from .parameter import Parameter


class Block:
    """A subclass sets blocks and :class:`Parameter` s as attributes, and defines ``forward``."""

    _hybrid = False
    _watched = False
    _captured: Mapping[Any, Any] = MappingProxyType({})

    def forward(self, *args: Any) -> Any:
        """The result for some inputs."""
        raise NotImplementedError(f"{type(self).__name__}.forward")

    def __call__(self, *args: Any) -> Any:
        if self._hybrid:
            now = state.__dict__
            if now["capture"] is None and not now["anomaly"]:
                return capture.call(self, args)
        if state.capture is not None and not self._watched:
            self.watch()
        return self.forward(*args)

    def watch(self) -> None:
        """Attributes of this block, or of one in it, are read while something is captured."""
        object.__setattr__(self, "_watched", True)
        for child in self.children.values():
            child.watch()

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter) and value.name == "parameter":
            value.name = name
        if self._watched:
            capture.changed()
        object.__setattr__(self, name, value)

    # --- what it is made of -----------------------------------------------------------------------

    @property
    def children(self) -> dict[str, Block]:
        """The blocks among the attributes."""
        return {name: item for name, item in vars(self).items() if isinstance(item, Block)}

    @property
    def params(self) -> dict[str, Parameter]:
        """The parameters among the attributes."""
        return {name: item for name, item in vars(self).items() if isinstance(item, Parameter)}

    def _named(self, prefix: str = "") -> Iterator[tuple[str, Parameter]]:
        for name, item in vars(self).items():
            if isinstance(item, Parameter):
                yield prefix + name, item
            elif isinstance(item, Block):
                yield from item._named(f"{prefix}{name}.")

    def collect_params(self, select: str | None = None) -> dict[str, Parameter]:
        """All parameters by their names, such as ``"0.weight"``.

        ``select``: a regular expression that the start of the name must match.
        """
        pattern = re.compile(select or "")
        return {name: item for name, item in self._named() if pattern.match(name)}

    def initialize(self, init: Any = None, force_reinit: bool = False) -> None:
        """Gives the parameters values; those that have some keep them, unless ``force_reinit``.

        ``init``: an initializer or its name, for parameters without one of their own;
        ``Uniform(0.07)`` if None. ``numpy.random.seed`` before makes the draws the same again.
        """
        for parameter in self.collect_params().values():
            parameter.initialize(init, force_reinit)

    def hybridize(self, active: bool = True) -> None:
        """A call is one operation from now on: see :mod:`adjit.nn.capture`."""
        self._hybrid = active
        for child in self.children.values():
            child.hybridize(active)

    def zero_grad(self) -> None:
        """Sets all gradients to zero."""
        for parameter in self.collect_params().values():
            parameter.zero_grad()

    # --- files ------------------------------------------------------------------------------------

    def save_parameters(self, path: str | PathLike[str]) -> None:
        """Writes the parameters to a file: ``.safetensors`` by that library, else ``.npz``."""
        named = self.collect_params()
        write(path, {name: item.array.numpy() for name, item in named.items()})

    def load_parameters(
        self,
        path: str | PathLike[str],
        allow_missing: bool = False,
        ignore_extra: bool = False,
    ) -> None:
        """Reads what ``save_parameters`` has written.

        Names that are missing in the file, or that only the file has, are errors unless allowed.
        """
        found = read(path)
        named = self.collect_params()
        missing = sorted(named.keys() - found.keys())
        extra = sorted(found.keys() - named.keys())
        if missing and not allow_missing:
            raise error("value", text=f"{path} has no parameters {missing}")
        if extra and not ignore_extra:
            raise error("value", text=f"{path} has parameters that the block has not: {extra}")
        wanted = [name for name in named if name in found]
        for name in wanted:
            named[name].check_shape(found[name].shape, name)
        for name in wanted:
            named[name].hold(found[name])

    def __getstate__(self) -> dict[str, Any]:
        """Without what was captured, which belongs to the parameters of this very block."""
        return {
            name: item for name, item in vars(self).items() if name not in ("_captured", "_watched")
        }

    def __setstate__(self, saved: dict[str, Any]) -> None:
        self.__dict__.update(saved)

    # --- text -------------------------------------------------------------------------------------

    def _describe(self) -> str:
        """What stands between the parentheses, of a block without children."""
        return ""

    def __repr__(self) -> str:
        lines = []
        for name, child in self.children.items():
            text = repr(child).replace("\n", "\n  ")
            lines.append(f"  ({name}): {text}\n")
        if not lines:
            return f"{type(self).__name__}({self._describe()})"
        return f"{type(self).__name__}(\n{''.join(lines)})"


class Sequential(Block):
    """Blocks, or functions of one array, one after the other."""

    def __init__(self, *blocks: Any) -> None:
        self.add(*blocks)

    def add(self, *blocks: Any) -> None:
        """Adds blocks at the end."""
        for block in blocks:
            if not callable(block):
                raise error("type", text=f"a {type(block).__name__} is no block and no function")
            setattr(self, str(len(self)), block if isinstance(block, Block) else Lambda(block))
        self._order: tuple[Block, ...] = tuple(self.children.values())

    def forward(self, x: Any, *rest: Any) -> Any:
        for block in self._order:
            x = block(x, *rest)
            rest = ()
        return x

    def __len__(self) -> int:
        return len(self.children)

    def __iter__(self) -> Iterator[Block]:
        return iter(self._order)

    def __getitem__(self, index: Any) -> Any:
        found = self._order[index]
        return type(self)(*found) if isinstance(index, slice) else found


class HybridSequential(Sequential):
    """A Sequential; in Gluon the one that ``hybridize`` is for, which here any block has."""


class HybridBlock(Block):
    """A Block; in Gluon the one that ``hybridize`` is for, which here any block has."""


class Lambda(Block):
    """A function of arrays as a block."""

    def __init__(self, function: Any) -> None:
        if not callable(function):
            raise error("type", text=f"a {type(function).__name__} is no function")
        self.function = function

    def forward(self, *args: Any) -> Any:
        return self.function(*args)

    def _describe(self) -> str:
        return str(getattr(self.function, "__name__", type(self.function).__name__))
