"""What a call returns, as numba's type: found out by recording once with arrays of some size."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numba.core import errors, types
from numba.np import numpy_support

from ..codegen.entry.form import Built
from ..ir.types import ArrayType
from ..tracer.compile import output_types
from ..tracer.errors import AdjitError
from ..tracer.forms import result_of
from ..tracer.modes import Path
from ..tracer.signature import Arguments
from .arguments import SAMPLES, Leaf
from .sites import Parameters

PYTHON = {float: types.float64, int: types.int64, bool: types.boolean, complex: types.complex128}


def result_and_outputs(
    compiled: Any, parameters: Parameters
) -> tuple[Built, tuple[ArrayType, ...]]:
    """The result of a compiled function for such arguments, made of outputs of these types.

    The sizes in there are of no meaning. Calls that Python has made already tell; else the
    function is recorded with samples.
    """
    path, arguments = _called(compiled, parameters) or _recorded(compiled, parameters)
    outputs = output_types(path)
    return result_of(compiled, path, len(outputs), arguments, False), outputs


def _called(compiled: Any, parameters: Parameters) -> tuple[Path, Arguments] | None:
    leaves = parameters.leaves
    for (structures, keys), programs in compiled.dispatcher.programs.items():
        if len(keys) == len(leaves) and all(map(Leaf.matches, leaves, keys)):
            items = [
                np.ones(key[2], leaf.dtype) if leaf.kind == "array" else leaf.sample(1)
                for leaf, key in zip(leaves, keys, strict=True)
            ]
            args, kwargs = parameters.call(items)
            with contextlib.suppress(AdjitError):
                arguments = compiled.arguments(tuple(args), kwargs)
                if arguments.key[0] == structures:
                    return programs[-1].paths[-1], arguments
    return None


def _recorded(compiled: Any, parameters: Parameters) -> tuple[Path, Arguments]:
    problem: Exception | None = None
    for size in SAMPLES:
        args, kwargs = parameters.call([leaf.sample(size) for leaf in parameters.leaves])
        try:
            arguments = compiled.arguments(tuple(args), kwargs)
            return compiled.dispatcher.sample(arguments), arguments
        except Exception as found:  # the function's own, too, of sizes that it does not take
            problem = problem or found
    name = getattr(compiled.fun, "__qualname__", "the function")
    raise errors.TypingError(
        f"adjit cannot tell what {name} returns for such arguments: with arrays of size "
        f"{SAMPLES[0]} in each axis it raised {type(problem).__name__}: {problem}\n"
        "Call it once from Python with arguments of these types, before numba compiles this"
    )


def type_of(result: Built, outputs: Sequence[ArrayType]) -> types.Type:
    """numba's type of a result."""
    if result.kind == "output":
        output = outputs[result.item]
        dtype = numpy_support.from_dtype(output.dtype)
        if result.presented is None:
            return dtype
        if result.presented is np.ndarray:
            return types.Array(dtype, len(output.shape), "C")
        return PYTHON[result.presented]
    if result.kind == "object":
        if result.item is None:
            return types.none
        if type(result.item) in PYTHON:
            return PYTHON[type(result.item)]
        raise _refused(f"a {type(result.item).__name__}")
    below = [type_of(part, outputs) for part in result.parts]
    if result.kind == "tuple":
        return types.Tuple(below)
    if result.kind == "instance" and issubclass(result.item, tuple):
        return types.NamedTuple(below, result.item)
    raise _refused(f"a {result.kind if result.kind != 'instance' else result.item.__name__}")


def _refused(what: str) -> errors.TypingError:
    return errors.TypingError(
        f"adjit cannot return {what} inside numba: return numbers, arrays and tuples of these"
    )
