"""numba's type of a compiled function, its attributes ``value`` and ``grad``, and its calls."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from numba.core import errors, types
from numba.core.datamodel import models, register_default
from numba.core.imputils import lower_builtin, lower_constant, lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate, Signature, fold_arguments, infer_getattr
from numba.core.typing.templates import signature as make_signature
from numba.extending import NativeValue, box, typeof_impl, unbox

from ..codegen.entry.form import Built
from ..ir.types import ArrayType
from ..tracer.errors import AdjitError
from ..tracer.jacobians import Jacobian
from ..tracer.transforms import Compiled, Gradient, GradientAlone
from .arguments import Part, part
from .lowering import Call, lower_call
from .results import result_and_outputs, type_of
from .sites import Parameters, Site

OUT = "out"


class CompiledType(types.Callable):
    """The type of one compiled function, which has no other values."""

    def __init__(self, function: Compiled | GradientAlone) -> None:
        self.function = function
        self.compiled = function.both if isinstance(function, GradientAlone) else function
        self._calls: dict[Any, tuple[Call, Signature]] = {}
        name = getattr(function, "__qualname__", "function")
        super().__init__(f"adjit.{type(function).__name__}({name} at {id(function):#x})")

    @property
    def key(self) -> int:
        return id(self.function)

    def get_call_type(self, context: Any, args: Any, kws: Any) -> Signature:
        signature = self._signature()
        if signature is None:
            if kws:
                raise errors.TypingError(f"{self.name} takes no keywords inside numba")
            folded = tuple(args)
        else:
            folded = fold_arguments(signature, tuple(args), dict(kws), _given, _omitted, _many)
        key = tuple(map(_general, folded))
        if key not in self._calls:
            call = self._call(signature, key)
            lower_builtin(call, types.VarArg(types.Any))(_lowering(call))
            self._calls[key] = call, make_signature(call.type, *key).replace(pysig=signature)
        return self._calls[key][1]

    def get_call_signatures(self) -> tuple[list[Signature], bool]:
        return [signature for _, signature in self._calls.values()], True

    def get_impl_key(self, sig: Signature) -> Call:
        return self._calls[tuple(sig.args)][0]

    def _signature(self) -> inspect.Signature | None:
        """The parameters, none for keywords only, which numba cannot bind; ``out`` is last."""
        signature = self.compiled.dispatcher.signature.signature
        if signature is None:
            return None
        either = inspect.Parameter.POSITIONAL_OR_KEYWORD
        found = [
            parameter
            if parameter.kind is parameter.VAR_POSITIONAL
            else parameter.replace(kind=either, annotation=inspect.Parameter.empty)
            for parameter in signature.parameters.values()
        ]
        if any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values()):
            raise errors.TypingError(f"{self.name} takes any keywords, which numba does not")
        if self._takes_out:
            found.append(inspect.Parameter(OUT, either, default=None))
        try:
            return signature.replace(parameters=found, return_annotation=signature.empty)
        except ValueError as problem:
            raise errors.TypingError(f"{self.name} inside numba: {problem}") from None

    @property
    def _takes_out(self) -> bool:
        signature = self.compiled.dispatcher.signature.signature
        if signature is None or not isinstance(self.compiled, Gradient):
            return False
        several = any(p.kind is p.VAR_POSITIONAL for p in signature.parameters.values())
        return not several and OUT not in signature.parameters

    def _call(self, signature: inspect.Signature | None, args: tuple[types.Type, ...]) -> Call:
        """What a call with arguments of these types is."""
        own = self.compiled.dispatcher.signature.signature
        out: Part | None = None
        if self._takes_out:
            if not isinstance(args[-1], types.Omitted | types.NoneType):
                out = part(args[-1], OUT)
            args = args[:-1]
        names = [f"args[{n}]" for n in range(len(args))]
        kinds: list[Any] = [inspect.Parameter.POSITIONAL_ONLY] * len(args)
        if own is not None:
            names = list(own.parameters)
            kinds = [parameter.kind for parameter in own.parameters.values()]
        parts = tuple(map(part, args, names))
        parameters = Parameters(parts, tuple(kinds), tuple(names))
        try:
            built, outputs = result_and_outputs(self.compiled, parameters)
        except AdjitError as problem:
            raise errors.TypingError(str(problem)) from problem
        site = Site(self.compiled, parameters, built, outputs)
        gradient = None if self.compiled.mode == "value" else built.parts[1]
        if isinstance(self.function, GradientAlone):
            assert gradient is not None
            aux = built.parts[0].parts[1:] if self.compiled.has_aux else ()
            built = Built("tuple", parts=(gradient, *aux)) if aux else gradient
        targets = {}
        if out is not None:
            assert gradient is not None
            targets = _targets(gradient, out, outputs)
        return Call(site, built, type_of(built, outputs), targets, tuple(outputs))


def _targets(gradient: Built, out: Part, outputs: Sequence[ArrayType]) -> dict[int, Any]:
    """The type of the array in ``out`` for each output that is a gradient."""
    numbers: list[int] = []

    def below(built: Built) -> None:
        if built.kind == "output":
            numbers.append(built.item)
        for each in built.parts:
            below(each)

    below(gradient)
    found = {}
    if len(numbers) != len(out.leaves):
        raise errors.TypingError("out must have the structure of the gradient")
    for number, leaf in zip(numbers, out.leaves, strict=True):
        wanted = outputs[number]
        rank = len(wanted.shape)
        fits = leaf.kind == "array" and leaf.dtype == wanted.dtype and leaf.type.ndim == rank
        if not fits or not leaf.type.mutable or leaf.type.layout != "C":
            raise errors.TypingError(
                f"out must be a contiguous, writeable array of dtype {wanted.dtype} with {rank} "
                f"axes, not {leaf.type}"
            )
        found[number] = leaf.type
    return found


def _lowering(call: Call) -> Any:
    def lower(context: Any, builder: Any, sig: Signature, args: Any) -> Any:
        return lower_call(call, context, builder, sig, args)

    return lower


def _given(index: int, parameter: inspect.Parameter, type: types.Type) -> types.Type:
    return type


def _omitted(index: int, parameter: inspect.Parameter, default: Any) -> types.Type:
    return types.Omitted(default)


def _many(index: int, parameter: inspect.Parameter, found: Any) -> types.Type:
    return types.StarArgTuple(found)


def _general(type: types.Type) -> types.Type:
    """The type without a number's value, so that calls share what is compiled."""
    return type if isinstance(type, types.StringLiteral) else types.unliteral(type)


# --- registration ---------------------------------------------------------------------------------


def register() -> None:
    """Tells numba of all of this, once."""
    if Compiled not in typeof_impl.registry:
        register_default(CompiledType)(models.OpaqueModel)
        typeof_impl.register(Compiled)(_typeof)
        typeof_impl.register(GradientAlone)(_typeof)
        typeof_impl.register(Jacobian)(lambda jacobian, c: _typeof(jacobian.compiled, c))
        infer_getattr(_Attributes)
        lower_getattr_generic(CompiledType)(_attribute)
        lower_constant(CompiledType)(_constant)
        unbox(CompiledType)(_unbox)
        box(CompiledType)(_box)


def _typeof(function: Any, c: Any) -> CompiledType:
    known = vars(function).get("_numba_type")
    if known is None or known.function is not function:
        known = CompiledType(function)
        vars(function)["_numba_type"] = known
    return known


class _Attributes(AttributeTemplate):
    key = CompiledType

    def generic_resolve(self, type: Any, name: str) -> Any:  # type: ignore[override]
        if name in ("value", "grad") and isinstance(type.function, Gradient):
            return _typeof(getattr(type.function, name), None)
        return None


def _attribute(context: Any, builder: Any, type: Any, value: Any, name: str) -> Any:
    return context.get_dummy_value()


def _constant(context: Any, builder: Any, type: Any, item: Any) -> Any:
    return context.get_dummy_value()


def _unbox(type: Any, item: Any, c: Any) -> NativeValue:
    return NativeValue(c.context.get_dummy_value())


def _box(type: CompiledType, value: Any, c: Any) -> Any:
    address = c.context.add_dynamic_addr(c.builder, id(type.function), info="a compiled function")
    item = c.builder.bitcast(address, c.pyapi.pyobj)
    c.pyapi.incref(item)
    return item
