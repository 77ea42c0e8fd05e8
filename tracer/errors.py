"""Every error a recording can raise: one table of messages, one class per natural builtin.

A message names the user's line, the operation, the shapes or types, and the way out.
"""

from __future__ import annotations

import difflib
import os
import sys
import sysconfig
from collections.abc import Iterable

import numpy as np


class AdjitError(Exception):
    """A program that cannot be compiled as it stands."""


class AdjitTypeError(AdjitError, TypeError):
    """An argument or operand of a type or dtype that the operation does not take."""


class AdjitValueError(AdjitError, ValueError):
    """Shapes or values that do not fit; a value that left its recording."""


class AdjitAttributeError(AdjitError, AttributeError):
    """An attribute that NumPy's object has not either."""


class AdjitIndexError(AdjitError, IndexError):
    """An index outside its array, or too many indices."""


class AdjitAxisError(AdjitError, np.exceptions.AxisError):
    """An axis that the array does not have."""


class AdjitLinAlgError(AdjitError, np.linalg.LinAlgError):
    """A matrix that does not have what was asked for: an inverse, a Cholesky factor."""


class AdjitOverflowError(AdjitError, OverflowError):
    """A Python integer that the dtype of the array cannot hold."""


class AdjitRecursionError(AdjitError, RecursionError):
    """Calls or containers nested more deeply than Python's stack allows."""


class AdjitRuntimeError(AdjitError, RuntimeError):
    """What NumPy or SciPy refuses with an error of no other class."""


class AdjitZeroDivisionError(AdjitError, ZeroDivisionError):
    """A Python integer divided by zero."""


class AdjitNotImplementedError(AdjitError, NotImplementedError):
    """Something that NumPy can do and adjit cannot yet."""


MESSAGES: dict[str, str] = {
    # what may be differentiated, and what a function may return
    "integer_input": (
        "argument {name} has dtype {dtype}: derivatives need a floating-point argument;"
        " pass float64, or leave {name} out of argnums"
    ),
    "integer_tangent": (
        "argument {name} has dtype {dtype}, by which there is no derivative: its tangent must be"
        " None or zero; pass float64 to differentiate by it"
    ),
    "non_scalar": (
        "the function returned {what}: a gradient needs a real scalar result;"
        " reduce it (np.sum, np.mean), or use vjp or jvp, the products with its Jacobian"
        " (of a holomorphic function: grad(fun, holomorphic=True))"
    ),
    "not_holomorphic": (
        "the function returned {what}: a derivative with holomorphic=True needs a complex scalar"
    ),
    "holomorphic_input": (
        "argument {name} is not complex: a derivative with holomorphic=True is by complex numbers"
    ),
    "no_rule": "{name} is a {kind} without a rule: give it one by {name}.{method}(...)",
    "rule_result": "the rule of {name} must return {wanted}",
    "rule_count": "{rules} rules for {arguments} arguments: give one for each, or None",
    "no_rule_for": (
        "{name} has no rule for its argument {argument}, by which a derivative is wanted: give"
        " one, or None where it is zero"
    ),
    "rule_shape": (
        "the rule of {name} returned a {what} of shape {got} for {of}, whose shape is {wanted}"
    ),
    "rule_captures": (
        "the rule of {name} takes a recorded value from outside, by which the derivative would be"
        " lost: pass it as an argument of {name}"
    ),
    "jacobian": "a Jacobian needs real floating-point arguments and results, not {dtype}",
    "has_aux": "has_aux=True needs a function that returns (value, aux), not a {type}",
    "argnums": "argnums {argnum} is no parameter: the parameters are {parameters}",
    "argnums_type": "argnums is {argnum!r}: give a position, a parameter name, or a tuple of these",
    "call": "{name}(): {text}",
    "nothing": "{name} has no floating-point argument: there is no derivative to check",
    "result": (
        "the function returned a {type}, which later calls could not make anew: a result is made"
        " of arrays, numbers and constants in tuples, lists, dicts, named tuples and dataclasses"
    ),
    "not_callable": "a function is needed, not a {type}",
    "out": "out= was given {got} where it needs {wanted}",
    "threads": "threads must be an int from 1 to {limit}, or None; it is {threads!r}",
    "structure": "{got} given as {what}, which needs {wanted}",
    "tangent_shape": "a {what} of shape {got} was given where the shape is {wanted}",
    # recordings that never settle
    "paths": (
        "{where}: more than {limit} paths were recorded: a condition takes another outcome at"
        " almost every call; use np.where, or keep the value an array instead of a Python number"
    ),
    "too_long": (
        "the recording has grown past {limit} operations: a Python loop is unrolled as it is"
        " recorded; use array operations in place of its innermost part"
    ),
    "checkpoint": (
        "the loop at {where} ends by a condition, so it cannot be checkpointed: its number of"
        " steps must be known before it starts"
    ),
    "unrolled_too_long": (
        "the loop at {where} is unrolled{why} and would grow past {limit} operations: use array"
        " operations in place of it, or write it so that it can be recorded once"
    ),
    "unstable": (
        "{name} does not do the same at every recording: what it captures or does changes while"
        " it runs; pass what changes as an argument"
    ),
    "recursion": (
        "{name} calls itself, or nests a container, more deeply than Python's stack allows while"
        " it is recorded: write a loop, or raise sys.setrecursionlimit"
    ),
    # arrays that record by themselves (`imperative`)
    "autograd_mixed": (
        "arrays marked by attach_grad() and by requires_grad_() meet: their gradients follow other"
        " rules (overwritten or added up, zero or None at first); mark all in one way"
    ),
    "autograd_inside": (
        "a Function uses an array that its forward computed, and that is neither one of its inputs"
        " nor of its results, where it is differentiated: return it as a further result, compute"
        " it again in backward, or detach() it if it is a constant"
    ),
    "autograd_write": (
        "an array that is marked is written to while it is recorded from, so its gradient would"
        " not be that of what it was: write inside {scope}, or to a copy"
    ),
    "autograd_freed": (
        "a second backward through what is forgotten after the first: pass retain_graph=True to"
        " the first, or compute again"
    ),
    "autograd_constant": (
        "the array was not recorded from any marked array: mark by attach_grad() and compute inside"
        " record(), or mark by requires_grad_() and compute outside no_grad()"
    ),
    "autograd_scalar": (
        "backward of an array of shape {shape} needs gradient=, of that shape: only for a scalar"
        " is it one (arrays marked by attach_grad() take the gradient of the sum)"
    ),
    "autograd_unused": (
        "the heads do not depend on variable {number}: pass allow_unused=True for None instead"
    ),
    "autograd_unmarked_variable": (
        "variable {number} was neither marked nor recorded, so there is no gradient by it: mark it"
        " by attach_grad() or requires_grad_() before it is used"
    ),
    "autograd_integers": (
        "an array of dtype {dtype} cannot be marked: derivatives are by floating-point numbers;"
        " use astype(np.float64)"
    ),
    "autograd_complex": (
        "backward of a complex number needs gradient=, a cotangent of it: take its real part, or"
        " its absolute value"
    ),
    "autograd_unmarked": "only a marked array has a gradient: attach_grad() or requires_grad_()",
    "autograd_static": "a {type} cannot be an argument of a recorded function: it has no hash",
    "autograd_captured": (
        "an adjit.Array from outside is used in a function while it is compiled, which would go on"
        " with what the array holds now: pass it to the function as an argument"
    ),
    "autograd_cut": (
        "a function that is not recorded wants the value of a recorded array, which would cut its"
        " derivative: call it by adjit.jit(fun)(x), its like in adjit.numpy if it makes arrays, or"
        " with x.detach() where the cut is meant"
    ),
    "autograd_changed": (
        "{op} was recorded as {wanted} and gave {got}: its type depends on values in a way that was"
        " not seen"
    ),
    "autograd_nan": "a NaN was born in the {what} of {label}, recorded at {line}",
    "autograd_both": "{one} and {other} are two names of one argument: give one of them",
    # what cannot be recorded
    "hash": (
        "hash() of a recorded {dtype}, as for a dictionary key, a set or a cache: the number is"
        " not known when it is compiled; compare with ==, or pass the key as an int or str"
    ),
    "attribute": "{owner!r} object has no attribute {name!r}",
    "in_place_shape": "{text}",
    "unsupported": "{name} is not supported{hint}",
    "no_derivative": "{text}",
    "escape": (
        "{operation} on a recorded array of shape {shape} and dtype {dtype} whose recording is"
        " over or which NumPy wants as plain numbers: {hint}"
    ),
    "no_number": (
        "a number of a loop is wanted while the loop is recorded, once for all its iterations:"
        " it is known only when native code runs"
    ),
    "ahead": (
        "a size or another number that follows from the data is wanted while a library is compiled:"
        " it is known only when the library is called (declare an argument that is a size as one)"
    ),
    "cut": (
        "float() of a recorded {dtype} would cut its derivative, since a Python float cannot carry"
        " one: use the array itself, or np functions instead of math ones"
        " (stop_gradient(x) where the cut is meant)"
    ),
    "sparse_nested": (
        "a sparse Jacobian inside of a recorded function: call it outside, or leave sparse=True"
        " out here"
    ),
    "sparse_complex": (
        "sparse Jacobians have real arguments and results, not {dtype}: leave sparse=True out, or"
        " differentiate real and imaginary part"
    ),
    "complex_jacobian": (
        "{what} of complex {side}: take {other}, or differentiate real and imaginary part"
    ),
    "complex_seed": "the {what} of a result or argument of dtype {dtype} cannot be complex",
    "attribute_set": "attribute {name!r} of '{owner}' objects is not writable",
    "complex_number": (
        "Python needs the value of a recorded complex number here, on which the recording would"
        " depend: use its real and imaginary part"
    ),
    "alias": (
        "write into {name}: what was made at {where} is a view or a copy in NumPy depending on the"
        " memory order of the argument, so this write may or may not show in the other array;"
        " use .copy() there, or write before it"
    ),
    "shared": (
        "the function writes into {name}, which shares memory with {other}:"
        " the write would not be seen there; pass a copy of one"
    ),
    "stale": (
        "this array was updated at {where} in a loop that assigns the same name to other arrays:"
        " what it holds now depends on the number of iterations; copy it before the loop"
    ),
    "nested_write": (
        "write into an array of shape {shape} that belongs to the enclosing function:"
        " a function that is differentiated inside another may only write into arrays of its"
        " own; copy the array first"
    ),
    "random": "{name} cannot be recorded: {hint}",
    "mutated_container": "{name} was changed while it was recorded: {hint}",
    # the texts of NumPy itself
    "broadcast": "{operation}: operands could not be broadcast together with shapes {shapes}",
    "assign": "could not broadcast input array from shape {source} into shape {target}",
    "size_mismatch": "cannot reshape array of size {size} into shape {shape}",
    "axis": "axis {axis} is out of bounds for array of dimension {ndim}",
    "index": "{text}",
    "value": "{text}",
    "type": "{text}",
    "linalg": "{text}",
    "overflow": "{text}",
    "zero_division": "{text}",
    "runtime": "{text}",
    # dtypes and operands
    "dtype": (
        "{operation} gives or takes dtype {dtype}: supported are float64, float32, complex128,"
        " complex64, the integers up to 64 bits and bool; convert with .astype(np.float64)"
    ),
    "not_array": "{operation}: {type} is not an array or a number",
    "rule": "{operation}: {text}",
}
"""Template of every error code; ``error`` fills it in. ``hint`` may be left out."""

_CLASSES: dict[str, type[AdjitError]] = {
    "integer_input": AdjitTypeError,
    "integer_tangent": AdjitTypeError,
    "non_scalar": AdjitTypeError,
    "not_holomorphic": AdjitTypeError,
    "holomorphic_input": AdjitTypeError,
    "has_aux": AdjitTypeError,
    "argnums": AdjitValueError,
    "argnums_type": AdjitTypeError,
    "call": AdjitTypeError,
    "nothing": AdjitTypeError,
    "result": AdjitTypeError,
    "recursion": AdjitRecursionError,
    "autograd_mixed": AdjitRuntimeError,
    "autograd_write": AdjitRuntimeError,
    "autograd_freed": AdjitRuntimeError,
    "autograd_constant": AdjitRuntimeError,
    "autograd_scalar": AdjitRuntimeError,
    "autograd_unused": AdjitRuntimeError,
    "autograd_unmarked_variable": AdjitRuntimeError,
    "autograd_integers": AdjitTypeError,
    "autograd_complex": AdjitRuntimeError,
    "autograd_inside": AdjitRuntimeError,
    "autograd_both": AdjitTypeError,
    "autograd_unmarked": AdjitRuntimeError,
    "autograd_static": AdjitTypeError,
    "autograd_captured": AdjitTypeError,
    "autograd_cut": AdjitTypeError,
    "autograd_changed": AdjitTypeError,
    "autograd_nan": AdjitRuntimeError,
    "hash": AdjitTypeError,
    "no_rule": AdjitTypeError,
    "rule_result": AdjitTypeError,
    "rule_count": AdjitTypeError,
    "no_rule_for": AdjitTypeError,
    "rule_shape": AdjitValueError,
    "rule_captures": AdjitTypeError,
    "jacobian": AdjitTypeError,
    "attribute": AdjitAttributeError,
    "in_place_shape": AdjitAttributeError,
    "not_callable": AdjitTypeError,
    "out": AdjitValueError,
    "threads": AdjitValueError,
    "structure": AdjitTypeError,
    "tangent_shape": AdjitValueError,
    "paths": AdjitValueError,
    "too_long": AdjitValueError,
    "checkpoint": AdjitNotImplementedError,
    "unrolled_too_long": AdjitValueError,
    "unstable": AdjitValueError,
    "unsupported": AdjitNotImplementedError,
    "no_derivative": AdjitNotImplementedError,
    "escape": AdjitTypeError,
    "no_number": AdjitTypeError,
    "ahead": AdjitTypeError,
    "cut": AdjitTypeError,
    "sparse_nested": AdjitNotImplementedError,
    "sparse_complex": AdjitTypeError,
    "complex_jacobian": AdjitTypeError,
    "complex_seed": AdjitTypeError,
    "attribute_set": AdjitAttributeError,
    "complex_number": AdjitTypeError,
    "alias": AdjitValueError,
    "shared": AdjitValueError,
    "stale": AdjitValueError,
    "nested_write": AdjitValueError,
    "random": AdjitNotImplementedError,
    "mutated_container": AdjitValueError,
    "broadcast": AdjitValueError,
    "assign": AdjitValueError,
    "size_mismatch": AdjitValueError,
    "axis": AdjitAxisError,
    "index": AdjitIndexError,
    "value": AdjitValueError,
    "type": AdjitTypeError,
    "linalg": AdjitLinAlgError,
    "overflow": AdjitOverflowError,
    "zero_division": AdjitZeroDivisionError,
    "runtime": AdjitRuntimeError,
    "dtype": AdjitTypeError,
    "not_array": AdjitTypeError,
    "rule": AdjitTypeError,
}


REFUSALS = frozenset(
    {
        "unsupported",
        "escape",
        "cut",
        "complex_number",
        "alias",
        "stale",
        "nested_write",
        "random",
        "hash",
        "dtype",
    }
)
"""Codes of what NumPy would have done: a function that catches these has not been recorded."""


def error(code: str, **fields: object) -> AdjitError:
    """The error of a code, its message prefixed with the user's line."""
    from .current import current_trace

    fields.setdefault("hint", "")
    found = _CLASSES[code](f"{user_line()}: {MESSAGES[code].format(**fields)}")
    trace = current_trace()
    if trace is not None and code in REFUSALS and trace.refused is None:
        trace.refused = found
    return found


def located(code: str, text: str) -> AdjitError:
    """The error of a code whose text names the user's line already."""
    return _CLASSES[code](text)


def unsupported(name: str, supported: Iterable[str] = (), hint: str = "") -> AdjitError:
    """The error for what has no recording version; names the nearest that has."""
    others = [known for known in supported if known != name]
    nearest = difflib.get_close_matches(name, others, n=1)
    if nearest and not hint:
        hint = f"did you mean {nearest[0]}?"
    return error("unsupported", name=name, hint=f"; {hint}" if hint else "")


_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_NUMPY = os.path.dirname(os.path.abspath(np.__file__)) + os.sep
_USER_FOLDERS = tuple(_ROOT + name + os.sep for name in ("tests", "examples", "benchmarks"))


_STDLIB = sysconfig.get_path("stdlib") + os.sep
_LIBRARIES = tuple(
    os.path.join(os.path.dirname(os.path.dirname(_NUMPY)), name) + os.sep
    for name in ("numpy", "scipy", "numba")
)


def is_ours(filename: str) -> bool:
    """Whether a file is adjit's or of a library that calls back, so not the user's."""
    if filename.startswith(_LIBRARIES):
        return True
    if filename.startswith(_STDLIB) and "site-packages" not in filename:
        return True
    return filename.startswith(_ROOT) and not filename.startswith(_USER_FOLDERS)


def line_of(problem: BaseException) -> str:
    """``file.py:12`` of the innermost frame outside adjit, NumPy and the standard library that
    an error was raised below."""
    found = user_line()
    traceback = problem.__traceback__
    while traceback is not None:
        name = traceback.tb_frame.f_code.co_filename
        if not is_ours(name):
            found = f"{os.path.basename(name)}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return found


def user_line() -> str:
    """``file.py:12`` of the innermost frame outside adjit, NumPy and the standard library."""
    frame = sys._getframe(1)
    while frame.f_back is not None and is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    return f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}"
