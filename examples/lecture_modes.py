"""Forward and reverse mode step by step, on the lecture's w2 log w1 + sqrt(w2 log w1).

Nothing in the tables is written down here. They are made of the Graph that adjit records and of
the derivatives that it takes of each of its operations, so any other function of real arguments
in the place of ``loss`` prints its own, if it has no loop that stays one. (Only the derivative as
a whole keeps infinite numbers out of branches of ``where`` that are not taken: the steps do not.)

The function is that of D. Merkulov's lecture on automatic differentiation (fmin.xyz).

Run: ``python examples/lecture_modes.py``
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import numpy as np

from adjit import compile_grad
from adjit.ir.graph import Block, Graph, Value, copy_values
from adjit.ir.interpret import interpret
from adjit.ir.op import CONST, INPUT
from adjit.ir.passes.adjoint import adjoint
from adjit.ir.passes.simplify import simplify
from adjit.ir.passes.tangent import tangent


@compile_grad(argnums=(0, 1))
def loss(w1, w2):
    return w2 * np.log(w1) + np.sqrt(w2 * np.log(w1))


@dataclass
class Row:
    """A row of a table: a name, what it is computed by, and what comes out (once or more)."""

    name: str
    formula: str
    numbers: list[Any]


# --- formulas -------------------------------------------------------------------------------

SIGNS = {"add": ("+", 1), "sub": ("-", 1), "mul": ("*", 2), "div": ("/", 2)}
"""How operations are written between their arguments, and how tightly they bind."""


def formula(value: Value, names: dict[Value, str], binding: int = 0) -> str:
    """A value as a formula of those that have names; it may be one of these."""
    if value in names:
        return names[value]
    if value.op is CONST:
        return number(value.attr("value").array)
    return application(value, names, binding)


def application(value: Value, names: dict[Value, str], binding: int = 0) -> str:
    """The operation that computes a value, in parentheses where its neighbour binds tighter."""
    if value.op.name in SIGNS:
        sign, own = SIGNS[value.op.name]
        x, z = value.args
        text = f"{formula(x, names, own)} {sign} {formula(z, names, own + 1)}"
        return f"({text})" if own < binding else text
    if value.op.name == "neg":
        return f"-{formula(value.args[0], names, 3)}"
    parts = [formula(arg, names) for arg in value.args]
    parts += [f"{key}={item}" for key, item in value.attrs]
    return f"{value.op.name}({', '.join(parts)})"


def number(found: Any) -> str:
    form: Any = {"float_kind": "{:.6g}".format}
    return np.array2string(np.asarray(found), separator=", ", formatter=form).replace("\n", "")


def named(graph: Graph) -> dict[Value, str]:
    """The inputs under their own names, what is computed as v1, v2, ...; constants have none."""
    names = {value: value.attr("name") for value in graph.inputs}
    taken = set(names.values())
    free = (f"v{n}" for n in count(1) if f"v{n}" not in taken)
    for value in graph.values:
        if value.regions:
            raise ValueError(f"a {value.op.name} would be a table of its own")
        if value.op is not CONST:
            names[value] = next(free)
    return names


# --- the three tables -----------------------------------------------------------------------


class Steps:
    """The operations of a Graph, one by one, at given arguments."""

    def __init__(self, graph: Graph, args: Sequence[Any]) -> None:
        self.graph = graph
        self.names = named(graph)
        self.computed = tuple(value for value in graph.values if value in self.names)
        given = [np.asarray(arg, x.dtype) for x, arg in zip(graph.inputs, args, strict=True)]
        found = interpret(replace(graph, outputs=self.computed), given)
        self.values = dict(zip((*graph.inputs, *self.computed), [*given, *found], strict=True))

    def trace(self) -> list[Row]:
        """What is computed, from the first operation to the last."""
        return [
            Row(name, "given" if value.op is INPUT else application(value, self.names), [y])
            for (value, name), y in zip(self.names.items(), self.values.values(), strict=True)
        ]

    def alone(self, value: Value) -> tuple[Graph, list[Value]]:
        """One operation as a Graph of its own, and which values are its inputs."""
        args = [arg for arg in dict.fromkeys(value.args) if arg in self.names]
        block = Block()
        with block:
            new = {arg: block.input(self.names[arg], arg.type) for arg in args}
            copy_values([*value.args, value], new)
        return block.graph([new[value]]), args

    def forward(self) -> list[Row]:
        """Tangents, from the first operation to the last: a column for each input.

        An array is moved by one in all its elements at once.
        """
        moved = [x for x in self.graph.inputs if x.type.differentiable]
        tangents = {x: [np.full(x.shape, x is seed, x.dtype) for seed in moved] for x in moved}
        rows = [
            Row(f"t_{self.names[x]}", "1 by itself, else 0", found) for x, found in tangents.items()
        ]
        for value in self.computed:
            graph, args = self.alone(value)
            wrt = [n for n, arg in enumerate(args) if arg in tangents]
            if not wrt or not value.type.differentiable:
                continue
            pushed = simplify(tangent(graph, wrt))
            at = [self.values[arg] for arg in args]
            along = [tangents[args[n]] for n in wrt]
            tangents[value] = [
                interpret(pushed, [*at, *column])[-1] for column in zip(*along, strict=True)
            ]
            text = formula(pushed.outputs[-1], self._names_in(pushed, value))
            rows.append(Row(f"t_{self.names[value]}", text, tangents[value]))
        return rows

    def reverse(self) -> list[Row]:
        """Cotangents, from the last operation to the first, and then of the inputs."""
        (result,) = self.graph.outputs
        terms: dict[Value, list[tuple[str, Any]]] = {
            result: [("1", np.ones(result.shape, result.dtype))]
        }
        rows = []
        for value in [*reversed(self.computed), *self.graph.inputs]:
            if not value.type.differentiable:
                continue
            texts, numbers = zip(
                *terms.get(value, [("0", np.zeros(value.shape, value.dtype))]), strict=True
            )
            g = sum(numbers[1:], numbers[0])
            rows.append(Row(f"g_{self.names[value]}", " + ".join(texts), [g]))
            if value not in self.computed or value not in terms:
                continue
            graph, args = self.alone(value)
            wrt = [n for n, arg in enumerate(args) if arg.type.differentiable]
            pulled = simplify(adjoint(graph, wrt, [0]))
            found = interpret(pulled, [*(self.values[arg] for arg in args), g])
            names = self._names_in(pulled, value)
            names[pulled.inputs[-1]] = f"g_{self.names[value]}"
            for n, output, term in zip(wrt, pulled.outputs[1:], found[1:], strict=True):
                terms.setdefault(args[n], []).append((formula(output, names), term))
        return rows

    def _names_in(self, derived: Graph, value: Value) -> dict[Value, str]:
        """Names in the derivative of one operation: its first output is the operation."""
        names = {x: x.attr("name") for x in derived.inputs}
        names.setdefault(derived.outputs[0], self.names[value])
        return names


# --- printing -------------------------------------------------------------------------------


def show(title: str, rows: Sequence[Row], heads: Sequence[str] = ("value",)) -> None:
    """A table in columns of equal width."""
    lines = [["", "", *heads]]
    lines += [[row.name, f"= {row.formula}", *map(number, row.numbers)] for row in rows]
    widths = [max(len(line[n]) for line in lines) for n in range(len(lines[0]))]
    print(f"\n{title}")
    for line in lines:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
        print("  " + "  ".join(cells).rstrip())


def counted(graph: Graph) -> str:
    ops = Counter(value.op.name for value in graph.values if value.op is not CONST)
    return ", ".join(f"{times} {name}" for name, times in ops.items())


def tables(graph: Graph, args: Sequence[Any]) -> None:
    """The values, the tangents and the cotangents of a Graph with one result."""
    steps = Steps(graph, args)
    show("values, from the first operation to the last", steps.trace())
    heads = [f"by {steps.names[x]}" for x in graph.inputs if x.type.differentiable]
    show("forward mode: tangents t, in the order of the values", steps.forward(), heads)
    show("reverse mode: cotangents g, in the reverse order", steps.reverse())


def main() -> None:
    w1, w2 = math.e, 4.0
    graph, derived = loss.graph(w1, w2), loss.adjoint(w1, w2)
    print(f"L(w1, w2) = w2 log w1 + sqrt(w2 log w1) at w1 = {w1:.6g}, w2 = {w2:.6g}")
    print("\nthe recorded Graph (what the function mentions twice is computed once)")
    print(graph)
    print(f"operations of the value: {counted(graph)}")
    tables(graph, [w1, w2])

    print("\nthe Graph of value and gradient, which is compiled to one native function")
    print(derived)
    print(f"operations of value and gradient: {counted(derived)}")
    show("its values", Steps(derived, [w1, w2]).trace())
    names = named(derived)
    returned = ("gradient by w1", "gradient by w2", "L")
    for what, value in zip(returned, derived.outputs, strict=True):
        print(f"  {what} is {names[value]}")

    value, (by_w1, by_w2) = loss(w1, w2)
    print(f"\nL, compiled: {value:.15g}, by hand {4 + math.sqrt(4):.15g}")
    print(f"dL/dw1, compiled: {by_w1:.15g}, by hand {5 / math.e:.15g}")
    print(f"dL/dw2, compiled: {by_w2:.15g}, by hand {1.25:.15g}")


if __name__ == "__main__":
    main()
