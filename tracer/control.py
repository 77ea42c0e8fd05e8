"""Hands loops, ifs and conditional expressions of a function to its Hooks.

This is the second pass over a definition, after calls and loads went through the hooks. A
``for`` becomes a ``while`` that asks a ``staging.For`` for each round, so a recording may run the
body once for all rounds; an ``if`` becomes a ``while`` so that both arms may be run. Jumps are
flags by then (see ``jumps``). With nothing recorded all of it means what Python means.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from .jumps import RETURNED, Jumps, blocks_of, jumps_out, lower
from .scopes import (
    HOOKS,
    PLAIN_CALLS,
    bindings,
    can_move,
    closures,
    evaluated,
    exposed,
    is_generator,
    mangled,
    parameters,
    reads,
)
from .source import Definition

_MAX_BLOCKS = 18
"""Python refuses more than 20 nested loops, ``with`` and ``try`` blocks; an if is none of them
until it is staged."""

_FRAME_VIEWS = PLAIN_CALLS - {"super", "globals", "__import__"}


def stage(node: Definition, class_name: str | None) -> None:
    """Stages a definition in place; what the scope around it evaluates stays as it is."""
    _Stager(class_name).definition(node)


@dataclass
class _Function:
    """The function whose statements are being staged.

    ``reads``: how often a name is read outside of inner functions. ``mentioned``: names that
    inner functions may read at any time. ``rebound``: local names that they may rebind.
    ``outer``: names declared global or nonlocal. ``watched``: whether the function looks at all
    of its variables. ``count`` numbers the statements; ``blocks`` and ``loops`` say how many of
    these stand around the current one.
    """

    jumps: Jumps
    reads: Counter[str]
    mentioned: set[str]
    rebound: set[str]
    outer: set[str]
    watched: bool
    count: int = 0
    blocks: int = 0
    loops: int = 0


class _Stager(ast.NodeTransformer):
    """``kind``: generators and coroutines are left alone; class bodies, but for comprehensions."""

    def __init__(self, class_name: str | None) -> None:
        self.class_name = class_name
        self.kind: Literal["function", "class", "alone"] = "function"
        self.functions: list[_Function] = []

    @property
    def function(self) -> _Function:
        return self.functions[-1]

    # --- scopes -------------------------------------------------------------------------------

    def definition(self, node: Any) -> None:
        """Stages what a definition evaluates in its own scope."""
        outside = self.kind, self.class_name
        if isinstance(node, ast.ClassDef):
            self.kind, self.class_name = "class", node.name
        elif isinstance(node, ast.AsyncFunctionDef) or is_generator(node):
            self.kind = "alone"
        else:
            self.kind = "function"
        if isinstance(node, ast.Lambda):
            node.body = self.visit(node.body)
        elif self.kind == "function":
            self.functions.append(_prepare(node))
            node.body = self._block(node.body)
            self.functions.pop()
        else:
            node.body = self._block(node.body)
        self.kind, self.class_name = outside

    def _nested(self, node: Any) -> Any:
        for name in ("decorator_list", "bases", "keywords"):
            if hasattr(node, name):
                setattr(node, name, [self.visit(item) for item in getattr(node, name)])
        if not isinstance(node, ast.ClassDef):
            given = node.args
            given.defaults = [self.visit(default) for default in given.defaults]
            given.kw_defaults = [default and self.visit(default) for default in given.kw_defaults]
        self.definition(node)
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = visit_ClassDef = _nested  # noqa: N815

    def _comprehension(self, node: Any) -> Any:
        # The first iterable is evaluated outside, everything else inside.
        first = self.visit(node.generators[0].iter)
        node.generators[0].iter = ast.Constant(None)
        outside, self.kind = self.kind, "alone" if self.kind == "alone" else "function"
        self.generic_visit(node)
        self.kind = outside
        node.generators[0].iter = first
        return node

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension  # noqa: N815

    # --- expressions --------------------------------------------------------------------------

    def _test(self, node: Any) -> ast.expr:
        """An expression of which only the truth matters."""
        if isinstance(node, ast.BoolOp):
            return self.visit_BoolOp(node, test=True)
        if isinstance(node, ast.Compare):
            return self.visit_Compare(node, test=True)
        if isinstance(node, ast.IfExp):
            return self.visit_IfExp(node, test=True)
        return self.visit(node)

    def _can_move(self, *parts: ast.expr) -> bool:
        return self.kind == "function" and can_move(parts)

    def visit_IfExp(self, node: ast.IfExp, test: bool = False) -> Any:
        if not self._can_move(node.body, node.orelse):
            return self.generic_visit(node)
        visit = self._test if test else self.visit
        arms = [_thunk(visit(arm)) for arm in (node.body, node.orelse)]
        return _hook(node, "choose", self._test(node.test), *arms)

    def visit_BoolOp(self, node: ast.BoolOp, test: bool = False) -> Any:
        if not self._can_move(*node.values[1:]):
            return self.generic_visit(node)
        visit = self._test if test else self.visit
        first, *others = [visit(value) for value in node.values]
        name = "both" if isinstance(node.op, ast.And) else "either"
        return _marked(_hook(node, name, first, *map(_thunk, others)), test)

    def visit_Compare(self, node: ast.Compare, test: bool = False) -> Any:
        if len(node.ops) == 1 or not self._can_move(*node.comparators):
            return self.generic_visit(node)
        left, *others = [self.visit(value) for value in (node.left, *node.comparators)]
        symbols = _constant(tuple(type(op).__name__ for op in node.ops))
        return _marked(_hook(node, "chain", left, symbols, *map(_thunk, others)), test)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        if self.kind != "function" or not isinstance(node.op, ast.Not):
            return self.generic_visit(node)
        return _hook(node, "negate", self._test(node.operand))

    def visit_comprehension(self, node: ast.comprehension) -> ast.comprehension:
        node.target, node.iter = self.visit(node.target), self.visit(node.iter)
        node.ifs = [self._test(test) for test in node.ifs]
        return node

    # --- statements ---------------------------------------------------------------------------

    def _block(self, statements: Iterable[ast.stmt], blocks: int = 0, loops: int = 0) -> list:
        """``blocks`` and ``loops`` say how many the statement around these adds."""
        if self.kind == "function":
            self.function.blocks += blocks
            self.function.loops += loops
        done: list[ast.stmt] = []
        for statement in statements:
            found = self.visit(statement)
            done += found if isinstance(found, list) else [found]
        if self.kind == "function":
            self.function.blocks -= blocks
            self.function.loops -= loops
        return done

    def visit_For(self, node: ast.For) -> Any:
        if self.kind == "alone":
            return self.generic_visit(node)
        reason = "it stands in a class body"
        if self.kind == "function":
            if node not in self.function.jumps.plain:
                return self._for(node)
            reason = self.function.jumps.plain[node]
        node.target = self.visit(node.target)
        node.iter = _hook(node.iter, "unrolled", self.visit(node.iter), ast.Constant(reason))
        node.body = self._block(node.body, blocks=1, loops=1)
        node.orelse = self._block(node.orelse)
        return node

    def _for(self, node: ast.For) -> list[ast.stmt]:
        names = self._names([node.target, *node.body])
        constants = self._loop_constants(node, names)
        head = _hook(node.iter, "for_", self.visit(node.iter), *constants)
        own = self._own_name()
        item = ast.Attribute(ast.Name(own, ast.Load()), "item", ast.Load())
        target = ast.copy_location(ast.Assign([node.target], item), node.target)
        body = [target, *self._block(node.body, blocks=1, loops=1)]
        return _staged(node.iter, own, head, names, body)

    def visit_While(self, node: ast.While) -> Any:
        if self.kind == "function" and node not in self.function.jumps.plain:
            names = self._names(node.body)
            constants = self._loop_constants(node, names)
            head = _hook(node.test, "while_", _thunk(self._test(node.test)), *constants)
            own = self._own_name()
            body = self._block(node.body, blocks=1, loops=1)
            return _staged(node.test, own, head, names, body)
        node.test = self._test(node.test)
        node.body = self._block(node.body, blocks=1, loops=1)
        node.orelse = self._block(node.orelse)
        return node

    def visit_If(self, node: ast.If) -> Any:
        if self.kind == "function":
            if node in self.function.jumps.dead:
                return node
            if self._can_stage(node):
                names = self._names([*node.body, *node.orelse])
                head = _hook(node.test, "if_", self._test(node.test), self._written(names))
                own = self._own_name()
                taken = ast.Attribute(ast.Name(own, ast.Load()), "taken", ast.Load())
                arms = self._block(node.body, blocks=1), self._block(node.orelse, blocks=1)
                body = ast.copy_location(ast.If(taken, *arms), node)
                return _staged(node.test, own, head, names, [body])
        node.test = self._test(node.test)
        node.body, node.orelse = self._block(node.body), self._block(node.orelse)
        return node

    def _can_stage(self, node: ast.If) -> bool:
        function, arms = self.function, [*node.body, *node.orelse]
        if jumps_out(arms, function.jumps) or bindings(arms).bound & function.outer:
            return False
        return function.blocks + 1 + max(map(_depth, arms)) <= _MAX_BLOCKS

    def visit_With(self, node: ast.With) -> ast.With:
        node.items = [self.visit(item) for item in node.items]
        node.body = self._block(node.body, blocks=len(node.items))
        return node

    def _try(self, node: Any) -> Any:
        node.handlers = [self.visit(handler) for handler in node.handlers]
        for part in (*node.handlers, node):
            for block in ("body", "orelse", "finalbody"):
                if hasattr(part, block):
                    setattr(part, block, self._block(getattr(part, block), blocks=_TRY_BLOCKS))
        return node

    visit_Try = visit_TryStar = _try  # noqa: N815

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.ExceptHandler:
        node.type = node.type and self.visit(node.type)
        return node  # ``_try`` goes through the body

    def visit_Assert(self, node: ast.Assert) -> ast.Assert:
        node.test, node.msg = self._test(node.test), node.msg and self.visit(node.msg)
        return node

    def visit_match_case(self, node: ast.match_case) -> ast.match_case:
        node.guard = node.guard and self._test(node.guard)
        node.body = self._block(node.body)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AnnAssign:
        node.target, node.value = self.visit(node.target), node.value and self.visit(node.value)
        return node

    def visit_TypeAlias(self, node: ast.stmt) -> ast.stmt:
        return node

    # --- pieces -------------------------------------------------------------------------------

    def _own_name(self) -> str:
        self.function.count += 1
        return f"__adjit_{self.function.count}__"

    def _names(self, nodes: Iterable[ast.AST]) -> list[str]:
        return sorted(bindings(nodes).bound | self.function.rebound)

    def _written(self, names: Iterable[str]) -> ast.Constant:
        """Names as they stand in the frame."""
        return _constant(tuple(mangled(name, self.class_name) for name in names))

    def _loop_constants(self, node: ast.For | ast.While, names: list[str]) -> list[ast.Constant]:
        function = self.function
        stops = function.jumps.stops
        inside = reads([node], stops)
        live = {name for name in names if function.reads[name] > inside[name]}
        live |= function.mentioned
        if function.loops:  # the next time it is run it may see what this time left
            live |= exposed([node], set(), stops) - (set(stops[node]) - {RETURNED})
        after = [name for name in names if name in live or function.watched]
        return [self._written(names), self._written(after), _constant(stops[node])]


# --- before the statements of a function --------------------------------------------------------


def _prepare(node: ast.FunctionDef) -> _Function:
    """Lowers the jumps of a function and looks at its names, which only its blocks need."""
    if not any(block for statement in node.body for block in blocks_of(statement)):
        return _Function(Jumps(), Counter(), set(), set(), set(), watched=False)
    scope = bindings(node.body)
    jumps = lower(node, scope.outer)
    mentioned, rebound = closures(node.body)
    local = scope.bound | {parameter.arg for parameter in parameters(node.args)}
    return _Function(
        jumps,
        reads(node.body, jumps.stops),
        mentioned,
        rebound & (local - scope.outer),
        scope.outer,
        any(isinstance(n, ast.Name) and n.id in _FRAME_VIEWS for n in evaluated(node.body)),
    )


_TRY_BLOCKS = 3


def _depth(node: ast.AST) -> int:
    """How many blocks Python nests for a statement, with its ifs unstaged."""
    own = 0
    if isinstance(node, ast.For | ast.While):
        own = 1
    elif isinstance(node, ast.With):
        own = len(node.items)
    elif isinstance(node, ast.Try | ast.TryStar):
        own = _TRY_BLOCKS
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return 0
    inner = (statement for block in blocks_of(node) for statement in block)
    return own + max(map(_depth, inner), default=0)


# --- generated code -----------------------------------------------------------------------------


def _hook(at: ast.AST, name: str, *args: ast.expr) -> ast.Call:
    hook = ast.Attribute(ast.Name(HOOKS, ast.Load()), name, ast.Load())
    return ast.copy_location(ast.Call(hook, list(args), []), at)


def _constant(value: Any) -> ast.Constant:
    return ast.Constant(value)


def _marked(call: ast.Call, test: bool) -> ast.Call:
    if test:
        call.keywords.append(ast.keyword("test", ast.Constant(True)))
    return call


def _thunk(body: ast.expr) -> ast.Lambda:
    return ast.copy_location(ast.Lambda(ast.arguments([], [], None, [], [], None, []), body), body)


def _staged(
    at: ast.expr, own: str, head: ast.expr, names: list[str], body: list[ast.stmt]
) -> list[ast.stmt]:
    """The staged form of a statement: ``own`` holds the object that is asked for each round."""
    more = ast.Call(ast.Attribute(ast.Name(own, ast.Load()), "more", ast.Load()), [], [])
    start = ast.Assign([ast.Name(own, ast.Store())], head)
    rounds = ast.While(more, [*_restored(own, names), *body], [])
    return [ast.copy_location(part, at) for part in (start, rounds, *_restored(own, names))]


def _restored(own: str, names: list[str]) -> list[ast.stmt]:
    """Stores the values of the object in the variables."""
    if not names:
        return []
    values = ast.Attribute(ast.Name(own, ast.Load()), "values", ast.Load())
    targets: list[ast.expr] = [ast.Name(name, ast.Store()) for name in names]
    done: list[ast.stmt] = [ast.Assign([ast.Tuple(targets, ast.Store())], values)]
    for name in names:
        unset = ast.Attribute(ast.Name(HOOKS, ast.Load()), "unset", ast.Load())
        is_unset = ast.Compare(ast.Name(name, ast.Load()), [ast.Is()], [unset])
        done.append(ast.If(is_unset, [ast.Delete([ast.Name(name, ast.Del())])], []))
    return done
