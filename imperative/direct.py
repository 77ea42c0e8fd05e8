"""The steps of a training loop, where nothing interferes: fewer looks at fewer Nodes.

:func:`backward` does what a reverse pass does by one operation (`backward.Reverse`), and
:func:`compute` what `evaluate` does, for the gradients of such a pass.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..tracer.containers import flatten
from ..tracer.transforms import Compiled
from . import captures
from .backward import LONGEST as MOST_AT_ONCE
from .backward import Pull
from .evaluate import (
    LONGEST,
    Step,
    counters,
    none_pending,
    pending,
    plan,
    program_of,
    results,
)
from .modes import Family
from .node import VOID, Node, Op, known, leaf_op
from .types import Type

if TYPE_CHECKING:
    from .arrays import Array


class Permuted:
    """A function with its arguments in another order."""

    def __init__(self, fun: Callable[..., Any], order: Sequence[int]) -> None:
        self.fun = fun
        self.order = order

    def __call__(self, *arrays: Any) -> Any:
        return self.fun(*[arrays[n] for n in self.order])


class Plan:
    """What reverse passes of one structure share: ``op`` is that of the pass, ``steps`` lead to
    it, the pass itself included, ``leaf_ops`` to its results.

    ``programs``: by what else is computed along with it.
    """

    __slots__ = ("leaf_ops", "op", "programs", "steps")

    def __init__(self, op: Op, steps: list[Step], leaf_ops: list[Op]) -> None:
        self.op = op
        self.steps = steps
        self.leaf_ops = leaf_ops
        self.programs: dict[tuple, Compiled] = {}


class Pass:
    """A reverse pass: ``args`` holds its Node, which all its results have as their argument.

    ``nodes``: the leaves of its steps, whose values are known if it is ``ready``. ``number``: of
    Nodes, as in its steps.
    """

    __slots__ = ("args", "nodes", "number", "plan", "ready")

    def __init__(
        self, plan: Plan, args: tuple[Node], nodes: list[Node], number: dict[Node, int], ready: bool
    ) -> None:
        self.plan = plan
        self.args = args
        self.nodes = nodes
        self.number = number
        self.ready = ready


_plans: dict[tuple, Plan] = {}
_seeds: dict[Type, Node] = {}


def backward(head: Node, retain_graph: bool) -> bool:
    """Gives marked arrays their gradients; False, and nothing done, where this is not for it.

    It is for one head by the rules of MXNet, whose gradients are written to arrays that nobody
    has looked at, without hooks, Functions and marked arrays on the way.
    """
    if head.family is not Family.ATTACHED or head.mark is not None:
        return False
    number: dict[Node, int] = {}
    leaves: list[Node] = []
    targets: list[Node] = []
    order: list[Node] = []
    shape: list[Any] = []  # ops and the numbers of their arguments
    ready = True
    weight = 0
    stack = [head]
    while stack:
        node = stack[-1]
        if node in number:
            stack.pop()
            continue
        if node.op is None or node.freed or node.hooks or node.rule is not None:
            return False
        row: list[Any] = [node.op]
        complete = True
        for arg in node.args:
            n = number.get(arg)
            if n is None:
                if arg.family is Family.ATTACHED:
                    if arg.mark is None:
                        stack.append(arg)
                        complete = False
                        continue
                    targets.append(arg)
                n = number[arg] = ~len(leaves)
                leaves.append(arg)
                if arg.value is None:
                    ready = False
            row.append(n)
        if complete:
            stack.pop()
            number[node] = len(order)
            weight += node.op.weight
            shape += row
            order.append(node)
    if weight > MOST_AT_ONCE:
        return False
    grads: dict[Any, None] = {}
    for target in targets:
        mark = target.mark
        grad = mark.grad
        if mark.req != "write" or mark.hooks or grad.base is not None:
            return False
        if grad._exposed is not None or grad._mark is not None:
            return False
        grads[grad] = None
    if len(grads) != len(targets) or not grads:
        return False
    key = (*shape, *[number[target] for target in targets])
    found = _plans.get(key)
    if found is None:
        found = _plans[key] = _plan(order, number, [number[target] for target in targets])
    leaves.append(_seed(head.type))
    whole = Node(found.op, leaves, VOID)
    number[whole] = len(order)
    args = (whole,)
    waiting = pending.arrays
    for grad, target, op in zip(grads, targets, found.leaf_ops, strict=True):
        grad._node = Node(op, args, target.type)
        waiting.append(weakref.ref(grad))
    pending.gradients = True
    pending.last = Pass(found, args, leaves, number, ready)
    if not retain_graph:
        for node in order:
            node.freed = True
            if node.value is not None:
                node.args = ()
    return True


def _plan(order: Sequence[Node], number: dict[Node, int], targets: Sequence[int]) -> Plan:
    """`Pull` takes the targets first; here leaves are numbered as they were met."""
    steps: list[Step] = [(node.op, *[number[arg] for arg in node.args]) for node in order]
    leaves = sum(n < 0 for n in number.values())
    turned = [~n for n in targets]
    turned += [n for n in range(leaves) if ~n not in targets]
    place = {~old: ~new for new, old in enumerate(turned)}
    rows = [(op, *[place.get(n, n) for n in numbers]) for op, *numbers in steps]
    pull = Pull(rows, [len(steps) - 1], len(targets))
    weight = 3 * sum(node.op.weight for node in order if node.op is not None)
    op = Op(Permuted(pull, [*turned, leaves]), "pullback", weight=weight)
    steps.append((op, *[~n for n in range(leaves + 1)]))
    return Plan(op, steps, [leaf_op(n) for n in range(len(targets))])


def _seed(type: Type) -> Node:
    found = _seeds.get(type)
    if found is None:
        found = _seeds[type] = known(np.ones(type.shape, type.dtype))
    return found


# --- values ---------------------------------------------------------------------------------


def whole_of(gradients: Sequence[Node]) -> tuple[Node | None, tuple[int, ...]]:
    """The Node of a pass that these are all results of, and their numbers there; or None."""
    args = gradients[0].args
    whole = args[0] if args else None
    if whole is None or whole.op is None or type(whole.op.fun) is not Permuted:
        return None, ()
    order = []
    for node in gradients:
        op: Any = node.op
        if op is None or node.value is not None or node.args[0] is not whole:
            return None, ()
        order.append(op.fun.number)
    return whole, tuple(order)


def compute(op: Op, values: Sequence[Any], args: Sequence[Node]) -> list[Any]:
    """What an op that returns a list makes of values and then Nodes, and all that waits as well.

    It is one native call.
    """
    last: Pass | None = pending.last
    shared = None if last is None else last.args
    gradients: list[Node] = []
    roots: dict[Node, list[Node]] = {}
    for ref in pending.arrays:
        array = ref()
        if array is None:
            continue
        node = array._node if array.base is None else array.node
        if node.value is None:
            before = node.args
            if before is shared:
                gradients.append(node)
            elif before and before[0].type is VOID:  # all leaves are computed
                roots.setdefault(before[0], []).append(node)
            elif node not in roots:
                roots[node] = []
    found: list[Any] | None = None
    if gradients:
        assert last is not None
        whole = last.args[0]
        roots.pop(whole, None)
        roots[whole] = gradients
        if last.ready:
            found = _by_last(last, roots, op, values, args)
    if found is None:
        found = _by_plan(roots, op, values, args)
    for (root, nodes), value in zip(roots.items(), found, strict=False):
        if root.type is not VOID:
            _keep(root, value)
        else:
            assert root.op is not None
            parts = value if type(root.op.fun) is Permuted else flatten(value)[0]
            for node in nodes:
                leaf: Any = node.op
                part = parts[leaf.fun.number]
                if node.family is None and type(part) is np.ndarray:
                    node.value = part
                    node.args = ()
                else:
                    _keep(node, part)
    none_pending()
    result: list[Any] = found[-1]
    return result


def _by_last(
    last: Pass, roots: dict[Node, list[Node]], op: Op, values: Sequence[Any], args: Sequence[Node]
) -> list[Any] | None:
    """The values of the roots and of the op, where the last pass leads to all that is needed."""
    number = last.number
    try:
        key = (op, *[number[root] for root in roots], *[number[arg] for arg in args])
    except KeyError:
        return None
    program = last.plan.programs.get(key)
    if program is None:
        steps = list(last.plan.steps)
        wanted = [number[root] for root in roots]
        numbers: Any = key[-len(args) :]
        if sum(step[0].weight for step in steps) > LONGEST:
            return None
        program = program_of(*_with(op, steps, wanted, len(last.nodes), len(values), numbers))
        last.plan.programs[key] = program
    counters.calls += 1
    found: list[Any] = program([*[node.value for node in last.nodes], *values])
    return found


def _by_plan(
    roots: dict[Node, list[Node]], op: Op, values: Sequence[Any], args: Sequence[Node]
) -> list[Any]:
    """The same where steps and leaves have to be found."""
    waiting = [arg for arg in args if arg.value is None and arg not in roots]
    steps, leaves, number = plan([*roots, *waiting])
    for arg in args:
        if arg not in number:
            number[arg] = ~len(leaves)
            leaves.append(arg.value)
    wanted = [number[root] for root in roots]
    numbers = [number[arg] for arg in args]
    return results(*_with(op, steps, wanted, len(leaves), len(values), numbers), [*leaves, *values])


def _with(
    op: Op, steps: list[Step], wanted: list[int], leaves: int, values: int, numbers: Sequence[int]
) -> tuple[tuple[Step, ...], tuple[int, ...]]:
    """Steps and what is wanted of them, with one more step, of values after the leaves."""
    given = range(~leaves, ~(leaves + values), -1)
    return (*steps, (op, *given, *numbers)), (*wanted, len(steps))


def _keep(node: Node, value: Any) -> None:
    if type(value) is not np.ndarray and node.type.weak is None:
        value = np.asarray(value)
    node.value = value
    if node.family in (None, Family.INSIDE) or node.freed or node.mark is not None:
        node.args = ()


def hold(x: Array, value: Any) -> None:
    """The marked array ``x`` holds a value of its type, to which nobody else writes."""
    old = x._node
    if captures.watched:
        captures.writes(x)
    node = Node(None, (), old.type, value if type(value) is np.ndarray else np.asarray(value))
    node.mark, node.family = old.mark, old.family
    x._node = node
