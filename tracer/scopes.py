"""Which names a piece of a function binds, and which of them may be read elsewhere."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

HOOKS = "__adjit__"

PLAIN_CALLS = frozenset(
    {"super", "locals", "globals", "vars", "dir", "eval", "exec", "breakpoint", "__import__"}
)
"""Builtins that look at the frame that calls them, so nothing may stand in between."""


@dataclass
class Scope:
    """The names that one scope binds; what no scope binds is free in the whole definition."""

    is_class: bool = False
    bound: set[str] = field(default_factory=set)
    outer: set[str] = field(default_factory=set)  # declared global or nonlocal
    global_names: set[str] = field(default_factory=set)


COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Bindings(ast.NodeVisitor):
    """Collects the names that the statements of one scope bind."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.scope.bound.add(node.id)

    def visit_Global(self, node: ast.Global) -> None:
        self.scope.outer.update(node.names)
        self.scope.global_names.update(node.names)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        self.scope.outer.update(node.names)

    def generic_visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self.scope.bound.add(node.name)
            for part in outer_parts(node):
                self.visit(part)
        elif isinstance(node, ast.Lambda):
            for part in outer_parts(node):
                self.visit(part)
        elif isinstance(node, COMPREHENSIONS):
            # Targets belong to the comprehension; a walrus anywhere inside binds out here.
            for inner in walk_scope(node):
                if isinstance(inner, ast.NamedExpr):
                    self.visit(inner.target)
        else:
            match node:
                case ast.Import() | ast.ImportFrom():
                    self.scope.bound.update(
                        (item.asname or item.name).split(".")[0] for item in node.names
                    )
                case ast.ExceptHandler(name=str(name)):
                    self.scope.bound.add(name)
                case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                    self.scope.bound.add(name)
                case ast.MatchMapping(rest=str(name)):
                    self.scope.bound.add(name)
            super().generic_visit(node)


def outer_parts(node: Any) -> Iterator[ast.AST]:
    """The parts of a definition that the scope around it evaluates."""
    yield from getattr(node, "decorator_list", ())
    if isinstance(node, ast.ClassDef):
        yield from node.bases
        yield from node.keywords
    else:
        yield from node.args.defaults
        yield from (default for default in node.args.kw_defaults if default is not None)


def parameters(given: ast.arguments) -> Iterator[ast.arg]:
    yield from (*given.posonlyargs, *given.args, *given.kwonlyargs)
    yield from (arg for arg in (given.vararg, given.kwarg) if arg is not None)


def walk_scope(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below, lambdas excluded."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.Lambda):
            yield child
            yield from walk_scope(child)


def mangled(name: str, class_name: str | None) -> str:
    """The name as the compiler writes it inside a class: ``__x`` is ``_Class__x``."""
    owner = (class_name or "").lstrip("_")
    if not owner or not name.startswith("__") or name.endswith("__") or "." in name:
        return name
    return f"_{owner}{name}"


# --- what a statement binds and reads -----------------------------------------------------------

Stops = Mapping[ast.AST, tuple[str, ...]]
"""Loop -> the flags that end it, which the loop itself reads."""

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def bindings(nodes: Iterable[ast.AST]) -> Scope:
    scope = Scope()
    for node in nodes:
        Bindings(scope).visit(node)
    return scope


def evaluated(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """What runs as these nodes run: all below them, without the bodies of inner functions."""
    pending = list(nodes)
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, _DEFINITIONS):
            pending.extend(outer_parts(node))
        elif isinstance(node, ast.GeneratorExp):
            pending.append(node.generators[0].iter)
        else:
            pending.extend(ast.iter_child_nodes(node))


def reads(nodes: Iterable[ast.AST], stops: Stops) -> Counter[str]:
    """How often each name is read as the nodes run; ``del`` reads, too."""
    found: Counter[str] = Counter()
    for node in evaluated(nodes):
        found.update(stops.get(node, ()))
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store):
            found[node.id] += 1
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] += 1
    return found


def closures(nodes: Iterable[ast.AST]) -> tuple[set[str], set[str]]:
    """The names that inner functions mention, so may read at any time, and those they rebind."""
    mentioned: set[str] = set()
    rebound: set[str] = set()
    for node in nodes:
        for inner in ast.walk(node):
            if isinstance(inner, (*_DEFINITIONS, ast.GeneratorExp)):
                for part in ast.walk(inner):
                    if isinstance(part, ast.Name):
                        mentioned.add(part.id)
                    elif isinstance(part, ast.Nonlocal):
                        rebound.update(part.names)
    return mentioned, rebound


def exposed(statements: Iterable[ast.stmt], assigned: set[str], stops: Stops) -> set[str]:
    """The names that the statements may read before they bind them; grows ``assigned``."""
    found: set[str] = set()
    for statement in statements:
        match statement:
            case ast.If(test=test, body=body, orelse=orelse):
                found |= set(reads([test], stops)) - assigned
                arms = set(assigned), set(assigned)
                found |= exposed(body, arms[0], stops) | exposed(orelse, arms[1], stops)
                assigned |= arms[0] & arms[1]
            case ast.For(target=target, iter=head, body=body, orelse=orelse):
                found |= set(reads([head], stops)) - assigned
                found |= exposed(body, assigned | bindings([target]).bound, stops)
                found |= exposed(orelse, set(assigned), stops)
            case ast.While(test=test, body=body, orelse=orelse):
                found |= set(reads([test], stops)) - assigned
                found |= exposed(body, set(assigned), stops)
                found |= exposed(orelse, set(assigned), stops)
            case _:
                found |= set(reads([statement], stops)) - assigned
                assigned |= _surely_bound(statement)
    return found


def _surely_bound(statement: ast.stmt) -> set[str]:
    """The names that hold nothing older after the statement."""
    match statement:
        case ast.Assign(targets=targets) | ast.Delete(targets=targets):
            return bindings(targets).bound
        case ast.AnnAssign(target=target, value=ast.expr()) | ast.AugAssign(target=target):
            return bindings([target]).bound
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Import() | ast.ImportFrom():
            return bindings([statement]).bound
    return set()


# --- what may be put elsewhere -----------------------------------------------------------------


def is_generator(node: ast.FunctionDef | ast.Lambda) -> bool:
    body = node.body if isinstance(node.body, list) else [node.body]
    return any(isinstance(part, ast.Yield | ast.YieldFrom) for part in evaluated(body))


def can_move(parts: Iterable[ast.expr]) -> bool:
    """Whether expressions mean the same in a function of their own."""
    return not any(
        isinstance(node, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom)
        or (isinstance(node, ast.Name) and node.id in PLAIN_CALLS)
        for part in parts
        for node in ast.walk(part)
    )
