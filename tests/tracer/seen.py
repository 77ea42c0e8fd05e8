"""Records a function and shows what it captured."""

from __future__ import annotations

import importlib.util
import textwrap

import numpy as np

from adjit.tracer.array import Array
from adjit.tracer.capture import check_mutated, guard_contents, read_array, still_holds
from adjit.tracer.hooks import recordable
from adjit.tracer.regions import RestartError
from adjit.tracer.trace import Trace


class Seen:
    """What a recording of ``fn`` captured; ``result`` is the value it computed."""

    def __init__(self, fn, *args):
        unrolled = {}
        while True:
            try:
                self._record(Trace((), unrolled), fn, args)
                break
            except RestartError as problem:
                unrolled[problem.key] = (problem.where, problem.reason)

    def _record(self, trace, fn, args):
        self.trace = trace
        with self.trace:
            x = self.trace.input("x", np.array([1.0, 2.0, 3.0]))
            recorded = recordable(fn)
            if recorded is None:
                guard_contents(self.trace, fn)
                recorded = fn
            y = recorded(x, *args)
            check_mutated(self.trace)
            self.result = self.trace.concrete(y.value) if isinstance(y, Array) else y
        self.arrays = {str(source): source for source in self.trace.captures}
        self.statics = {str(source): value for source, value in self.trace.statics.items()}

    def holds(self):
        return all(still_holds(source, value) for source, value in self.trace.statics.items())

    def read(self, name):
        return read_array(self.arrays[name])


def load(tmp_path, text, name="helper_module"):
    path = tmp_path / f"{name}.py"
    path.write_text(textwrap.dedent(text))
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def without_source(text, **names):
    exec(textwrap.dedent(text), names)
    return names["f"]
