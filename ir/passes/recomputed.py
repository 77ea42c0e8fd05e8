"""The derivative of a checkpointed iteration: it is run again before it is run backwards.

The forward loop keeps what each iteration starts from and nothing else. With iterations that are
loops of about the square root of all steps, the memory is about that of two such loops
(Griewank, "Achieving logarithmic growth of temporal and spatial complexity in reverse automatic
differentiation", 1992, in its simplest form).
"""

from __future__ import annotations

from ..graph import Graph
from ..op import placeholder
from .backward import Backward
from .forward import Forward, initial
from .region import Context, Region, sizes
from .residuals import Residuals


class Recomputed(Region):
    """A region whose forward values are computed again, all of them, from its inputs."""

    def _inner_context(self) -> Context:
        # What the iteration keeps while it runs again lasts no longer than that.
        return Context((), self.context.names)

    def differentiate(self, force: set[int]) -> None:
        self.force = force
        self._sweep({})
        self._run_again()

    def _run_again(self) -> None:
        graph = self.graph
        self.tapes_of = self.context.tapes()
        self.threaded = {}
        residuals = Residuals(graph, {}, frozenset())
        residuals.decide(self.fixed)
        self.back = back = Backward(graph, residuals, self.tapes_of, sizes)
        for v in self.given:
            back.new[v] = v
        again = Forward(self.sweep.replaced, initial)
        for x in graph.inputs:
            again.new[x] = back.need(x)
        with back.block:
            again.steps(graph.values)
        back.new.update(again.new)
        # An array that is given back is what the iteration started from.
        self.restored = sorted(self.force)
        self.last = {p: placeholder(f"r{p}", graph.inputs[p].type) for p in self.restored}
        back.emit(self.values)
        self.outputs = [back.need(target) for target in self.targets]
        self.outputs += [back.need(graph.inputs[p]) for p in self.restored]
        self.outer = list(back.outer)
        counter = () if self.tapes_of.counter is None else (self.tapes_of.counter,)
        self.extras = (*self.tapes_of.extras.values(), *counter)

    def forward(self) -> Graph:
        replaced, self.sweep.replaced = self.sweep.replaced, {}
        found = super().forward()
        self.sweep.replaced = replaced
        return found
