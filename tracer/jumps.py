"""Lowers ``break``, ``continue`` and early ``return`` to flags, so that blocks run to their end.

A statement behind one that may have jumped goes into the arm that did not jump, where there is
just one such arm, and behind ``if not flag:`` otherwise. Where a jump leaves a ``try``, ``with``
or ``match`` statement it stays a jump, and so do the loops and ifs around it that it leaves.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .scopes import bindings, can_move, evaluated

RESULT = "__adjit_result__"
RETURNED = "__adjit_returned__"

_Jump = ast.Return | ast.Break | ast.Continue
_Loop = ast.For | ast.While


@dataclass
class Jumps:
    """What becomes of the jumps of a function.

    ``plain`` maps each loop that keeps its jumps to the reason; ``lowered`` are the jumps that
    become flags. Lowering fills in ``stops``, the flags that end a loop, and ``dead``, the ifs
    that hold what is never reached.
    """

    plain: dict[ast.AST, str] = field(default_factory=dict)
    lowered: set[ast.AST] = field(default_factory=set)
    stops: dict[ast.AST, tuple[str, ...]] = field(default_factory=dict)
    dead: set[ast.AST] = field(default_factory=set)


def lower(function: ast.FunctionDef, outer: set[str]) -> Jumps:
    """Lowers the jumps of a function, in place. ``outer`` are its global and nonlocal names."""
    jumps = Jumps()
    tests: dict[ast.While, ast.expr] = {}
    for loop in list(evaluated(function.body)):
        if isinstance(loop, _Loop):
            reason = _why_plain(loop, outer)
            if reason:
                jumps.plain[loop] = reason
            elif isinstance(loop, ast.While) and not can_move([loop.test]):
                tests[loop] = loop.test
                _test_inside(loop)
    _decide(function, jumps)
    lowering = _Lowering(jumps)
    body = lowering.block(function.body, None, last=True)
    if any(isinstance(jump, ast.Return) for jump in jumps.lowered):
        first, last = function.body[0], function.body[-1]
        start = [_set(first, RESULT, None), _set(first, RETURNED, False)]
        at = 1 if ast.get_docstring(function, clean=False) is not None else 0
        body[at:at] = start
        body.append(ast.copy_location(ast.Return(ast.Name(RESULT, ast.Load())), last))
    function.body = body
    for loop in tests.keys() & jumps.plain.keys():
        loop.test = tests[loop]
        del loop.body[0]
    _DropUnread({RETURNED, *lowering.flags} - lowering.read).visit(function)
    return jumps


def blocks_of(node: ast.AST) -> Iterable[list[ast.stmt]]:
    """The blocks of a compound statement."""
    for name in ("body", "orelse", "finalbody"):
        yield getattr(node, name, [])
    for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        yield part.body


def jumps_out(block: Iterable[ast.stmt], jumps: Jumps, in_loop: bool = False) -> bool:
    """Whether a jump that was not lowered leaves the statements."""
    for node in block:
        if isinstance(node, ast.Return) or (not in_loop and isinstance(node, _Jump)):
            return True
        if node in jumps.dead or isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        ):
            continue
        if isinstance(node, _Loop):
            inside = jumps_out(node.body, jumps, True) or jumps_out(node.orelse, jumps, in_loop)
        else:
            inside = any(jumps_out(inner, jumps, in_loop) for inner in blocks_of(node))
        if inside:
            return True
    return False


def _why_plain(loop: ast.For | ast.While, outer: set[str]) -> str:
    parts: list[ast.AST] = list(loop.body)
    if isinstance(loop, ast.For):
        if not _is_simple(loop.target):
            return "its target is not a name"
        parts.append(loop.target)
    elif loop.orelse and not can_move([loop.test]):
        return "its test binds a name or looks at the frame"
    return "it binds a global or nonlocal name" if bindings(parts).bound & outer else ""


def _is_simple(target: ast.expr) -> bool:
    if isinstance(target, ast.Tuple | ast.List):
        return all(map(_is_simple, target.elts))
    return isinstance(target.value if isinstance(target, ast.Starred) else target, ast.Name)


def _test_inside(loop: ast.While) -> None:
    """``while True`` with the test as a first statement, for a test that cannot move."""
    leave = ast.If(ast.UnaryOp(ast.Not(), loop.test), [ast.Break()], [])
    loop.body.insert(0, ast.copy_location(leave, loop.test))
    loop.test = ast.copy_location(ast.Constant(True), loop.test)


# --- which jumps can be lowered -----------------------------------------------------------------


def _decide(function: ast.FunctionDef, jumps: Jumps) -> None:
    found: list[tuple[_Jump, tuple[ast.stmt, ...]]] = []
    _collect(function.body, (), found)
    returns = [path for jump, path in found if isinstance(jump, ast.Return)]
    plain_returns = not any(returns)  # at top level they are where Python's own end is
    changed = True
    while changed:
        before = len(jumps.plain), plain_returns
        for jump, path in found:
            if isinstance(jump, ast.Return):
                plain_returns |= _blocked(path, jumps)
            else:
                crossed = _crossed(path)
                if _blocked(crossed, jumps):
                    jumps.plain.setdefault(crossed[0], "a jump leaves a try, with or match")
        if plain_returns:
            for loop in (step for path in returns for step in path if isinstance(step, _Loop)):
                jumps.plain.setdefault(loop, "a return leaves a loop, try, with or match")
        changed = before != (len(jumps.plain), plain_returns)
    for jump, path in found:
        returns_plainly = isinstance(jump, ast.Return) and plain_returns
        breaks_plainly = not isinstance(jump, ast.Return) and _crossed(path)[0] in jumps.plain
        if not returns_plainly and not breaks_plainly:
            jumps.lowered.add(jump)


def _collect(
    block: list[ast.stmt],
    path: tuple[ast.stmt, ...],
    found: list[tuple[_Jump, tuple[ast.stmt, ...]]],
) -> None:
    """Every jump with the statements around it."""
    for statement in block:
        if isinstance(statement, _Jump):
            found.append((statement, path))
        elif isinstance(statement, ast.For | ast.AsyncFor | ast.While):
            _collect(statement.body, (*path, statement), found)
            _collect(statement.orelse, path, found)  # runs when the loop is over
        elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for inner in blocks_of(statement):
                _collect(inner, (*path, statement), found)


def _crossed(path: tuple[ast.stmt, ...]) -> tuple[ast.stmt, ...]:
    """The innermost loop, and what a break or continue leaves in it."""
    start = max(i for i, statement in enumerate(path) if isinstance(statement, _Loop))
    return path[start:]


def _blocked(crossed: Sequence[ast.stmt], jumps: Jumps) -> bool:
    return any(
        step in jumps.plain or not isinstance(step, ast.If | ast.For | ast.While)
        for step in crossed
    )


# --- lowering -----------------------------------------------------------------------------------


@dataclass
class _Flags:
    """What the jumps of a loop set."""

    break_flag: str
    continue_flag: str


class _Lowering:
    """``flags`` are those that are set somewhere, ``read`` those that matter."""

    def __init__(self, jumps: Jumps) -> None:
        self.jumps = jumps
        self.loops = 0
        self.flags: set[str] = set()
        self.read: set[str] = set()

    def block(
        self, statements: Iterable[ast.stmt], loop: _Flags | None, last: bool
    ) -> list[ast.stmt]:
        """``last``: nothing follows in the loop or, outside of loops, in the function."""
        done: list[ast.stmt] = []
        pending = deque(statements)
        while pending:
            statement = pending.popleft()
            if statement in self.jumps.lowered:
                done += self._jump(statement, loop, last)
                if pending:
                    done.append(self._dead(pending))
                return done
            flags = self._flags(statement, loop)
            if isinstance(statement, ast.If):
                dead = self._share_out(statement, pending) if flags and pending else []
                ending = last and not pending
                statement.body = self.block(statement.body, loop, ending)
                statement.orelse = self.block(statement.orelse, loop, ending)
                done += [statement, *dead]
            elif isinstance(statement, _Loop):
                done += self._loop(statement, loop)
                if statement.orelse and statement not in self.jumps.plain:
                    pending.extendleft(reversed(self._after(statement)))
                    flags = [RETURNED] if RETURNED in self.jumps.stops[statement] else []
            else:
                for inner in blocks_of(statement):
                    inner[:] = self.block(inner, loop, last=False)
                done.append(statement)
            if flags and pending:
                self.read.update(flags)
                rest = self.block(pending, loop, last)
                done.append(_at(statement, ast.If(_none_of(flags), rest, [])))
                return done
        return done

    def _jump(self, node: ast.stmt, loop: _Flags | None, last: bool) -> list[ast.stmt]:
        done: list[ast.stmt] = []
        if isinstance(node, ast.Return):
            target: list[ast.expr] = [ast.Name(RESULT, ast.Store())]
            result = ast.Assign(target, node.value or ast.Constant(None))
            done.append(ast.copy_location(result, node))
            last = last and loop is None
        if last and not isinstance(node, ast.Break):
            return done or [ast.copy_location(ast.Pass(), node)]
        (flag,) = self._flags(node, loop)
        self.flags.add(flag)
        return [*done, _set(node, flag, True)]

    def _share_out(self, node: ast.If, rest: deque[ast.stmt]) -> list[ast.stmt]:
        """Moves what follows into the arm that goes on, if there is just one; what remains."""
        ends = _ends(node.body), _ends(node.orelse)
        if all(ends):
            dead = self._dead(rest)
            rest.clear()
            return [dead]
        if any(ends):
            (node.orelse if ends[0] else node.body).extend(rest)
            rest.clear()
        return []

    def _dead(self, rest: Iterable[ast.stmt]) -> ast.If:
        """What is never reached still says which names are local."""
        statements = list(rest)
        dead = _at(statements[0], ast.If(ast.Constant(False), statements, []))
        self.jumps.dead.add(dead)
        return dead

    def _loop(self, node: _Loop, outer: _Flags | None) -> list[ast.stmt]:
        self.loops += 1
        loop = _Flags(f"__adjit_break_{self.loops}__", f"__adjit_continue_{self.loops}__")
        kinds = self._kinds(node.body)
        node.body = self.block(node.body, loop, last=True)
        if loop.continue_flag in self.read:
            node.body.insert(0, _set(node.body[0], loop.continue_flag, False))
        if node in self.jumps.plain:
            node.orelse = self.block(node.orelse, outer, last=False)
            return [node]
        stops = {ast.Break: loop.break_flag, ast.Return: RETURNED}
        self.jumps.stops[node] = tuple(flag for kind, flag in stops.items() if kind in kinds)
        self.read.update(self.jumps.stops[node])
        if ast.Break in kinds:
            return [_set(node, loop.break_flag, False), node]
        return [node]

    def _after(self, node: _Loop) -> list[ast.stmt]:
        """The ``else`` block of a loop, as statements behind it."""
        otherwise, node.orelse = node.orelse, []
        flags = [flag for flag in self.jumps.stops[node] if flag != RETURNED]
        if not flags:
            return otherwise
        self.read.update(flags)
        return [_at(otherwise[0], ast.If(_none_of(flags), otherwise, []))]

    def _flags(self, statement: ast.stmt, loop: _Flags | None) -> list[str]:
        """The flags that a statement may set for those behind it."""
        kinds = self._kinds([statement])
        names = []
        if loop is not None:
            names += [loop.break_flag] if ast.Break in kinds else []
            names += [loop.continue_flag] if ast.Continue in kinds else []
        return names + ([RETURNED] if ast.Return in kinds else [])

    def _kinds(self, block: Iterable[ast.stmt]) -> set[type[ast.stmt]]:
        """The kinds of lowered jumps that leave the statements."""
        kinds: set[type[ast.stmt]] = set()
        for statement in block:
            if statement in self.jumps.lowered:
                kinds.add(type(statement))
            elif isinstance(statement, _Loop):
                kinds |= self._kinds(statement.body) & {ast.Return}
                kinds |= self._kinds(statement.orelse)
            elif isinstance(statement, ast.If):
                kinds |= self._kinds(statement.body) | self._kinds(statement.orelse)
        return kinds


def _ends(block: list[ast.stmt]) -> bool:
    """Whether a block never runs past its end."""
    return any(
        isinstance(statement, _Jump | ast.Raise)
        or (isinstance(statement, ast.If) and _ends(statement.body) and _ends(statement.orelse))
        for statement in block
    )


def _none_of(flags: list[str]) -> ast.expr:
    names: list[ast.expr] = [ast.Name(flag, ast.Load()) for flag in flags]
    return ast.UnaryOp(ast.Not(), names[0] if len(names) == 1 else ast.BoolOp(ast.Or(), names))


def _set(at: ast.AST, name: str, value: bool | None) -> ast.stmt:
    return ast.copy_location(ast.Assign([ast.Name(name, ast.Store())], ast.Constant(value)), at)


def _at(at: ast.stmt, node: ast.If) -> ast.If:
    """An ``if`` of ours, on the first line of the user's statement."""
    return ast.copy_location(node, at)


class _DropUnread(ast.NodeTransformer):
    """Takes away what sets flags that nothing reads."""

    def __init__(self, flags: set[str]) -> None:
        self.flags = flags

    def visit_Assign(self, node: ast.Assign) -> ast.stmt | None:
        match node.targets:
            case [ast.Name(id=name)] if name in self.flags:
                # A result is assigned next to it; any other flag may stand alone in its block.
                return None if name == RETURNED else ast.copy_location(ast.Pass(), node)
        return node
