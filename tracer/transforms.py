"""What users call: compiled functions and derivatives of functions.

A :class:`Compiled` is a function in one mode. Called with arrays it runs natively; called
inside a recording (with proxies) it records itself into the graph that is being built, so
transforms nest in any order.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from types import MethodType
from typing import TYPE_CHECKING, Any

import numpy as np

from ..codegen.call import DEFAULT, MOST_THREADS, Options
from .containers import flatten, rebuild
from .current import current_trace, recorder
from .dispatch import Dispatcher
from .errors import error
from .program import Outputs
from .recording import present
from .signature import Arguments, Leaf

if TYPE_CHECKING:
    from ..codegen.schedule import Schedule
    from ..ir.graph import Graph
    from .program import Program
    from .quicken import Entry

Argnums = int | str | Sequence[int | str]

FROM = 2
"""The call of a program, by as many positional arguments and the same keywords, from which on
such calls have a native entry (`quicken`)."""


class _Kept(dict[Any, Any]):
    """What is kept for a method, in its instance; a copy of the instance starts without it."""

    def __reduce__(self) -> tuple:
        return type(None), ()


def kept(fun: Callable[..., Any], key: Any, make: Callable[[], Any]) -> Any:
    """What ``make`` returns, once for each function and key.

    It is kept in the function itself, or in the instance whose method it is, so that both are
    forgotten together.
    """
    known = _space(fun)
    found = known.get(key)
    # functools.wraps copies the dictionary of one function to another, copy.copy that of an
    # instance. Bound methods are made anew by each access, and equal if they do the same.
    if found is None or not (found.fun is fun or _same_method(found.fun, fun)):
        found = known[key] = make()
    return found


def _space(fun: Callable[..., Any]) -> dict[Any, Any]:
    """The dictionary for what is kept of a function; a new one where there is no place."""
    if isinstance(fun, MethodType):
        space = getattr(fun.__self__, "__dict__", None)
        name = f"_adjit_method_{id(fun.__func__)}"
    else:
        space, name = getattr(fun, "__dict__", None), "_adjit_compiled"
    if not isinstance(space, dict):
        return {}
    found = space.get(name)
    if found is None:
        found = space[name] = _Kept()
    return found


def _same_method(one: Any, other: Any) -> bool:
    return isinstance(one, MethodType) and isinstance(other, MethodType) and one == other


class Compiled:
    """A function compiled in one mode; see ``jit`` and ``compile_grad`` for its call."""

    __adjit_transform__ = True

    def __init__(
        self,
        fun: Callable[..., Any],
        argnums: Argnums,
        mode: str,
        has_aux: bool = False,
        options: Options = DEFAULT,
    ) -> None:
        if not callable(fun):
            raise error("not_callable", type=type(fun).__name__)
        self.fun = fun
        self.argnums = checked_argnums(argnums)
        self.mode = mode
        self.has_aux = has_aux
        self.options = checked_options(options)
        self.dispatcher = Dispatcher(fun, mode, self._wrt, has_aux, options)
        self._bound: dict[Any, Any] = {}
        self.entries: list[Entry] = []
        functools.update_wrapper(self, fun, updated=())

    # --- arguments --------------------------------------------------------------------------

    def arguments(self, args: tuple, kwargs: dict) -> Arguments:
        return self.dispatcher.signature.arguments(args, kwargs)

    def _wrt(self, arguments: Arguments) -> list[int]:
        """The leaves to differentiate by; integers and objects among them are errors."""
        if self.mode == "value":
            return []
        if self.mode == "pushforward":
            return [n for n, leaf in enumerate(arguments.leaves) if leaf.differentiable]
        found = []
        for parameter in self.parameters(arguments):
            for n in arguments.leaves_of(parameter):
                leaf = arguments.leaves[n]
                _check_differentiable(leaf, self.mode)
                if leaf.array is not None:
                    found.append(n)
        return found

    def parameters(self, arguments: Arguments) -> list[str]:
        """The names of the parameters to differentiate by."""
        argnums = self.argnums
        wanted = (argnums,) if isinstance(argnums, int | str) else tuple(argnums)
        signature = self.dispatcher.signature
        return [signature.parameter(a, arguments.parameters) for a in wanted]

    def gradients(self, arguments: Arguments, derivatives: Sequence[Any]) -> Any:
        """Gradients in the structure of the parameters; None for leaves that are None."""
        rest = iter(derivatives)
        found = []
        for parameter in self.parameters(arguments):
            positions = arguments.leaves_of(parameter)
            leaves = [arguments.leaves[n] for n in positions]
            structure = arguments.structures[arguments.parameters.index(parameter)]
            items = [None if leaf.array is None else _like(leaf, next(rest)) for leaf in leaves]
            found.append(rebuild(structure, items))
        return found[0] if isinstance(self.argnums, int | str) else tuple(found)

    # --- stages and statistics --------------------------------------------------------------

    def _outputs(self, args: tuple, kwargs: dict) -> Outputs:
        return self.dispatcher.call(self.arguments(args, kwargs))

    def graph(self, *args: Any, **kwargs: Any) -> Graph:
        """The simplified Graph of the path that these arguments take."""
        from .compile import prepared

        return prepared(self._outputs(args, kwargs).path.recording.graph)

    def adjoint(self, *args: Any, **kwargs: Any) -> Graph:
        """The Graph of value and gradient; for a plain function, its own Graph."""
        from .compile import derive

        return derive(self._outputs(args, kwargs).path)

    def schedule(self, *args: Any, **kwargs: Any) -> Schedule:
        """Loop nests, library calls and buffers of all known paths."""
        from .compile import schedule_of

        return schedule_of(self._outputs(args, kwargs).program.paths)

    def llvm(self, *args: Any, **kwargs: Any) -> str:
        """The LLVM IR, before optimisation."""
        from ..codegen.llvm import lower

        return str(lower(self.schedule(*args, **kwargs)))

    def asm(self, *args: Any, **kwargs: Any) -> str:
        """The assembly of the native function."""
        from ..codegen.assemble import assembly

        return assembly(self.llvm(*args, **kwargs), self.options.libm)

    def explain(self) -> str:
        """Recordings with their reasons, paths with their guards, nests and buffers."""
        from .explain import explain

        return explain(self.dispatcher)

    @property
    def recordings(self) -> int:
        """How often the Python function has been recorded."""
        return self.dispatcher.recordings

    @property
    def native_calls(self) -> int:
        """How often native code has been entered."""
        return self.dispatcher.native_calls

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """A method: the same transform of the bound function, one for each instance."""
        if instance is None:
            return self
        # Kept in the instance itself, so that both are forgotten together; an instance without
        # a dictionary of its own is kept here instead. A copied dictionary brings the transform
        # of another instance along, which must not be taken for this one's.
        space = getattr(instance, "__dict__", None)
        bound: dict[Any, Any] = space if isinstance(space, dict) else self._bound
        key = f"_adjit_{id(self)}" if bound is space else id(instance)
        found = bound.get(key)
        if found is None or found.fun.__self__ is not instance:
            found = bound[key] = self._rebind(self.fun.__get__(instance))
        return found

    def __reduce__(self) -> tuple:
        """Compiled code is not copied or pickled: an instance that holds it gets None instead."""
        return type(None), ()

    def _rebind(self, fun: Callable[..., Any]) -> Any:
        kind = getattr(type(self), "plain", type(self))
        return kind(fun, self.argnums, self.mode, self.has_aux, self.options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if current_trace() is not None:
            from .nest import nested_value

            return nested_value(self, args, kwargs)
        arguments = self.arguments(args, kwargs)
        if (elsewhere := recorder(leaf.item for leaf in arguments.leaves)) is not None:
            return elsewhere(self, args, kwargs)
        outputs = self.dispatcher.call(arguments)
        self._quicken(outputs.program, arguments, len(args), kwargs)
        return outputs.result.rebuild(outputs.results)

    def _quicken(
        self,
        program: Program,
        arguments: Arguments,
        positional: int,
        keywords: Mapping[str, Any],
        out: Any = None,
    ) -> None:
        """Counts a call of ``program``, and gives it an entry when the time has come."""
        manner = (positional, *keywords) if keywords else positional
        calls = program.calls[manner] = program.calls.get(manner, 0) + 1
        if calls == FROM:
            from .quicken import quicken

            quicken(self, program, arguments, positional, tuple(keywords), out)


class Gradient(Compiled):
    """``(value, gradient)`` of a real scalar function by one native call."""

    def __init__(
        self,
        fun: Callable[..., Any],
        argnums: Argnums = 0,
        mode: str = "gradient",
        has_aux: bool = False,
        options: Options = DEFAULT,
    ) -> None:
        super().__init__(fun, argnums, mode, has_aux, options)
        self.value = Compiled(fun, argnums, "value", has_aux, options)
        self.grad = GradientAlone(self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """``(value, gradient)``, or ``((value, aux), gradient)`` with ``has_aux``.

        ``out=``: arrays of the gradient's structure, shapes and dtypes that it is written to.
        """
        if current_trace() is not None:
            from .nest import nested_gradient

            return nested_gradient(self, args, kwargs)
        given = dict(kwargs)
        out = self._take_out(kwargs)
        arguments = self.arguments(args, kwargs)
        if (elsewhere := recorder(leaf.item for leaf in arguments.leaves)) is not None:
            return elsewhere(self, args, given)
        outputs, gradients = self._call(arguments, out)
        self._quicken(outputs.program, arguments, len(args), given, out)
        return outputs.result.rebuild(outputs.results), gradients

    def _take_out(self, kwargs: dict) -> Any:
        signature = self.dispatcher.signature.signature
        if signature is not None and "out" in signature.parameters:
            return None  # the function's own parameter
        return kwargs.pop("out", None)

    def _call(self, arguments: Arguments, out: Any) -> tuple[Outputs, Any]:
        if out is None:
            outputs = self.dispatcher.call(arguments)
            return outputs, self.gradients(arguments, outputs.derivatives)
        wanted = [arguments.leaves[n] for n in self._wrt(arguments)]
        targets, given_structure = flatten(out)
        _check_out(wanted, targets)
        structure = flatten(self.gradients(arguments, targets))[1]
        if structure != given_structure:
            raise error("out", got="another structure", wanted="that of the gradient")
        given = {}
        for number, target in enumerate(targets):
            if _writable_in_place(target, arguments.leaves):
                given[number] = target
        outputs = self.dispatcher.call(arguments, out=given)
        for target, derivative in zip(targets, outputs.derivatives, strict=True):
            if derivative is not target:
                target[...] = derivative
        return outputs, out


class GradientAlone:
    """The gradient of a :class:`Gradient`, without the value."""

    __adjit_transform__ = True

    def __init__(self, both: Gradient) -> None:
        self.both = both
        functools.update_wrapper(self, both.fun, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The gradient, or ``(gradient, aux)`` with ``has_aux``."""
        value, gradient = self.both(*args, **kwargs)
        return (gradient, value[1]) if self.both.has_aux else gradient

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else self.both.__get__(instance, owner).grad

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.both, name)


def _check_differentiable(leaf: Leaf, mode: str) -> None:
    if leaf.item is None:
        return
    if leaf.array is None:
        raise error("not_array", operation=f"argument {leaf.name}", type=type(leaf.item).__name__)
    if not leaf.differentiable:
        raise error("integer_input", name=leaf.name, dtype=leaf.array.dtype)
    if mode == "holomorphic" and leaf.array.dtype.kind != "c":
        raise error("holomorphic_input", name=leaf.name)


def _like(leaf: Leaf, derivative: Any) -> Any:
    return (
        present(derivative, leaf.weak)
        if isinstance(leaf.item, np.generic | float | complex)
        else derivative
    )


def _check_out(wanted: Sequence[Leaf], targets: Sequence[Any]) -> None:
    if len(wanted) != len(targets):
        raise error("out", got=f"{len(targets)} arrays", wanted=f"{len(wanted)}")
    for leaf, target in zip(wanted, targets, strict=True):
        assert leaf.array is not None
        expected = f"a writeable array of shape {leaf.array.shape} and dtype {leaf.array.dtype}"
        if type(target) not in (np.ndarray, np.memmap):
            raise error("out", got=f"a {type(target).__name__}", wanted=expected)
        if target.shape != leaf.array.shape or target.dtype != leaf.array.dtype:
            got = f"shape {target.shape} and dtype {target.dtype}"
            raise error("out", got=got, wanted=expected)
        if not target.flags.writeable:
            raise error("out", got="a read-only array", wanted=expected)
    _check_apart(targets)


def _check_apart(targets: Sequence[np.ndarray]) -> None:
    """Gradients that are written to shared memory would overwrite each other."""
    for number, target in enumerate(targets):
        overlap = any(np.may_share_memory(target, other) for other in targets[:number])
        if overlap or any(
            stride == 0 and n > 1 for stride, n in zip(target.strides, target.shape, strict=True)
        ):
            raise error("out", got="memory that overlaps", wanted="a place for every number")


def checked_argnums(argnums: Any) -> Argnums:
    """``argnums`` with plain ints; what is no position, name, or tuple of these is an error."""
    if isinstance(argnums, str):
        return argnums
    if isinstance(argnums, tuple | list):
        return tuple(checked_argnums(item) for item in argnums)  # type: ignore[misc]
    if isinstance(argnums, int | np.integer) and not isinstance(argnums, bool):
        return int(argnums)
    raise error("argnums_type", argnum=argnums)


def checked_options(options: Options) -> Options:
    threads = options.threads
    number = isinstance(threads, int) and not isinstance(threads, bool)
    if threads is not None and not (number and 0 < threads <= MOST_THREADS):
        raise error("threads", limit=MOST_THREADS, threads=threads)
    return options


def _writable_in_place(target: np.ndarray, leaves: Sequence[Leaf]) -> bool:
    """Whether native code may write ``target`` itself: plain memory that no argument shares."""
    plain = target.flags.c_contiguous and target.flags.aligned and target.dtype.isnative
    return plain and not any(
        leaf.array is not None and np.may_share_memory(target, leaf.array) for leaf in leaves
    )
