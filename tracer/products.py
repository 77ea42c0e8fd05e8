"""``vjp``, ``jvp``, ``linearize``: products with the Jacobian, from the left and the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .containers import flatten, rebuild
from .current import current_trace, recorder
from .errors import error
from .matching import flat_tangents, matching, outline_of
from .modes import differentiable_outputs
from .program import Outputs
from .recording import Identity, present
from .signature import native
from .transforms import Compiled, kept

if TYPE_CHECKING:
    from .linear import Linear, Linearized
    from .trace import Trace


class Product:
    """What ``vjp`` and ``linearize`` return with the value: a product with the Jacobian.

    It holds the ``residuals`` of the call that made it, so nothing that is written later, into
    arguments or captured arrays, changes it.
    """

    __adjit_transform__ = True

    def __init__(self, linear: Linear, residuals: Sequence[Any]) -> None:
        self.linear = linear
        self.residuals = tuple(residuals)

    def _apply(self, leaves: Sequence[Any]) -> Any:
        linear, trace = self.linear, current_trace()
        if trace is not None:
            return linear(self._recorded(trace), leaves)
        seeds = [
            None if type is None else _fitting(leaf, type, linear.what)
            for leaf, type in zip(leaves, linear.seeds, strict=True)
        ]
        return linear.compiled(self.residuals, seeds)

    def _recorded(self, trace: Trace) -> list[Any]:
        """The residuals inside of a recording; those of a call before it are captured."""
        from .capture import observe
        from .places import Attribute, IdentityOf, Item

        place = Attribute(IdentityOf(self), "residuals")
        return [observe(trace, Item(place, n), item) for n, item in enumerate(self.residuals)]


class Pullback(Product):
    """The second result of ``vjp``: cotangents in, one gradient per positional argument out."""

    def __call__(self, cotangent: Any) -> tuple:
        """A tuple with a gradient for each argument; None for what has no derivative."""
        linear = self.linear
        leaves = matching(cotangent, linear.result.structure, "a cotangent", "the result")
        found: tuple = self._apply(leaves)
        return found


class Pushforward(Product):
    """The second result of ``linearize``: a tangent per argument in, that of the result out."""

    def __call__(self, *tangents: Any) -> Any:
        """The tangent, in the structure of the value; None for what has no derivative."""
        linear = self.linear
        wrt = [n for n, type in enumerate(linear.xs) if type is not None]
        return self._apply(flat_tangents(linear.outline, linear.count, tangents, wrt))


def _linearized(fun: Callable[..., Any], args: tuple, reverse: bool) -> tuple[Any, Any]:
    from .linear import Linearized

    trace = current_trace()
    leaves, structure = flatten(args)
    if trace is None and (elsewhere := recorder(leaves)) is not None:
        kept_now = [x if recorder([x]) is None else x.copy() for x in leaves]
        args = rebuild(structure, kept_now)  # as they are now
        primal = kept(fun, "value", lambda: Compiled(fun, 0, "value"))
        again: Callable[..., Any] = _pulled if reverse else _pushed
        value = elsewhere(primal, args, {})
        return value, lambda *given: elsewhere(again, (fun, args, given), {})
    found: Linearized = kept(
        fun, ("linear", reverse, len(args)), lambda: Linearized(fun, reverse, len(args))
    )
    value, residuals, linear = (found if trace is not None else found.compiled)(*args)
    product = (Pullback if reverse else Pushforward)(linear, residuals)
    if trace is not None:
        from .capture import mark_created

        mark_created(trace, product)  # so it cannot leave the recording, whose arrays it holds
    return value, product


def _pulled(fun: Callable[..., Any], args: tuple, given: tuple) -> tuple:
    return vjp(fun, *args)[1](*given)


def _pushed(fun: Callable[..., Any], args: tuple, given: tuple) -> Any:
    return linearize(fun, *args)[1](*given)


def vjp(fun: Callable[..., Any], *args: Any) -> tuple[Any, Pullback]:
    """``(value, pullback)`` of ``fun`` at ``args``.

    ``pullback(cotangent)`` takes a cotangent of the value's structure and shapes (None is zero)
    and returns a tuple with one gradient per positional argument (None where an argument is an
    integer or no number). It can be called again, also inside of other functions: ``fun`` is not
    run again. Later writes, into ``args`` or what ``fun`` captures, do not change it.
    """
    return _linearized(fun, args, reverse=True)


def linearize(fun: Callable[..., Any], *args: Any) -> tuple[Any, Pushforward]:
    """``(value, linear)``: ``linear(*tangents)`` is the product of the Jacobian at ``args`` with
    tangents of these.

    The twin of :func:`vjp`, for one point and many directions: what of the derivative does not
    depend on the tangents is computed with the value and kept. ``linear`` takes and returns
    tangents as :func:`jvp` does. A ``while`` loop whose number of steps nothing bounds is run
    again by each product, in native code.
    """
    return _linearized(fun, args, reverse=False)


def jvp(fun: Callable[..., Any], args: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """``(value, tangent)``: the value of ``fun(*args)`` and its derivative along ``tangents``.

    ``tangents`` has one entry per argument, of the same structure and shapes; None is zero.
    An argument that is no float has no derivative: its tangent is None or zero, or an error.
    """
    for what, given in (("args", args), ("tangents", tangents)):
        if not isinstance(given, tuple | list):
            wanted = "a tuple with one entry for each argument"
            raise error("structure", got=f"a {type(given).__name__}", what=what, wanted=wanted)
    push: Compiled = kept(fun, "pushforward", lambda: Compiled(fun, 0, "pushforward"))
    signature = push.dispatcher.signature
    if current_trace() is not None:
        from .nest import differentiable_leaves, nested_arguments, nested_pushforward

        arguments = nested_arguments(signature, tuple(args), {})
        wrt = differentiable_leaves(arguments)
        flat = flat_tangents(outline_of(arguments), len(args), tangents, wrt)
        return nested_pushforward(push, arguments, flat)
    if (elsewhere := recorder(flatten((args, tangents))[0])) is not None:
        return elsewhere(jvp, (fun, tuple(args), tuple(tangents)), {})
    arguments = push.arguments(tuple(args), {})
    wrt = [n for n, leaf in enumerate(arguments.leaves) if leaf.differentiable]
    flat = flat_tangents(outline_of(arguments), len(args), tangents, wrt)
    dynamic = [n for n, leaf in enumerate(arguments.leaves) if leaf.array is not None]
    extra = {}
    for number, n in enumerate(dynamic):
        leaf = arguments.leaves[n]
        assert leaf.array is not None
        if leaf.differentiable:
            extra["tangent", number] = _fitting(flat[n], leaf.array, "tangent")
    outputs = push.dispatcher.call(arguments, extra)
    return outputs.result.rebuild(outputs.results), _result_tangents(outputs)


def _result_tangents(outputs: Outputs) -> Any:
    graph, result = outputs.path.recording.graph, outputs.result
    wanted = differentiable_outputs(graph)
    moved = dict(zip(wanted, outputs.derivatives, strict=True))
    leaves = [
        present(moved[slot], result.types[slot])
        if not isinstance(slot, Identity) and slot in moved
        else None
        for slot in result.leaves
    ]
    return rebuild(result.structure, leaves)


def _fitting(leaf: Any, like: Any, what: str) -> np.ndarray:
    """A tangent or cotangent as native code takes it: of a shape and dtype; None is zero."""
    if leaf is None:
        return np.zeros(like.shape, like.dtype)
    array = np.asarray(leaf)
    if array.shape != like.shape:
        raise error("tangent_shape", what=what, got=array.shape, wanted=like.shape)
    if array.dtype.kind not in "fciub":
        raise error("dtype", operation=what, dtype=array.dtype)
    if array.dtype.kind == "c" and like.dtype.kind != "c":
        raise error("complex_seed", what=what, dtype=like.dtype)
    return native(what, array.astype(like.dtype))
