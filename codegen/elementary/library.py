"""Elementary functions as LLVM modules: a scalar function, and vector variants of it.

The scalar function names its variants in the attribute ``vector-function-abi-variant``
(https://llvm.org/docs/LangRef.html#call-site-attributes): the loop vectoriser replaces calls of
one by calls of the other, which are inlined afterwards (`assemble`). Vector code may therefore
branch, which a loop that is to be vectorised may not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import llvmlite.ir as ll

from .. import machine
from .definitions import DEFINITIONS, Rare, arity
from .lanes import F32, F64, Lanes, Number

FORMATS = {64: F64, 32: F32}

PREFIX = "elementary."
"""What the names of elementary functions in LLVM begin with."""

IN_LIBM = frozenset(
    {
        "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "asin",
        "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "pow", "cbrt",
        "hypot", "erf", "erfc", "lgamma",
    }
)  # fmt: skip
"""What libm has too, under the same name."""


def symbol(name: str, bits: int, lanes: int = 0) -> str:
    """The name of a function in LLVM: ``elementary.exp.f64``, ``elementary.exp.f64.v4``."""
    return f"{PREFIX}{name}.f{bits}" + (f".v{lanes}" if lanes else "")


def widths(bits: int) -> tuple[int, ...]:
    """How many lanes the vectoriser may ask for on the machine that code is made for.

    The vectors of a loop have as many lanes as a register has of its widest type; f32 may meet
    f64. On machines with registers of 512 bits LLVM prefers 256 for some loops.
    """
    features = machine.features()
    registers = [256, 512] if features.get("avx512f") else [256] if features.get("avx2") else [128]
    lanes = {register // 64 for register in registers}
    if bits == 32:
        lanes |= {2 * count for count in lanes}
    return tuple(sorted(lanes))


def declare(module: ll.Module, name: str, bits: int, lanes: int = 0) -> ll.Function:
    """The function in ``module``, with the names of its variants, or one of these."""
    full = symbol(name, bits, lanes)
    if full in module.globals:
        return module.globals[full]
    real = ll.DoubleType() if bits == 64 else ll.FloatType()
    type = ll.VectorType(real, lanes) if lanes else real
    function = ll.Function(module, ll.FunctionType(type, [type] * arity(name)), full)
    mark_pure(function)
    if lanes:
        return function
    # As _ZGV names of the vector function ABI: no mask, so many lanes, every argument a vector.
    marks = ",".join(
        f"_ZGV_LLVM_N{count}{'v' * arity(name)}_{full}({symbol(name, bits, count)})"
        for count in widths(bits)
    )
    # llvmlite knows no attributes with values: the set is filled past its check.
    set.add(function.attributes, f'"vector-function-abi-variant"="{marks}"')
    return function


def mark_pure(function: ll.Function) -> None:
    """Calls may be moved, merged and left out."""
    for attribute in ("readnone", "nounwind", "willreturn"):
        set.add(function.attributes, attribute)


def called(text: str) -> list[tuple[str, int, int]]:
    """The functions that LLVM's text refers to: names, bits, lanes."""
    found = dict.fromkeys(_NAME.findall(text))
    return [(name, int(bits), int(lanes or 0)) for name, bits, lanes in found]


_NAME = re.compile(rf'@"?{re.escape(PREFIX)}(\w+)\.f(\d+)(?:\.v(\d+))?"?\(')
KEEPER = "keep."


def variants(names: Sequence[tuple[str, int]]) -> ll.Module:
    """Declarations of the variants of functions, for the vectoriser to find.

    LLVM drops declarations that nothing refers to, so each has a function that returns it.
    """
    module = ll.Module("variants")
    for name, bits in names:
        for lanes in widths(bits):
            variant = declare(module, name, bits, lanes)
            type = ll.FunctionType(variant.type, [])
            keeper = ll.Function(module, type, KEEPER + variant.name)
            ll.IRBuilder(keeper.append_basic_block("entry")).ret(variant)
    return module


def define(name: str, bits: int, lanes: int = 0, libm: bool = False) -> ll.Module:
    """A module with the function or a variant; ``libm``: every lane by libm, if it can."""
    module = ll.Module(symbol(name, bits, lanes))
    function = declare(module, name, bits, lanes)
    function.attributes.add("alwaysinline" if lanes else "noinline")
    _body(function, name, bits, lanes, libm)
    return module


def _body(function: ll.Function, name: str, bits: int, lanes: int, libm: bool) -> None:
    b = ll.IRBuilder(function.append_basic_block("entry"))
    emitter = Lanes(b, FORMATS[bits], lanes)
    arguments = [Number(emitter, x) for x in function.args]
    found: Number | Rare
    if libm and name in IN_LIBM:
        everywhere = arguments[0].bits() == arguments[0].bits()
        found = Rare(arguments[0], everywhere, name)
    else:
        found = DEFINITIONS[name](*arguments)
    if isinstance(found, Rare):
        _branch(b, found, function, lanes)
    else:
        b.ret(found.value)


# --- rare lanes -----------------------------------------------------------------------------


def _branch(b: ll.IRBuilder, found: Rare, function: ll.Function, lanes: int) -> None:
    """Returns the result; calls libm first where the mask has a lane."""
    result, mask = found.result.value, found.mask.value
    rare, done = b.append_basic_block("rare"), b.append_basic_block("done")
    before = b.block
    b.cbranch(_any(b, mask, lanes), rare, done)
    b.position_at_end(rare)
    helper = _by_libm(function, found, lanes)
    replaced = b.call(helper, [*function.args, result, mask])
    b.branch(done)
    b.position_at_end(done)
    total = b.phi(result.type)
    total.add_incoming(result, before)
    total.add_incoming(replaced, rare)
    b.ret(total)


def _any(b: ll.IRBuilder, mask: ll.Value, lanes: int) -> ll.Value:
    if not lanes:
        return mask
    name = f"llvm.vector.reduce.or.v{lanes}i1"
    function = b.module.globals.get(name)
    if function is None:
        function = ll.Function(b.module, ll.FunctionType(ll.IntType(1), [mask.type]), name)
    return b.call(function, [mask])


def _by_libm(function: ll.Function, found: Rare, lanes: int) -> ll.Function:
    """A function of its own, so that the branch takes no room where it is inlined."""
    module, arguments = function.module, function.args
    bits = found.result.e.format.bits
    wide = found.result.value.type
    real = ll.DoubleType() if bits == 64 else ll.FloatType()
    name = function.name + ".rare"
    types = [*(x.type for x in arguments), wide, found.mask.value.type]
    helper = ll.Function(module, ll.FunctionType(wide, types), name)
    mark_pure(helper)
    for attribute in ("noinline", "cold"):
        helper.attributes.add(attribute)
    libm_name = found.function + ("" if bits == 64 else "f")
    libm = module.globals.get(libm_name)
    if libm is None:
        libm = ll.Function(module, ll.FunctionType(real, [real] * len(arguments)), libm_name)
        mark_pure(libm)
    b = ll.IRBuilder(helper.append_basic_block("entry"))
    *xs, result, mask = helper.args
    if not lanes:
        b.ret(b.call(libm, xs))
        return helper
    for lane in range(lanes):
        at = ll.Constant(ll.IntType(32), lane)
        before = b.block
        with b.if_then(b.extract_element(mask, at)):
            exact = b.call(libm, [b.extract_element(x, at) for x in xs])
            replaced = b.insert_element(result, exact, at)
            inside = b.block
        merged = b.phi(wide)
        merged.add_incoming(result, before)
        merged.add_incoming(replaced, inside)
        result = merged
    b.ret(result)
    return helper
