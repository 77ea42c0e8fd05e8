"""``build``: recorded paths become one native function, by way of the cache on disk.

The compiler proper (`compile`) is imported when there is something to compile.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..codegen import cache
from ..codegen.call import Departure, Options
from ..codegen.kernel import Kernel
from ..codegen.native import Native
from ..ir.graph import Block, Graph, Value
from ..ir.ops import get
from ..ir.text import print_graph
from .modes import Path, keys_of


def build(paths: Sequence[Path], options: Options, label: str) -> Native:
    """One native function for all paths of a program; ``label`` tells users which."""
    keys = keys_of(paths)
    numbers = {key: number for number, key in enumerate(keys)}
    parts: list[object] = [options.libm]
    for path in paths:
        inputs = [numbers[key] for key in path.keys]
        parts += [print_graph(path.recording.graph), path.mode, path.wrt, inputs]

    def compiled() -> Kernel:
        from .compile import compile_paths

        return compile_paths(paths, options.libm)

    kernel = cache.fetch(cache.key("paths", *parts), label, compiled)
    return Native(kernel, len(keys), options)


def evaluate_natively(value: Value, arrays: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
    """The results of a loop for known arguments, where the interpreter would take too long."""
    block = Block()
    with block:
        inputs = [block.input(f"x{n}", arg.type) for n, arg in enumerate(value.args)]
        y = block.add(value.op, inputs, value.attrs, value.regions)
        outputs = [get(y, index=n) for n in range(len(value.type.items))]  # type: ignore[attr-defined]
    graph: Graph = block.graph(outputs)

    def compiled() -> Kernel:
        from .compile import compile_loop

        return compile_loop(graph)

    kernel = cache.fetch(cache.key("loop", print_graph(graph)), "a loop, to record on", compiled)
    native = Native(kernel, len(inputs))
    found = native([np.require(x, requirements=["C", "A"]) for x in arrays])
    assert not isinstance(found, Departure)
    return tuple(found[1])
