"""Turns calls, captured variables and attributes of a function into calls of its Hooks.

``f(a)`` becomes ``__adjit__.call(f, a)``, and so on, which is what lets a recording replace
NumPy functions, follow the user's helpers and read captured arrays at each call. Everything
else, positions included, stays the user's: a traceback shows the line that the user wrote.
"""

from __future__ import annotations

import ast
import copy
import functools
from types import CellType, CodeType, FunctionType
from typing import Any
from weakref import WeakKeyDictionary

from ..ir.sizes import are_asked
from .control import stage
from .hooks import Hooks
from .scopes import HOOKS, PLAIN_CALLS, Bindings, Scope, mangled, parameters
from .source import Definition, Origin, find_origin, with_node

_FRAME_VIEWS = frozenset({"locals", "vars", "dir"})
"""Those that, without arguments, show the variables of the frame."""

_PAST_HOOKS = frozenset({"eval", "exec", "globals"})
"""Those that reach captured names by themselves."""

_MARK = ("rewritten by adjit",)
"""A last constant of rewritten code objects. Code objects compare by content, so a registry of
them could take a user's code for a rewritten one that happens to be equal."""

_known: WeakKeyDictionary[CodeType, dict[tuple[str, bool], CodeType | None]] = WeakKeyDictionary()


def is_rewritten(fn: FunctionType) -> bool:
    return fn.__code__.co_consts[-1:] == (_MARK,)


def rewrite(fn: FunctionType) -> FunctionType | None:
    """``fn`` with hooks, sharing its globals, closure cells and defaults; None without source."""
    if is_rewritten(fn):
        return fn
    code = fn.__code__
    versions = _known.setdefault(code, {})
    version = code.co_filename, are_asked()
    if version not in versions:
        versions[version] = _rewrite_code(code, fn.__globals__)
    rewritten = versions[version]
    if rewritten is None:
        return None
    cells = dict(zip(code.co_freevars, fn.__closure__ or (), strict=True))
    cells[HOOKS] = CellType(Hooks(fn))
    closure = tuple(cells[name] for name in rewritten.co_freevars)
    result = FunctionType(rewritten, fn.__globals__, fn.__name__, fn.__defaults__, closure)
    result.__kwdefaults__ = fn.__kwdefaults__
    functools.update_wrapper(result, fn)
    return result


def _rewrite_code(code: CodeType, module_globals: dict[str, Any]) -> CodeType | None:
    origin = find_origin(code, module_globals)
    if origin is None:
        return None
    free = (*code.co_freevars, HOOKS)
    try:
        compiled = with_node(origin, _hooked(origin, staged=True)).compile(free)
    except RecursionError:  # hundreds of early returns, each of which nests what follows it
        compiled = with_node(origin, _hooked(origin, staged=False)).compile(free)
    return _finish(compiled, compiled.co_qualname, code.co_qualname)


def _hooked(origin: Origin, staged: bool) -> Definition:
    node = _Rewriter(origin.class_name).definition(origin.node)
    if staged:
        stage(node, origin.class_name)
    return node


def _finish(code: CodeType, prefix: str, qualname: str) -> CodeType:
    """Marks the code as rewritten and gives it the qualified name of the original."""
    own = qualname + code.co_qualname.removeprefix(prefix)
    consts: list[object] = []
    for const in code.co_consts:
        if isinstance(const, CodeType):
            consts.append(_finish(const, prefix, qualname))
        else:  # a class body holds its own qualified name
            consts.append(own if const == code.co_qualname else const)
    return code.replace(co_consts=(*consts, _MARK), co_qualname=own)


class _Rewriter(ast.NodeTransformer):
    def __init__(self, class_name: str | None) -> None:
        self.class_name = class_name
        self.scopes: list[Scope] = []

    def definition(self, node: Definition) -> Definition:
        """A rewritten copy of the outermost definition."""
        result = copy.deepcopy(node)
        self._body(result)
        return result

    # --- scopes -------------------------------------------------------------------------------

    def _body(self, node: Any) -> None:
        """Rewrites what a definition evaluates in its own scope, in place."""
        scope = Scope(is_class=isinstance(node, ast.ClassDef))
        if not scope.is_class:
            scope.bound.update(arg.arg for arg in parameters(node.args))
        statements = node.body if isinstance(node.body, list) else [node.body]
        for statement in statements:
            Bindings(scope).visit(statement)
        scope.bound -= scope.outer
        self.scopes.append(scope)
        if isinstance(node, ast.Lambda):
            node.body = self.visit(node.body)
        else:
            node.body = [self.visit(statement) for statement in node.body]
        self.scopes.pop()

    def _nested(self, node: Any) -> Any:
        if hasattr(node, "decorator_list"):
            node.decorator_list = [self.visit(item) for item in node.decorator_list]
        if isinstance(node, ast.ClassDef):
            node.bases = [self.visit(base) for base in node.bases]
            node.keywords = [self.visit(keyword) for keyword in node.keywords]
            outer, self.class_name = self.class_name, node.name
            self._body(node)
            self.class_name = outer
            return node
        given = node.args
        given.defaults = [self.visit(default) for default in given.defaults]
        given.kw_defaults = [default and self.visit(default) for default in given.kw_defaults]
        self._body(node)
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = visit_ClassDef = _nested  # noqa: N815

    def _comprehension(self, node: Any) -> Any:
        # The first iterable is evaluated outside, everything else inside.
        first = self.visit(node.generators[0].iter)
        scope = Scope()
        for generator in node.generators:
            Bindings(scope).visit(generator.target)
        self.scopes.append(scope)
        node.generators[0].iter = ast.Constant(None)
        self.generic_visit(node)
        node.generators[0].iter = first
        self.scopes.pop()
        return node

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension  # noqa: N815

    def _is_free(self, name: str) -> bool:
        """Whether a name comes from outside the outermost definition."""
        for depth, scope in enumerate(reversed(self.scopes)):
            if scope.is_class and depth:
                continue
            if name in scope.global_names:
                return True
            if name in scope.bound:
                return False
        return True

    # --- expressions --------------------------------------------------------------------------

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if not isinstance(node.ctx, ast.Load) or not self._is_free(node.id):
            return node
        if node.id == "__class__" or node.id in PLAIN_CALLS:
            return node
        return self._hook(node, "load", self._constant(node, self._mangled(node.id)), node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        node.value = self.visit(node.value)
        if not isinstance(node.ctx, ast.Load):
            return node
        name = self._constant(node, self._mangled(node.attr))
        return self._hook(node, "attribute", node.value, name)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        args = [self.visit(arg) for arg in node.args]
        keywords = [self.visit(keyword) for keyword in node.keywords]
        match node.func:
            case ast.Name(id=name) if self._is_plain(name, bool(args or keywords)):
                node.args, node.keywords = args, keywords
                if name in _PAST_HOOKS:
                    node.func = self._hook(
                        node.func, "direct", self._constant(node, name), node.func
                    )
                return self._hook(node, "own_names", node) if name in _FRAME_VIEWS else node
            case ast.Attribute(value=value, attr=name):
                method = self._constant(node.func, self._mangled(name))
                result = self._hook(node, "call_method", self.visit(value), method, *args)
            case _:
                result = self._hook(node, "call", self.visit(node.func), *args)
        result.keywords = keywords
        return result

    def _is_plain(self, name: str, has_arguments: bool) -> bool:
        if name not in PLAIN_CALLS or not self._is_free(name):
            return False
        return not (has_arguments and name in _FRAME_VIEWS)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """Where sizes are not known, what would see the number of one on its right is told."""
        self.generic_visit(node)
        if not are_asked():
            return node
        symbol = self._constant(node, type(node.op).__name__)
        return self._hook(node, "binary", symbol, node.left, node.right)

    # --- statements ---------------------------------------------------------------------------

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        """The target is read, too: a captured one must be read through the hooks."""
        target, value = node.target, self.visit(node.value)
        symbol = self._constant(node, type(node.op).__name__)
        statement: ast.stmt
        if isinstance(target, ast.Name) and self._is_free(target.id):
            load = self.visit(ast.copy_location(ast.Name(target.id, ast.Load()), target))
            updated = self._hook(node, "augment", symbol, load, value)
            statement = ast.Assign([target], updated)
        elif isinstance(target, ast.Attribute):
            name = self._constant(target, self._mangled(target.attr))
            owner = self.visit(target.value)
            statement = ast.Expr(self._hook(node, "augment_attribute", symbol, owner, name, value))
        else:
            node.target, node.value = self.visit(target), value
            return node
        return ast.copy_location(statement, node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.ExceptHandler:
        self.generic_visit(node)
        caught = self._hook(node, "caught")
        node.body.insert(0, ast.copy_location(ast.Expr(caught), node))
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        node.target = self.visit(node.target)
        node.value = node.value and self.visit(node.value)
        return node

    def visit_match_case(self, node: ast.match_case) -> ast.match_case:
        # Patterns are not expressions: only names and dotted names may stand in them.
        node.guard = node.guard and self.visit(node.guard)
        node.body = [self.visit(statement) for statement in node.body]
        return node

    def visit_TypeAlias(self, node: ast.stmt) -> ast.stmt:
        return node

    # --- pieces -------------------------------------------------------------------------------

    def _hook(self, at: ast.AST, name: str, *args: ast.expr) -> ast.Call:
        hooks = ast.copy_location(ast.Name(HOOKS, ast.Load()), at)
        method = ast.copy_location(ast.Attribute(hooks, name, ast.Load()), at)
        return ast.copy_location(ast.Call(method, list(args), []), at)

    def _constant(self, at: ast.AST, value: str) -> ast.Constant:
        return ast.copy_location(ast.Constant(value), at)

    def _mangled(self, name: str) -> str:
        return mangled(name, self.class_name)
