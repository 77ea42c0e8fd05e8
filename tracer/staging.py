"""What rewritten code runs in place of Python's loops, ifs and conditional expressions.

Rewritten code asks a ``For``, ``While`` or ``If`` before each round of its block. The object sees
the local variables that the block may rebind (``names``) and hands them back as ``values``, with
``UNSET`` for those that are unbound. ``live`` are those names that may be read after the loop.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from types import CodeType, FrameType
from typing import Any

from .array import wrap
from .branches import Fork, is_symbolic, opposite, truth
from .branches import choose as fork
from .current import current_trace
from .iteration import Sequence, sequence_of
from .rolling import Roll
from .rounds import Rounds, is_worth_rolling
from .unset import UNSET

Names = tuple[str, ...]
Thunk = Callable[[], Any]


_END = object()


class _Block:
    """A statement whose block rebinds local variables of the function that runs it."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.values: tuple[Any, ...] = ()

    def _look(self, frame: FrameType) -> None:
        """Takes the current values of the variables."""
        if self.names:
            found = frame.f_locals
            self.values = tuple([found.get(name, UNSET) for name in self.names])


class _Loop(_Block):
    def __init__(self, names: Names, live: Names, stop: Names) -> None:
        super().__init__(names)
        self.live = live
        self.stop = stop
        self.item: Any = None
        self._roll: Roll | None = None

    def _rolled(
        self, frame: FrameType, sequence: Sequence | None, test: Thunk | None
    ) -> Roll | None:
        """The recording of the loop as one, where that is possible."""
        trace = current_trace()
        key = (frame.f_code.co_filename, frame.f_lineno)
        if trace is None or key in trace.unrolled:
            return None
        return Roll(trace, key, self.names, self.live, self.stop, sequence, test)

    def _next(self, roll: Roll, frame: FrameType) -> bool:
        going = roll.more(frame)
        self.values, self.item = roll.values, roll.item
        return going

    def _stopped(self, frame: FrameType) -> bool:
        """Whether the block has set one of the flags that end the loop."""
        if not self.stop:
            return False
        found = frame.f_locals
        return any(found[flag] for flag in self.stop)


class For(_Loop):
    """``for TARGET in ITERABLE``; each round stores ``item`` in the target."""

    def __init__(self, iterable: Iterable[Any], names: Names, live: Names, stop: Names) -> None:
        super().__init__(names, live, stop)
        frame = sys._getframe(2)
        sequence = sequence_of(iterable) if current_trace() is not None else None
        if sequence is not None and is_worth_rolling(sequence):
            self._roll = self._rolled(frame, sequence, None)
        self._rounds = Rounds(iterable, frame) if self._roll is None else None
        self._iterator: Iterator[Any] = iter(iterable) if self._roll is None else iter(())

    def more(self) -> bool:
        frame = sys._getframe(1)
        if self._roll is not None:
            return self._next(self._roll, frame)
        if self._rounds is not None:
            self._rounds.check()
        self.item = _END if self._stopped(frame) else next(self._iterator, _END)
        going = self.item is not _END
        if not going:  # a generator that nobody holds any more is closed here, as Python does
            self._iterator = iter(())
        self._look(frame)  # last, since what was just run may rebind variables by nonlocal
        return going


class While(_Loop):
    def __init__(self, test: Thunk, names: Names, live: Names, stop: Names) -> None:
        super().__init__(names, live, stop)
        self._test = test
        frame = sys._getframe(2)
        self._roll = self._rolled(frame, None, test)
        self._rounds = Rounds(None, frame) if self._roll is None else None

    def more(self) -> bool:
        frame = sys._getframe(1)
        if self._rounds is not None:
            self._rounds.check()
        try:
            if self._roll is not None:
                return self._next(self._roll, frame)
            going = not self._stopped(frame) and bool(self._test())
        except NameError as problem:
            _explain(problem, frame)
            raise
        self._look(frame)
        return going


class If(_Block):
    """Its block is run once, and looks at ``taken`` to choose the arm."""

    def __init__(self, test: Any, names: Names) -> None:
        super().__init__(names)
        self._test = test
        self._started = False
        self.taken = False
        trace = current_trace()
        symbolic = trace is not None and is_symbolic(test)
        self._fork = Fork(trace, test, names) if trace is not None and symbolic else None

    def more(self) -> bool:
        if self._fork is not None:
            frame = sys._getframe(1)
            going = self._fork.more(frame)
            self.values, self.taken = self._fork.values, self._fork.taken
            return going
        starting, self._started = not self._started, True
        if starting:
            self.taken, self._test = bool(self._test), None
        self._look(sys._getframe(1))
        return starting


def unrolled(iterable: Any, reason: str) -> Any:
    """The iterable of a loop that stays Python's own, for the reason given."""
    return iterable


# --- expressions --------------------------------------------------------------------------------
# With ``test``, only the truth of the result matters, and it is asked for just once.


def choose(test: Any, then: Thunk, otherwise: Thunk) -> Any:
    try:
        if is_symbolic(test):
            return fork(test, then, otherwise)
        return then() if test else otherwise()
    except NameError as problem:
        _explain(problem, sys._getframe(1))
        raise


def both(value: Any, *others: Thunk, test: bool = False) -> Any:
    try:
        for position, thunk in enumerate(others):
            if is_symbolic(value):
                rest = partial(_rest, both, thunk, others[position + 1 :], test)
                return fork(value, rest, _constant(value, test))
            if not value:
                return False if test else value
            value = thunk()
    except NameError as problem:
        _explain(problem, sys._getframe(1))
        raise
    return value


def either(value: Any, *others: Thunk, test: bool = False) -> Any:
    try:
        for position, thunk in enumerate(others):
            if is_symbolic(value):
                rest = partial(_rest, either, thunk, others[position + 1 :], test)
                return fork(value, _constant(value, test), rest)
            if value:
                return True if test else value
            value = thunk()
    except NameError as problem:
        _explain(problem, sys._getframe(1))
        raise
    return value


def _rest(function: Any, thunk: Thunk, others: tuple[Thunk, ...], test: bool) -> Any:
    """The operands behind one that is only known when native code runs."""
    return function(thunk(), *others, test=test)


def _constant(value: Any, test: bool) -> Thunk:
    """What ``and`` and ``or`` give without their second operand; of a test only the truth."""
    return lambda: value if not test else wrap(truth(value), bool)


def negate(value: Any) -> Any:
    return opposite(value) if is_symbolic(value) else not value


def chain(left: Any, symbols: Names, *others: Thunk, test: bool = False) -> Any:
    """``left < a <= b``, where ``symbols`` are the operators' classes in the syntax tree."""
    result: Any = True
    try:
        for position, (symbol, thunk) in enumerate(zip(symbols, others, strict=True)):
            if position and is_symbolic(result):
                rest = partial(chain, left, symbols[position:], *others[position:], test=test)
                return fork(result, rest, _constant(result, test))
            if position and not result:
                return False if test else result
            right = thunk()
            result, left = _COMPARISONS[symbol](left, right), right
    except NameError as problem:
        _explain(problem, sys._getframe(1))
        raise
    return result


_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "Eq": operator.eq,
    "NotEq": operator.ne,
    "Lt": operator.lt,
    "LtE": operator.le,
    "Gt": operator.gt,
    "GtE": operator.ge,
    "Is": operator.is_,
    "IsNot": operator.is_not,
    "In": lambda x, y: x in y,
    "NotIn": lambda x, y: x not in y,
}


def _explain(problem: NameError, frame: FrameType) -> None:
    """Raises what Python would have raised in ``frame`` for a variable that is not bound.

    In a thunk the variable is that of another function, which is a NameError. Where the user
    wrote it, it may be the function's own, which is an UnboundLocalError.
    """
    step = problem.__traceback__
    while step is not None and step.tb_frame.f_code.co_filename == __file__:
        step = step.tb_next  # into a thunk
        if step is None or not _is_thunk(step.tb_frame.f_code):
            return
        last, step = step.tb_frame.f_code, step.tb_next
        own = frame.f_code.co_cellvars
        if step is None and problem.name in last.co_freevars and problem.name in own:
            text = f"cannot access local variable {problem.name!r}"
            found = UnboundLocalError(f"{text} where it is not associated with a value")
            raise found.with_traceback(problem.__traceback__) from None


def _is_thunk(code: CodeType) -> bool:
    return code.co_name == "<lambda>" and not code.co_argcount
