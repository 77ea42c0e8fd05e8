"""Finds the syntax tree that a function object was compiled from, and proves it.

A function knows its file, first line and name, which may be stale (the file was edited after
the import) or ambiguous (two lambdas on one line). So every candidate is compiled again, as it
stands in the file, and only one that yields the function's own bytecode is believed.
"""

from __future__ import annotations
import __future__

import ast
import functools
import linecache
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import CodeType, FunctionType, ModuleType
from typing import Any

Definition = ast.FunctionDef | ast.Lambda

_FUTURE = 0
for _name in __future__.all_feature_names:
    _FUTURE |= getattr(__future__, _name).compiler_flag

_NESTED = 0x10  # CO_NESTED: says where a def stands, which the shell below changes
_ASYNC = 0x80 | 0x200  # CO_COROUTINE, CO_ASYNC_GENERATOR


@dataclass(frozen=True)
class Origin:
    """A definition in a file; ``class_name`` is the class whose private names it mangles.

    ``imports`` are the names that the file imports at its top: the compiler looks a method up
    in another way where its owner is one of these.
    """

    node: Definition
    class_name: str | None
    filename: str
    flags: int
    imports: tuple[str, ...]

    def compile(self, free: tuple[str, ...]) -> CodeType:
        """The code object of the definition where ``free`` are variables of a scope around it.

        The definition stands in a class inside a function: function parameters are what makes
        names free, and a class is the one scope that binds the definition's own name without
        hiding the global of that name from a recursive call. It also gives ``super()`` its
        ``__class__``. Defaults, decorators and annotations belong to the scope around the
        original and are left out.
        """
        node = _bare(self.node)
        statement: ast.stmt
        if isinstance(node, ast.Lambda):
            statement = ast.copy_location(ast.Expr(node), node)
        else:
            statement = node
        extra: dict[str, Any] = {"type_params": []} if hasattr(ast, "TypeAlias") else {}
        # A class name of underscores only turns name mangling off.
        shell = ast.ClassDef(self.class_name or "_", [], [], [statement], [], **extra)
        # It must not be a variable of the factory, or what names the class would be free.
        hidden = [] if shell.name in free else [ast.Global([shell.name])]
        parameters = [ast.copy_location(ast.arg(name), node) for name in free]
        signature = ast.arguments([], parameters, None, [], [], None, [])
        factory = ast.FunctionDef("factory", signature, [*hidden, shell], [], None, **extra)
        imports = [ast.Import([ast.alias(name)]) for name in self.imports]
        header = [ast.copy_location(statement, node) for statement in imports]
        module = ast.Module([*header, ast.copy_location(factory, node)], [])
        ast.fix_missing_locations(module)
        ast.copy_location(shell, node)
        code = compile(module, self.filename, "exec", flags=self.flags, dont_inherit=True)
        for _ in range(3):
            (code,) = nested_codes(code)
        return code


def find_origin(code: CodeType, module_globals: dict[str, Any]) -> Origin | None:
    """The definition that ``code`` was compiled from; None where there is none to be trusted."""
    if code.co_flags & _ASYNC:
        return None
    flags = code.co_flags & _FUTURE
    key = (code.co_name, code.co_firstlineno)
    found = None
    index, imports = _definitions(code.co_filename, module_globals)
    for node, class_name in index.get(key, ()):
        origin = Origin(node, class_name, code.co_filename, flags, imports)
        try:
            compiled = origin.compile(code.co_freevars)
        except (SyntaxError, ValueError, RecursionError):
            continue
        if same_code(code, compiled):
            # Lambdas on one line that compile alike behave alike; the columns still decide
            # what a traceback underlines.
            if list(code.co_positions()) == list(compiled.co_positions()):
                return origin
            found = found or origin
    return found


def nested_codes(code: CodeType) -> list[CodeType]:
    return [const for const in code.co_consts if isinstance(const, CodeType)]


def same_code(x: CodeType, y: CodeType) -> bool:
    """Whether two code objects do the same: all but file name, columns and qualified names."""
    return (
        _signature(x) == _signature(y)
        and len(x.co_consts) == len(y.co_consts)
        and all(
            _same_constant(a, b) or (a, b) == (x.co_qualname, y.co_qualname)  # class bodies
            for a, b in zip(x.co_consts, y.co_consts, strict=True)
        )
    )


def _signature(code: CodeType) -> tuple:
    return (
        code.co_name,
        code.co_firstlineno,
        code.co_argcount,
        code.co_posonlyargcount,
        code.co_kwonlyargcount,
        code.co_flags & ~_NESTED,
        code.co_code,
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_cellvars,
        code.co_exceptiontable,
    )


def _same_constant(x: object, y: object) -> bool:
    if isinstance(x, CodeType) and isinstance(y, CodeType):
        return same_code(x, y)
    if type(x) is not type(y):
        return False
    if isinstance(x, tuple) and isinstance(y, tuple):
        return len(x) == len(y) and all(map(_same_constant, x, y))
    if isinstance(x, frozenset) and isinstance(y, frozenset):
        return {(type(a), a) for a in x} == {(type(b), b) for b in y}
    return repr(x) == repr(y)  # tells 0.0 from -0.0 and equates NaN with itself


_Index = dict[tuple[str, int], list[tuple[Definition, str | None]]]
_files: dict[str, tuple[list[str], _Index, tuple[str, ...]]] = {}


def _definitions(filename: str, module_globals: dict[str, Any]) -> tuple[_Index, tuple[str, ...]]:
    """Every definition of a file by name and first line, and the names imported at its top.

    A file is parsed once per content.
    """
    linecache.checkcache(filename)
    lines = linecache.getlines(filename, module_globals)
    known = _files.get(filename)
    if known is None or known[0] != lines:
        index: _Index = {}
        try:
            tree = ast.parse("".join(lines))
        except (SyntaxError, ValueError, RecursionError):
            tree = ast.Module([], [])
        for key, node, class_name in _walk(tree, None):
            index.setdefault(key, []).append((node, class_name))
        known = _files[filename] = (lines, index, tuple(_imports(tree)))
    return known[1:]


def _imports(tree: ast.Module) -> Iterator[str]:
    """The names that statements of the module itself import."""
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                if name != "*":
                    yield name
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            stack.extend(ast.iter_child_nodes(node))


def _walk(
    node: ast.AST, class_name: str | None
) -> Iterator[tuple[tuple[str, int], Definition, str | None]]:
    stack = [(node, class_name)]
    while stack:
        node, class_name = stack.pop()
        if isinstance(node, ast.FunctionDef):
            first = node.decorator_list[0] if node.decorator_list else node
            yield (node.name, first.lineno), node, class_name
        elif isinstance(node, ast.Lambda):
            yield ("<lambda>", node.lineno), node, class_name
        inner = node.name if isinstance(node, ast.ClassDef) else class_name
        stack.extend((child, inner) for child in ast.iter_child_nodes(node))


def _bare(node: Definition) -> Definition:
    """The definition without what the scope around it evaluates; shares its body."""
    nothing = ast.copy_location(ast.Constant(None), node)
    given = node.args
    arguments = ast.arguments(
        posonlyargs=[_bare_argument(a) for a in given.posonlyargs],
        args=[_bare_argument(a) for a in given.args],
        vararg=given.vararg and _bare_argument(given.vararg),
        kwonlyargs=[_bare_argument(a) for a in given.kwonlyargs],
        kw_defaults=[default and nothing for default in given.kw_defaults],
        kwarg=given.kwarg and _bare_argument(given.kwarg),
        defaults=[nothing for _ in given.defaults],
    )
    if isinstance(node, ast.Lambda):
        return ast.copy_location(ast.Lambda(arguments, node.body), node)
    # The first decorator's line is the function's first line, so a dummy stays there.
    decorators: list[ast.expr] = [
        ast.copy_location(ast.Constant(None), old) for old in node.decorator_list[:1]
    ]
    extra: dict[str, Any] = {"type_params": []} if hasattr(ast, "TypeAlias") else {}
    bare = ast.FunctionDef(node.name, arguments, node.body, decorators, None, **extra)
    return ast.copy_location(bare, node)


def _bare_argument(argument: ast.arg) -> ast.arg:
    return ast.copy_location(ast.arg(argument.arg), argument)


def with_node(origin: Origin, node: Definition) -> Origin:
    """The same place in the same file with another tree, for a rewritten definition."""
    return replace(origin, node=node)


# --- whose code is it ---------------------------------------------------------------------------

_LIBRARIES = frozenset({"numpy", "scipy", "numba", "llvmlite", "builtins"})
_USER_PARTS = frozenset({"tests", "examples", "benchmarks"})
_STDLIB = tuple({sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")})
_HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE: made by a class statement
_PACKAGE = __name__.partition(".")[0]


def is_user_function(function: FunctionType) -> bool:
    """Whether a function is the user's (or that of a library which is Python all through)."""
    # A decorator may have copied the name of another module; the globals cannot lie.
    module = function.__globals__.get("__name__") or ""
    return not _is_library(str(module), function.__code__.co_filename)


def is_user_class(cls: type) -> bool:
    module = cls.__module__
    if module == "builtins":  # also where exec was given no ``__name__``
        return bool(cls.__flags__ & _HEAP_TYPE)
    return not _is_library(module, getattr(sys.modules.get(module), "__file__", None) or "")


def is_user_module(module: ModuleType) -> bool:
    return not _is_library(module.__name__, getattr(module, "__file__", None) or "")


@functools.cache
def _is_library(module: str, filename: str) -> bool:
    parts = module.split(".")
    if parts[0] in _LIBRARIES or parts[0] in sys.builtin_module_names:
        return True
    if parts[0] == _PACKAGE:
        return not _USER_PARTS.intersection(parts)
    if filename.startswith("<frozen "):
        return True
    installed = "site-packages" in filename or "dist-packages" in filename
    return filename.startswith(_STDLIB) and not installed
