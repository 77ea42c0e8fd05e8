"""The text form of Graphs: ``print_graph`` and its inverse ``parse_graph``.

Compiled code is kept on disk under the text, so everything that it follows from is in there.

::

    graph(%0 x: f64[3], %1 n: f64[]) {
      %2 = mul(%0, %0) : f64[3]
      %3 = sum(%2; axes=(0,)) : f64[]
      guard %4 == True "line" "reason"
      return %3
    }

A guard stands behind the last value that was computed before it. Regions of an op follow it
as nested graphs.
"""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from . import ops  # noqa: F401  (fills the op table)
from .errors import IRError
from .graph import Block, Graph, Guard, Literal, Value
from .op import OPS
from .types import DTYPE_NAMES, NAME_OF_DTYPE, Affine, ArrayType, Symbol, part_dtype, symbol


def print_graph(graph: Graph) -> str:
    names: dict[Value, str] = {}
    return "\n".join(_print(graph, names, "")) + "\n"


def _print(graph: Graph, names: dict[Value, str], indent: str) -> Iterator[str]:
    def name(value: Value) -> str:
        return names.setdefault(value, f"%{len(names)}")

    inputs = ", ".join(f"{name(v)} {v.attr('name')}: {v.type}" for v in graph.inputs)
    yield f"{indent}graph({inputs}) {{"
    pending = list(graph.guards)
    yield from _print_guards(pending, names, indent)
    for value in graph.values:
        args = ", ".join(names[arg] for arg in value.args)
        attrs = ", ".join(f"{key}={_print_attr(item)}" for key, item in value.attrs)
        both = "; ".join(part for part in (args, attrs) if part)
        line = f"{indent}  {name(value)} = {value.op.name}({both}) : {value.type}"
        if not value.regions:
            yield line
        for position, nested in enumerate(value.regions):
            first, *rest = _print(nested, names, indent + "  ")
            yield f"{line} {first.strip()}" if position == 0 else first
            yield from rest
        yield from _print_guards(pending, names, indent)
    yield f"{indent}  return {', '.join(names[v] for v in graph.outputs)}"
    yield f"{indent}}}"


def _print_guards(pending: list[Guard], names: dict[Value, str], indent: str) -> Iterator[str]:
    while pending and pending[0].value in names:
        guard = pending.pop(0)
        yield (
            f"{indent}  guard {names[guard.value]} == {_print_numbers(guard.expected)}"
            f" {json.dumps(guard.where)} {json.dumps(guard.reason)}"
        )


def _print_attr(item: Any) -> str:
    if isinstance(item, Literal):
        if not item.array.size:  # a list of nothing does not tell the shape
            return f"{NAME_OF_DTYPE[item.array.dtype]}:empty{item.array.shape!r}"
        numbers = item.array
        if numbers.dtype.kind == "c":  # its parts, so that signs of zeros are told
            numbers = np.stack([numbers.real, numbers.imag], -1)
        return f"{NAME_OF_DTYPE[item.array.dtype]}:{_print_numbers(numbers.tolist())}"
    if isinstance(item, np.dtype):
        return NAME_OF_DTYPE[item]
    if isinstance(item, tuple):
        inner = ", ".join(map(_print_attr, item))
        return f"({inner},)" if len(item) == 1 else f"({inner})"
    if isinstance(item, Symbol):
        high = None if item.high is None else str(item.high)
        return f"symbol({item.name}, {item.low}, {high})"
    return str(item) if isinstance(item, Affine) else repr(item)


def _print_numbers(item: Any) -> str:
    """As Python writes them, but with the sign of NaN, on which `copysign` depends."""
    if isinstance(item, list):
        return f"[{', '.join(map(_print_numbers, item))}]"
    return "-nan" if item != item and math.copysign(1.0, item) < 0.0 else repr(item)


# --- parsing --------------------------------------------------------------------------------

_HEADER = re.compile(r"graph\((.*)\) \{$")
_INPUT = re.compile(r"(%\d+) (.*?): (\w+\[[^\]]*\])(?:, (?=%)|$)")
_VALUE = re.compile(r"(%\d+) = (\w+)\((.*)\) : (\w+\[[^\]]*\]|\(.*?\))( graph\(.*\) \{)?$")
_GUARD = re.compile(r'guard (%\d+) == (\S+) ("(?:[^"\\]|\\.)*") ("(?:[^"\\]|\\.)*")$')


def parse_graph(text: str) -> Graph:
    """The Graph that a text describes; raises IRError naming the line that is wrong."""
    lines = [line.strip() for line in text.splitlines()]
    return _Parser([line for line in lines if line and not line.startswith("#")]).graph()


class _Parser:
    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.names: dict[str, Value] = {}
        self.symbols: dict[str, Affine] = {}

    def graph(self, header: str | None = None) -> Graph:
        block = Block()
        guards: list[Guard] = []
        match = _HEADER.match(header or (self.lines.pop(0) if self.lines else ""))
        if match is None:
            raise IRError("a graph starts with `graph(inputs) {`")
        rest = match[1]
        while rest:
            found = _INPUT.match(rest)
            if found is None:
                raise IRError(f"not an input `%0 name: type`: {rest}")
            name, label, type = found.groups()
            self.names[name] = block.input(label, _parse_type(type, self.symbols))
            rest = rest[found.end() :]
        while self.lines:
            line = self.lines.pop(0)
            if line.startswith("return"):
                outputs = [self.value(name, line) for name in re.findall(r"%\d+", line)]
                if not self.lines or self.lines.pop(0) != "}":
                    raise IRError(f"`}}` is missing after: {line}")
                return block.graph(outputs, guards)
            if guard := _GUARD.match(line):
                expected = _from_ast(ast.parse(guard[2], mode="eval").body, {})
                where, reason = json.loads(guard[3]), json.loads(guard[4])
                guards.append(Guard(self.value(guard[1], line), expected, where, reason))
            else:
                self.statement(block, line)
        raise IRError("the graph has no return")

    def statement(self, block: Block, line: str) -> None:
        match = _VALUE.match(line)
        if match is None or match[2] not in OPS:
            raise IRError(f"not an op application: {line}")
        name, op, inside, type, header = match.groups()
        args_text, _, attrs_text = inside.partition("; ")
        if args_text and not args_text.startswith("%"):
            args_text, attrs_text = "", inside
        args = [self.value(arg, line) for arg in args_text.split(", ") if arg]
        attrs = tuple(sorted(_parse_attrs(attrs_text, line, self.symbols).items()))
        regions = []
        if header:
            regions.append(self.graph(header.strip()))
            while self.lines and self.lines[0].startswith("graph("):
                regions.append(self.graph())
        try:
            value = block.add(OPS[op], args, attrs, tuple(regions))
        except TypeError as error:  # from the type rule, or its call with these attributes
            raise IRError(f"{error}: {line}") from error
        same = str(value.type) == type
        if not same and (type[0] == "(" or value.type != _parse_type(type, self.symbols)):
            raise IRError(f"the type rule of {op} gives {value.type}: {line}")
        self.names[name] = value

    def value(self, name: str, line: str) -> Value:
        if name not in self.names:
            raise IRError(f"{name} is not defined before: {line}")
        return self.names[name]


def _parse_type(text: str, symbols: dict[str, Affine]) -> ArrayType:
    dtype, _, dims = text[:-1].partition("[")
    if dtype not in DTYPE_NAMES:
        raise IRError(f"no dtype is named {dtype!r}: {text}")
    shape = _from_ast(ast.parse(f"({dims},)" if dims else "()", mode="eval").body, symbols)
    return ArrayType(DTYPE_NAMES[dtype], shape)


def _parse_attrs(text: str, line: str, symbols: dict[str, Affine]) -> dict[str, Any]:
    if not text:
        return {}
    marked = re.sub(r"=(\w+):(\[|\w|-)", r"=\1@\2", text)
    try:
        call = ast.parse(f"f({marked})", mode="eval").body
    except SyntaxError:
        call = None
    if not isinstance(call, ast.Call) or call.args:
        raise IRError(f"not attributes `name=value`: {line}")
    return {str(keyword.arg): _from_ast(keyword.value, symbols) for keyword in call.keywords}


def _from_ast(node: ast.expr, symbols: dict[str, Affine]) -> Any:
    if isinstance(node, ast.Tuple | ast.List):
        items = [_from_ast(item, symbols) for item in node.elts]
        return tuple(items) if isinstance(node, ast.Tuple) else items
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        numbers = {"nan": np.nan, "inf": np.inf}
        known = numbers.get(node.id) or DTYPE_NAMES.get(node.id)
        return known or symbols.get(node.id, symbol(node.id))
    if isinstance(node, ast.UnaryOp):
        return -_from_ast(node.operand, symbols)
    if isinstance(node, ast.Call):
        return _from_call(node, symbols)
    if not isinstance(node, ast.BinOp):
        raise IRError(f"not a number, name, tuple or dimension: {ast.unparse(node)}")
    left, right = _from_ast(node.left, symbols), _from_ast(node.right, symbols)
    if isinstance(node.op, ast.MatMult):
        return _literal(right, left)
    return left + right if isinstance(node.op, ast.Add) else left * right


def _literal(numbers: Any, dtype: np.dtype) -> Literal:
    if dtype.kind == "c" and not isinstance(numbers, np.ndarray):
        pairs = np.array(numbers, part_dtype(dtype))
        return Literal(pairs.view(dtype)[..., 0])
    return Literal(np.array(numbers, dtype))


def _from_call(node: ast.Call, symbols: dict[str, Affine]) -> Any:
    """``empty(3, 0)``, an array without elements, or ``symbol(i, 0, n + -1)``, which names one."""
    if not isinstance(node.func, ast.Name) or node.func.id != "symbol":
        return np.empty(tuple(_from_ast(dim, symbols) for dim in node.args))
    name, low, high = node.args
    assert isinstance(name, ast.Name)
    found = Symbol(name.id, _from_ast(low, symbols), _from_ast(high, symbols))
    symbols[name.id] = found.dim
    return found
