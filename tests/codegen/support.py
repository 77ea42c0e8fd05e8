"""Small helpers for the tests of code generation."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from adjit.codegen.expand import expand
from adjit.codegen.llvm import lower
from adjit.codegen.native import Native
from adjit.codegen.plan import plan
from adjit.codegen.schedule import Schedule
from adjit.codegen.tree import merge
from adjit.ir.graph import Block, Graph, Value
from adjit.ir.passes.simplify import simplify
from adjit.ir.types import ArrayType

_serial = itertools.count()


def graph(arrays: Sequence[np.ndarray], build: Callable[..., Sequence[Value]]) -> Graph:
    """The Graph of ``build`` applied to inputs of the types of ``arrays``."""
    with Block() as block:
        inputs = [block.input(f"x{n}", ArrayType(x.dtype, x.shape)) for n, x in enumerate(arrays)]
        return block.graph(build(*inputs))


def schedule(*paths: Graph) -> Schedule:
    keys = [[value.attr("name") for value in path.inputs] for path in paths]
    return plan(merge([simplify(expand(path)) for path in paths], keys))


def native(*paths: Graph) -> Native:
    planned = schedule(*paths)
    return Native(planned, lower(planned, f"test.{next(_serial)}"))
