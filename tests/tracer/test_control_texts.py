"""What the staging of control flow makes of small functions, as text."""

from __future__ import annotations

import ast
import textwrap

import pytest

from adjit.tracer.control import stage


def passed(text: str) -> str:
    """The pass alone, as text."""
    tree = ast.parse(textwrap.dedent(text))
    stage(tree.body[0], None)
    return ast.unparse(ast.fix_missing_locations(tree))


def shown(text: str) -> list[str]:
    """The lines of ``passed`` without those that store values in variables."""
    kept = []
    for line in passed(text).splitlines():
        if not line.endswith((".values", "is __adjit__.unset:")) and "del " not in line:
            kept.append(line.replace("__adjit__", "A").replace("__adjit_", "_"))
    return kept


TEXTS = {
    "a loop, and what is live after it": (
        """
        def f(x, n):
            for i in range(n):
                s = x[i]
                t = s + t
            return t
        """,
        """
        def f(x, n):
            _1__ = A.for_(range(n), ('i', 's', 't'), ('t',), ())
            while _1__.more():
                i = _1__.item
                s = x[i]
                t = s + t
            return t
        """,
    ),
    "continue and break need arms, not tests": (
        """
        def f(n):
            for i in range(n):
                if i == 1:
                    continue
                if i == 5:
                    break
                g(i)
        """,
        """
        def f(n):
            _break_1__ = False
            _1__ = A.for_(range(n), ('_break_1__', 'i'), (), ('_break_1__',))
            while _1__.more():
                i = _1__.item
                _2__ = A.if_(i == 1, ('_break_1__',))
                while _2__.more():
                    if _2__.taken:
                        pass
                    else:
                        _3__ = A.if_(i == 5, ('_break_1__',))
                        while _3__.more():
                            if _3__.taken:
                                _break_1__ = True
                            else:
                                g(i)
        """,
    ),
    "a jump that may be taken is a flag": (
        """
        def f(x):
            while x:
                if x > 1:
                    if x > 2:
                        continue
                    x = 2
                x -= 1
            else:
                x = 7
            return x
        """,
        """
        def f(x):
            _1__ = A.while_(lambda: x, ('_continue_1__', 'x'), ('x',), ())
            while _1__.more():
                _continue_1__ = False
                _2__ = A.if_(x > 1, ('_continue_1__', 'x'))
                while _2__.more():
                    if _2__.taken:
                        _3__ = A.if_(x > 2, ('_continue_1__', 'x'))
                        while _3__.more():
                            if _3__.taken:
                                _continue_1__ = True
                            else:
                                x = 2
                _4__ = A.if_(A.negate(_continue_1__), ('x',))
                while _4__.more():
                    if _4__.taken:
                        x -= 1
            x = 7
            return x
        """,
    ),
    "early returns": (
        """
        def f(x):
            "Text."
            if x == 0:
                return a
            elif x == 1:
                y = 1
            else:
                return b
            return y
        """,
        """
        def f(x):
            \"\"\"Text.\"\"\"
            _result__ = None
            _1__ = A.if_(x == 0, ('_result__', 'y'))
            while _1__.more():
                if _1__.taken:
                    _result__ = a
                else:
                    _2__ = A.if_(x == 1, ('_result__', 'y'))
                    while _2__.more():
                        if _2__.taken:
                            y = 1
                            _result__ = y
                        else:
                            _result__ = b
            return _result__
        """,
    ),
    "what the next round of an outer loop may read is live": (
        """
        def f(x):
            for i in x:
                for j in i:
                    t = j + 1
                    if j:
                        return u
                    u = t
        """,
        """
        def f(x):
            _result__ = None
            _returned__ = False
            _1__ = A.for_(x, ('_result__', '_returned__', 'i', 'j', 't', 'u'), ('_result__',), ('_returned__',))
            while _1__.more():
                i = _1__.item
                _2__ = A.for_(i, ('_result__', '_returned__', 'j', 't', 'u'), ('_result__', '_returned__', 'u'), ('_returned__',))
                while _2__.more():
                    j = _2__.item
                    t = j + 1
                    _3__ = A.if_(j, ('_result__', '_returned__', 'u'))
                    while _3__.more():
                        if _3__.taken:
                            _result__ = u
                            _returned__ = True
                        else:
                            u = t
            return _result__
        """,  # noqa: E501
    ),
    "a jump out of a try stays": (
        """
        def f(x):
            for i in x:
                try:
                    if i:
                        break
                finally:
                    y = 1 if i else 2
                if y:
                    y = 3
        """,
        """
        def f(x):
            for i in A.unrolled(x, 'a jump leaves a try, with or match'):
                try:
                    if i:
                        break
                finally:
                    y = A.choose(i, lambda: 1, lambda: 2)
                _1__ = A.if_(y, ('y',))
                while _1__.more():
                    if _1__.taken:
                        y = 3
        """,
    ),
    "expressions": (
        """
        def f(a, b, c):
            if a and (b or not c):
                x = a and b and c
            y = a < b <= c or (z := c) or locals()
            assert 0 < a < 1, [b for b in c if b or a]
            return super().f and (lambda: a or b)
        """,
        """
        def f(a, b, c):
            _1__ = A.if_(A.both(a, lambda: A.either(b, lambda: A.negate(c), test=True), test=True), ('x',))
            while _1__.more():
                if _1__.taken:
                    x = A.both(a, lambda: b, lambda: c)
            y = A.chain(a, ('Lt', 'LtE'), lambda: b, lambda: c) or (z := c) or locals()
            assert A.chain(0, ('Lt', 'Lt'), lambda: a, lambda: 1, test=True), [b for b in c if A.either(b, lambda: a, test=True)]
            return A.both(super().f, lambda: lambda: A.either(a, lambda: b))
        """,  # noqa: E501
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_text(name):
    before, after = TEXTS[name]
    assert shown(before) == textwrap.dedent(after).strip().splitlines()


def test_variables_are_stored_before_each_round_and_after_the_last():
    text = """
        def f(n):
            if n:
                x = 1
    """
    stored = ["x, = __adjit_1__.values", "if x is __adjit__.unset:", "    del x"]
    assert passed(text).splitlines() == [
        "def f(n):",
        "    __adjit_1__ = __adjit__.if_(n, ('x',))",
        "    while __adjit_1__.more():",
        *("        " + line for line in stored),
        "        if __adjit_1__.taken:",
        "            x = 1",
        *("    " + line for line in stored),
    ]


def test_generators_and_class_bodies_are_left_alone():
    text = """
        def f(n):
            def g():
                for i in range(n):
                    yield i if i else -1
            class A:
                for k in range(n):
                    if k and n:
                        break
                picked = [k and j for j in range(n)]
    """
    staged = passed(text)
    assert "        for i in range(n):\n            yield (i if i else -1)" in staged
    assert "for k in __adjit__.unrolled(range(n), 'it stands in a class body'):" in staged
    assert "if k and n:" in staged
    assert "[__adjit__.both(k, lambda: j) for j in range(n)]" in staged
