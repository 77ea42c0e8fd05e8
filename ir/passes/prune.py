"""``prune``: what a loop or branch does not need: results that nobody reads, arguments that the
regions do not use, carried values that never change, constants that were passed in.

Also dead code in general: what no output and no guard needs.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..graph import Block, Graph, Value, copy_values, current_block, inline, symbols
from ..op import CONST, constant_of
from ..ops import cond, empty, get, index, loop
from ..ops.control import COND, LOOP, recomputes
from ..ops.families import DECOMPOSITIONS

# --- dead code ------------------------------------------------------------------------------


def needed_values(graph: Graph) -> set[Value]:
    """What outputs, guards and checks are computed from, by arguments and by symbols."""
    definitions = {v.attr("symbol"): v for v in graph.values if v.op.name == "index"}
    needed = {*graph.outputs, *(guard.value for guard in graph.guards), *checks(graph)}
    for value in graph.inputs:
        if definitions:
            needed.update(definitions[s] for s in symbols(value) if s in definitions)
    for value in reversed(graph.values):
        if value in needed:
            needed.update(value.args)
            if definitions:
                needed.update(definitions[s] for s in symbols(value) if s in definitions)
    return needed


def checks(graph: Graph) -> list[Value]:
    """The values that can raise an error, whether or not their results are used."""
    return [value for value in graph.values if _checks(value)]


def check_of(value: Value) -> tuple[str, str] | None:
    """What can go wrong in an application, and the message then; None where nothing is checked."""
    message = next((item for name, item in value.attrs if name == "where"), "")
    return ("index" if value.op is index else "linalg", message) if message else None


def _checks(value: Value) -> bool:
    if check_of(value) is not None and value.op.name not in DECOMPOSITIONS:
        return True
    return any(_checks(inner) for region in value.regions for inner in region.values)


def remove_dead(graph: Graph) -> Graph:
    """The Graph without values that no output and no guard needs."""
    needed = needed_values(graph)
    kept = tuple(value for value in graph.values if value in needed)
    return Graph(graph.inputs, kept, graph.outputs, graph.guards)


def used_results(needed: Collection[Value]) -> dict[Value, set[int]]:
    """The results of loops and branches that needed values take."""
    used: dict[Value, set[int]] = {}
    for value in needed:
        if value.op is get:
            used.setdefault(value.args[0], set()).add(value.attr("index"))
    return used


# --- loops and branches ---------------------------------------------------------------------


def prune(
    value: Value, args: tuple[Value, ...], regions: tuple[Graph, ...], used: set[int]
) -> list[Value]:
    """The results of a loop or branch built again in the current Block, as far as they are used.

    A result that is not in ``used`` is some Value of its type or another: nobody looks at it.
    """
    if value.op is LOOP:
        return _prune_loop(value, args, regions[0], used)
    assert value.op is COND
    return _prune_cond(args, regions, used)


def _prune_loop(value: Value, args: tuple[Value, ...], body: Graph, used: set[int]) -> list[Value]:
    count, test = value.attr("carried"), value.attr("test")
    trip, go = args[0], args[1] if test else None
    passed = args[1 + int(test) :]
    trips = constant_of(trip)
    if trips is not None and int(trips) <= 0:
        return list(passed[:count])
    # A carried value is needed if its result is, or if a needed output is computed from it.
    alive = set(used)
    while True:
        outputs = [body.outputs[n] for n in sorted(alive)] + list(body.outputs[count:])
        read = needed_values(Graph(body.inputs, body.values, tuple(outputs)))
        more = {n for n in range(count) if body.inputs[n] in read} - alive
        if not more:
            break
        alive |= more
    changing = [n for n in sorted(alive) if body.outputs[n] is not body.inputs[n]]
    still = [n for n in sorted(alive) if body.outputs[n] is body.inputs[n]]
    results = list(passed[:count])
    fixed = [n for n in (*still, *range(count, len(passed))) if body.inputs[n] in read]
    outputs = [body.outputs[n] for n in changing] + list(body.outputs[count:])
    inner, invariant = _take(body, passed, changing, fixed, outputs)
    if not changing and not checks(body):
        return results
    carried = [passed[n] for n in changing]
    symbol, reverse = value.attr("symbol"), value.attr("reverse")
    found = loop(trip, go, carried, invariant, inner, symbol, reverse, recomputes(value))
    for n, result in zip(changing, found, strict=True):
        results[n] = result
    return results


def _prune_cond(args: tuple[Value, ...], regions: tuple[Graph, ...], used: set[int]) -> list[Value]:
    c, *passed = args
    known = constant_of(c)
    then, other = regions
    if known is not None:
        return inline(then if known else other, passed)
    results: list[Value | None] = [None] * len(then.outputs)
    kept = []
    for n in range(len(results)):
        same = [r.inputs.index(r.outputs[n]) if r.outputs[n] in r.inputs else -1 for r in regions]
        if same[0] == same[1] >= 0:
            results[n] = passed[same[0]]
        elif n in used:
            kept.append(n)
    read: set[Value] = set()
    for region in regions:
        outputs = tuple(region.outputs[n] for n in kept)
        read |= needed_values(Graph(region.inputs, region.values, outputs))
    where = [n for n in range(len(passed)) if any(r.inputs[n] in read for r in regions)]
    taken = []
    pairs: list[Value] = []
    for region in regions:
        outputs_of = [region.outputs[n] for n in kept]
        inner, pairs = _take(region, passed, [], where, outputs_of)
        taken.append(inner)
    checked = any(checks(region) for region in taken)
    found = cond(c, pairs, taken[0], taken[1]) if kept or checked else []
    for n, result in zip(kept, found, strict=True):
        results[n] = result
    return [c if result is None else result for result in results]


def _take(
    region: Graph,
    passed: Sequence[Value],
    state: Sequence[int],
    fixed: Sequence[int],
    outputs: Sequence[Value],
) -> tuple[Graph, list[Value]]:
    """The region with the inputs ``state`` and ``fixed`` only, and the arguments for the latter.

    Constants are moved inside, and one argument is passed once.
    """
    block = Block([region.inputs[n] for n in state])
    new: dict[Value, Value] = {value: value for value in block.inputs}
    first: dict[Value, Value] = {}
    rest: list[Value] = []
    with block:
        for n in fixed:
            arg, old = passed[n], region.inputs[n]
            if is_fixed(arg):
                new[old] = made_anew(arg)
            elif arg in first:
                new[old] = first[arg]
            else:
                new[old] = first[arg] = old
                block.inputs.append(old)
                rest.append(arg)
        copy_values(region.values, new)
    graph = Graph(tuple(block.inputs), tuple(block.values), tuple(new.get(v, v) for v in outputs))
    return remove_dead(graph), rest


def is_fixed(value: Value) -> bool:
    """Whether a region had better make a Value itself: a constant, or memory to be written."""
    bare = value.args[0] if value.op.name == "broadcast" else value
    return bare.op is CONST or bare.op is empty


def made_anew(fixed: Value) -> Value:
    args = [made_anew(arg) for arg in fixed.args]
    return current_block().add(fixed.op, args, fixed.attrs)
