"""Marked arrays: those by which is differentiated, their gradients, and the rules they follow."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..tracer.errors import error
from . import arrays, writes
from .evaluate import evaluate, pending
from .modes import Family, records
from .node import Node, Op, known

if TYPE_CHECKING:
    from .arrays import Array

REQUESTS = ("write", "add", "null")
Hook = Callable[[Any], Any]


class Mark:
    """What an array that is marked keeps: its rules and its gradient.

    ``req``: "write", "add" or "null", by which nothing is computed.
    """

    __slots__ = ("__weakref__", "family", "grad", "hooks", "req")

    def __init__(self, family: Family, req: str, grad: Array | None) -> None:
        self.family = family
        self.req = req
        self.grad = grad
        self.hooks: list[Hook] = []
        MARKS.add(self)


MARKS: weakref.WeakSet[Mark] = weakref.WeakSet()
"""The marks of all arrays that are alive."""


# --- marking --------------------------------------------------------------------------------


def attach_grad(self: Array, grad_req: str = "write") -> None:
    """Marks the array by the rules of MXNet: its gradient is zero until the first backward.

    ``grad_req``: "write" overwrites the gradient at each backward, "add" adds to it, "null"
    computes none. An array that was computed is detached from what it was computed from.
    """
    if grad_req not in REQUESTS:
        raise error("value", text=f"grad_req must be one of {REQUESTS}, not {grad_req!r}")
    _check_floating(self)
    zeros = known(np.zeros(self.shape, self.dtype))
    grad = None if grad_req == "null" else _like_gradient(zeros)
    _mark(self, Mark(Family.ATTACHED, grad_req, grad))


def requires_grad_(self: Array, requires_grad: bool = True) -> Array:
    """Marks the array by the rules of PyTorch: no gradient at first, then gradients add up.

    ``requires_grad_(False)`` takes the mark away. Returns the array.
    """
    if not requires_grad:
        if self._mark is None and self.node.family is not None:
            raise error("runtime", text="only a leaf can stop requiring a gradient: use detach()")
        drop_grad(self)
        return self
    _check_floating(self)
    if self._mark is not None and self._mark.family is Family.REQUIRED:
        return self
    if self._mark is None and self.node.family is not None:
        if self.node.family is Family.ATTACHED:
            raise error("autograd_mixed")
        return self
    _mark(self, Mark(Family.REQUIRED, "add", None))
    return self


def _mark(x: Array, mark: Mark) -> None:
    node = apart(x.node)
    x.base, x._steps, x._readonly = None, (), False
    x._mark = mark
    x._node = marked(mark, node)


def marked(mark: Mark, node: Node) -> Node:
    """A Node of its own for what a marked array holds."""
    node = apart(node)
    if mark.req != "null":
        node.mark = mark
        node.family = mark.family
    return node


def apart(node: Node) -> Node:
    """A Node of the same value, through which no derivative reaches back."""
    if node.value is not None:
        return Node(None, (), node.type, node.value)
    return Node(SAME, (node,), node.type)


def again(node: Node) -> Node:
    """A Node of its own for another array that holds the same, recorded if that is on."""
    if node.family is None:
        return node
    if not records(node.family):
        return apart(node)
    found = Node(SAME, (node,), node.type)
    found.family = node.family
    return found


def _same(x: Any) -> Any:
    return x


SAME = Op(_same, "same")


def _check_floating(x: Array) -> None:
    if not x.node.type.differentiable:
        raise error("autograd_integers", dtype=x.dtype)


def drop_grad(self: Array) -> None:
    """Takes the mark of the array and its gradient away."""
    self._node = apart(self.node)
    self.base, self._steps, self._mark, self._readonly = None, (), None, False


def detach(self: Array) -> Array:
    """The value as an array of its own, a constant for derivatives."""
    return arrays.wrap(apart(self.node))


def detach_(self: Array) -> Array:
    """Makes the array a constant for derivatives; its mark, if any, goes. Returns it."""
    drop_grad(self)
    return self


def copy_of(x: Array) -> Array:
    """A copy that is marked as ``x`` is."""
    found = arrays.wrap(apart(x.node))
    if x._mark is not None:
        grad = x._mark.grad
        kept = None if grad is None else _like_gradient(apart(grad.node))
        _mark(found, Mark(x._mark.family, x._mark.req, kept))
    return found


# --- what users ask --------------------------------------------------------------------------


@property  # type: ignore[misc]
def requires_grad(self: Array) -> bool:
    """Whether a derivative reaches the array, or through it."""
    return self.node.family not in (None, Family.INSIDE)


@property  # type: ignore[misc]
def is_leaf(self: Array) -> bool:
    """Whether the array is no result of what is recorded."""
    return self.node.mark is not None or not self.requires_grad


def _get_gradient(self: Array) -> Array | None:
    """The gradient; None before there is one."""
    return self._mark.grad if self._mark is not None else self._kept


def _set_gradient(self: Array, grad: Any) -> None:
    if self._mark is None:
        raise error("autograd_unmarked")
    if grad is not None and not isinstance(grad, arrays.Array):
        raise error("type", text="a gradient is an adjit.Array or None")
    if grad is not None and grad.node.type is not self.node.type:
        raise error("value", text=f"a gradient of {self.node.type} cannot be {grad.node.type}")
    if grad is not None:
        grad._is_gradient = True
    self._mark.grad = grad


gradient = property(_get_gradient, _set_gradient)


def check_write(x: Array) -> None:
    """An array that is being recorded from is not written to: its gradient would be lost."""
    root = x if x.base is None else x.base
    mark = root._mark
    if mark is not None and mark.req != "null" and records(mark.family):
        scope = "pause()" if mark.family is Family.ATTACHED else "no_grad()"
        raise error("autograd_write", scope=scope)


def zero_(self: Array) -> Array:
    """Sets all elements to zero; returns the array."""
    self[...] = 0
    return self


# --- gradients ------------------------------------------------------------------------------


def _like_gradient(node: Node) -> Array:
    found = arrays.wrap(node)
    found._is_gradient = True
    return found


def receive(mark: Mark, found: Node) -> None:
    """A backward has found a gradient for a marked array."""
    pending.gradients = True
    grad = mark.grad
    if grad is None:
        mark.grad = _like_gradient(found)
        return
    if mark.req == "add":
        found = arrays.elementwise(np.add, (grad, arrays.wrap(found))).node
    if grad.base is None:
        writes.assign(grad, found, visible=False)
    else:
        writes.write(grad, Ellipsis, arrays.wrap(found))


def show_gradients(marks: Iterable[Mark]) -> None:
    """Writes new gradients to the memory that somebody looks at, when all are there."""
    for mark in marks:
        if mark.grad is not None and mark.grad._exposed is not None:
            show(mark.grad)


def exposed(x: Array) -> np.ndarray:
    """The memory of a gradient, which the next gradients are written to as well."""
    value = evaluate(x.node)
    if x._exposed is None:
        x._exposed = np.array(value)
    return x._exposed


_UNUSED = 2  # references to the memory when nobody else has it: the attribute and the argument


def show(x: Array) -> None:
    """Writes a new gradient to the memory that somebody looks at."""
    memory = x._exposed
    assert memory is not None
    if sys.getrefcount(memory) <= _UNUSED + 1:
        x._exposed = None
    else:
        memory[...] = evaluate(x.node)


# --- hooks ----------------------------------------------------------------------------------


class Handle:
    """What `register_hook` returns: ``remove()`` takes the hook away."""

    def __init__(self, hooks: list[Hook], hook: Hook) -> None:
        self.hooks = hooks
        self.hook = Called(hook)
        hooks.append(self.hook)

    def remove(self) -> None:
        """Takes the hook away; again does nothing."""
        if self.hook in self.hooks:
            self.hooks.remove(self.hook)


class Called:
    """A hook of its own, also where one function is registered twice."""

    def __init__(self, hook: Hook) -> None:
        self.hook = hook

    def __call__(self, g: Array) -> Any:
        return self.hook(g)


class Keeper:
    """Keeps the gradient that all hooks have left, in the ``.grad`` of an array."""

    def __init__(self, x: Array) -> None:
        self.of = weakref.ref(x)

    def __call__(self, g: Array) -> None:
        x = self.of()
        if x is not None:
            x._kept = g if x._kept is None else x._kept + g


def register_hook(self: Array, hook: Hook) -> Handle:
    """Calls ``hook(gradient)`` when the gradient by this array is found.

    What it returns, if not None, takes the gradient's place. Hooks are called in the order in
    which they were registered.
    """
    return Handle(_hooks(self), hook)


def _hooks(x: Array) -> list[Hook]:
    if x._mark is not None:
        return x._mark.hooks
    node = x.node
    if not x.requires_grad:
        raise error("autograd_constant")
    if node.hooks is None:
        node.hooks = []
    found: list[Hook] = node.hooks
    return found


def retain_grad(self: Array) -> None:
    """Keeps the gradient by an array that is no leaf in ``.grad``."""
    if self._mark is None:
        hooks = _hooks(self)
        if not any(isinstance(hook, Keeper) and hook.of() is self for hook in hooks):
            hooks.append(Keeper(self))


def follow(x: Array, old: Node, new: Node) -> None:
    """What is retained of an array is the gradient by what it holds in the end."""
    kept = [hook for hook in old.hooks or () if isinstance(hook, Keeper) and hook.of() is x]
    if kept and new.family is not None:
        old.hooks = [hook for hook in old.hooks if hook not in kept]
        new.hooks = [*(new.hooks or ()), *kept]


def heard(node: Node, g: Array) -> Any:
    """The gradient by a Node as its hooks leave it: an Array, or what the last one returned."""
    hooks = list((node.hooks if node.mark is None else node.mark.hooks) or ())
    for hook in sorted(hooks, key=lambda hook: isinstance(hook, Keeper)):
        changed = hook(g)
        if changed is not None:
            g = changed if isinstance(changed, arrays.Array) else arrays.array(changed)
    return g
