"""Staged control flow means what Python means."""

from __future__ import annotations

import traceback

import pytest
from control_programs import Writer, agree
from hypothesis import given
from hypothesis import strategies as st

from adjit.tracer.rewrite import rewrite


@given(st.integers(0, 10**9))
def test_random_programs(seed):
    for number in range(5):
        text = Writer(seed + number).program()
        for args in ((0, 1), (2, 3)):
            agree(text, *args)


# --- particular programs ------------------------------------------------------------------------

PROGRAMS = {
    "first bound in a loop": (
        """
        def f(n):
            for i in range(n):
                last = i * 2
            return last, i
        """,
        [(3,), (0,)],
    ),
    "unbound in one arm": (
        """
        def f(n):
            if n:
                y = 1
            return y
        """,
        [(1,), (0,)],
    ),
    "unbound in a test": (
        """
        def f(n):
            if n:
                y = 1
            while n < 3 and y < 5:
                y += 1
            return y if (n or y) else 0
        """,
        [(1,), (0,), (9,)],
    ),
    "unbound in a user's lambda": (
        """
        def f(n):
            g = lambda: y
            return n and (lambda: g() or y)()
            y = 1
        """,
        [(1,), (0,)],
    ),
    "closures over the loop variable": (
        """
        def f(n):
            made = []
            for i in range(n):
                k = i * 10
                made.append(lambda: (i, k))
                def inner():
                    nonlocal k
                    k += 1
                    return k
                inner()
            return [g() for g in made], k
        """,
        [(3,)],
    ),
    "a generator that rebinds": (
        """
        def f(n):
            count = 0
            def numbers():
                nonlocal count
                for i in range(n):
                    count += 1
                    yield i
            for i in numbers():
                count += 10
            return count
        """,
        [(3,)],
    ),
    "walrus": (
        """
        def f(n):
            while (k := n - 1) > 0:
                n = k
                if (j := k % 3) == 2 and (m := k) > 5: continue
                say((j, k))
            else:
                say("else")
            return k, j, [y for x in range(3) if (y := x) or y]
        """,
        [(9,), (4,)],
    ),
    "walrus in a test that breaks": (
        """
        def f(n):
            while (k := n - 1) and k != 3:
                n = k
                if k == 5: break
            return k, n
        """,
        [(9,), (5,), (2,)],
    ),
    "del in a loop": (
        """
        def f(n):
            x = 1
            for i in range(n):
                if i == 1: del x
                else: x = i
                if i == 2: del i
            return x
        """,
        [(1,), (2,), (4,)],
    ),
    "targets": (
        """
        def f(n):
            for [a, (b, *c)], d in {(1, (2, 3, 4)): 5, "xy": 6, (1, "z"): n}.items():
                say((a, b, c, d))
            for place.at in range(n): pass
            for place.list[n - 1] in range(n): pass
            return a, b, c, d, place.at, place.list
        class place:
            list = [0, 0, 0]
        """,
        [(3,)],
    ),
    "nothing to unpack": (
        """
        def f(n):
            for a, b in (
                    (1, 2), (3,)):
                say(a)
        """,
        [(3,)],
    ),
    "an iterator is left where Python leaves it": (
        """
        def f(n):
            numbers = items(10)
            for i in numbers:
                if i == n: break
            for j in numbers:
                if j == n + 2: return i, j, list(numbers)
            return list(numbers)
        """,
        [(2,), (20,)],
    ),
    "recursion": (
        """
        def f(n):
            if n < 2: return 1
            return n * f(n - 1) if n % 2 else (n and f(n - 1))
        """,
        [(9,)],
    ),
    "return in nested loops": (
        """
        def f(n):
            for i in range(5):
                for j in range(5):
                    while True:
                        if i * j == n: return i, j
                        if i + j: break
                        say((i, j))
                        break
                    else:
                        return "never"
                    say("after")
                else:
                    say("else")
            else:
                return "none"
        """,
        [(6,), (7,), (0,)],
    ),
    "else of a loop jumps": (
        """
        def f(n):
            for i in range(4):
                for j in range(n):
                    if j == 2: break
                else:
                    if i == 1: continue
                    if i == 2: break
                    say("whole")
                say(i)
            return i
        """,
        [(1,), (5,)],
    ),
    "else of a loop jumps out of a match": (
        """
        def f(n):
            for i in range(3):
                for j in range(n):
                    if j == 1: break
                else:
                    match i:
                        case 1: continue
                    say(i)
            return i
        """,
        [(1,), (2,)],
    ),
    "while else": (
        """
        def f(n):
            while n > 0:
                n -= 2
                if n == 4: break
            else:
                return "else", n
            return "broken", n
        """,
        [(8,), (7,), (0,)],
    ),
    "jumps out of try and with": (
        """
        def f(n):
            for i in range(4):
                if i == 1: continue
                try:
                    if i == n: break
                    with context(True):
                        if i == n - 1: return "with"
                        1 // (n - 2)
                except ZeroDivisionError:
                    continue
                finally:
                    say(i)
            return "end"
        """,
        [(0,), (1,), (2,), (3,), (9,)],
    ),
    "global": (
        """
        def f(n):
            global G
            for i in range(n):
                G = i
                if G == 2: return G
            if n: G = 7
            return G
        """,
        [(0,), (2,), (5,)],
    ),
    "private names": (
        """
        class A:
            def f(self, n):
                for __i in range(n):
                    if __i == 3: return __i, sorted(locals())
                    __k = __i
                return __k
        f = A().f.__func__
        """,
        [(None, 2), (None, 5), (None, 0)],
    ),
    "each truth is asked for once": (
        """
        def f(n):
            t = lambda k: Truth(n & k)
            while t(1) and not (t(2) or t(4)):
                n += 2
            return say(1 if t(1) and t(2) else 0), [i for i in range(2) if t(1) or t(4)]
        """,
        [(0,), (1,), (3,), (7,)],
    ),
    "super and frames in expressions": (
        """
        class A:
            def g(self, n): return n
        class B(A):
            def g(self, n):
                x = n and super().g(n) + len(locals())
                return x if n > 2 else sorted(vars())
        def f(n): return B().g(n)
        """,
        [(0,), (1,), (5,)],
    ),
    "lines": (
        """
        def f(n):
            if n == 0:
                raise ValueError
            for i in range(n):
                x = (1 // (i - 1)
                     if i < 5 else
                     1 // (i - n + 1))
            while 1 // (n - 4) > 0:
                n -= 1
            return (n and
                    1 // (n - 6))
        """,
        [(0,), (1,), (2,), (5,), (6,), (7,)],
    ),
    "what is never reached": (
        """
        def f(n):
            if n:
                return 1
                x = 2
            else:
                return x
            y = 3
        """,
        [(0,), (1,)],
    ),
    "nothing but jumps": (
        """
        def f(n):
            "A docstring."
            for i in range(n): continue
            for i in range(n): break
            while n: return
        """,
        [(0,), (1,)],
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name):
    text, arguments = PROGRAMS[name]
    for args in arguments:
        agree(text, *args)


@pytest.mark.parametrize("statement", ["if x == {}: return {}", "elif x == {}: y = {}"])
def test_more_ifs_than_python_nests_blocks(statement):
    cases = [statement.format(k, k) for k in range(60)]
    if statement.startswith("elif"):
        cases[0] = cases[0].removeprefix("el")
    text = "\n    ".join(["def f(x):", "y = 0", *cases, "return y"])
    for x in (0, 30, 59, 60):
        agree(text, x)


def test_a_generator_is_closed_as_its_loop_ends():
    text = """
        def f(n):
            def numbers():
                try:
                    yield from range(n)
                finally:
                    say("closed")
            for i in numbers():
                if i == 2: break
            say("after")
    """
    for n in (1, 5):
        log = agree(text, n)[-2]
        assert log == ["closed", "after"]


def test_generators_and_class_bodies_are_left_alone():
    text = """
        def f(n):
            def g():
                for i in range(n):
                    if i == 3: return
                    yield i if i else -1
            class A:
                for k in range(n):
                    if k and n: break
                picked = [k and j for j in range(n) if 0 < j < 3]
            return list(g()), A.picked, A.k
    """
    agree(text, 3)
    agree(text, 5)


def test_user_functions_do_not_nest_more_deeply_for_loops():
    def depth():
        return len(traceback.extract_stack())

    def loops():
        for _ in range(1):
            if _ == 0:
                return depth()
        return None

    assert rewrite(loops)() == loops() + 1  # the hook of the call
