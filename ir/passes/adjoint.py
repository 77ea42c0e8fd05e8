"""``adjoint``: the reverse-mode derivative of a Graph, as a Graph over the same ops.

Zeros are symbolic: a value that no seeded output depends on has no cotangent. Un-broadcasting
happens here, once, for all ops. Reads of regions transpose to accumulation into one shadow
array, which code generation updates in place. Loops and branches: see ``sweep``.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import IRError
from ..graph import Block, Graph
from ..op import const
from ..ops import broadcast, zeros
from .forward import Forward, initial
from .region import Context, fresh_names
from .split import is_complex
from .sweep import Sweep


def adjoint(graph: Graph, wrt: Sequence[int], of: Sequence[int], unit: bool = False) -> Graph:
    """Value and cotangents.

    Outputs: those of ``graph``, then the cotangent of each input listed in ``wrt``. The
    outputs listed in ``of`` are seeded: with one (``unit``) or by new inputs appended in that
    order.
    """
    if is_complex(graph):
        raise IRError("complex values have to be split into their parts before")
    block = Block(graph.inputs, graph.values)
    for position in wrt:
        x = graph.inputs[position]
        if not x.type.differentiable:
            raise IRError(f"input {x.attr('name')} has dtype {x.dtype} and no derivative")
    with block:
        sweep = Sweep(
            graph, [graph.inputs[position] for position in wrt], Context((), fresh_names(graph))
        )
        for position in of:
            y = graph.outputs[position]
            if not y.type.differentiable:
                raise IRError(f"output {position} has dtype {y.dtype} and no derivative")
            seed = (
                broadcast(const(1.0, y.dtype), shape=y.shape)
                if unit and y.shape
                else const(1.0, y.dtype)
                if unit
                else block.input(f"g{position}", y.type)
            )
            sweep.add(y, seed)
        sweep.run()
        gradients = []
        for position in wrt:
            x = graph.inputs[position]
            found = sweep.table.get(x)
            gradients.append(zeros(x.type) if found is None else found.settled())
    result = block.graph((*graph.outputs, *gradients), graph.guards)
    return Forward(sweep.replaced, initial).whole(result) if sweep.replaced else result
