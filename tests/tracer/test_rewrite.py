"""Rewritten functions do what the originals did, and only proven sources are rewritten."""

from __future__ import annotations

import functools
import importlib.util
import linecache
import math
import sys
import textwrap
import traceback
import types
from dataclasses import dataclass

import numpy as np
import pytest

from adjit.tracer.rewrite import is_rewritten, rewrite

SCALE = 3
TABLE = {"a": 1, "b": [2, 3]}


def same(fn, *args, **kwargs):
    """The rewritten function, after checking that it returns what the original returns."""
    rewritten = rewrite(fn)
    assert rewritten is not None
    assert is_rewritten(rewritten)
    assert not is_rewritten(fn)
    expected = fn(*args, **kwargs)
    got = rewritten(*args, **kwargs)
    if isinstance(expected, types.GeneratorType):
        expected, got = list(expected), list(got)
    assert got == expected
    return rewritten


def identity(fn):
    return fn


def keyword_decorator(**settings):
    def decorate(fn):
        fn.settings = settings
        return fn

    return decorate


def load(tmp_path, text, name="helper_module"):
    """A module written to a file and imported from it."""
    path = tmp_path / f"{name}.py"
    path.write_text(textwrap.dedent(text))
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- programs -----------------------------------------------------------------------------------


def straight(x):
    """A docstring."""
    y = x * SCALE + len(TABLE["b"])
    return y, math.sqrt(4), max(x, 2, key=lambda v: -v)


@identity
@keyword_decorator(
    a=lambda q: q + SCALE,
    b=2,
)
def decorated(x, /, y=SCALE, *rest, z=2, **more):
    return x, y, rest, z, more, SCALE


def recursive(n):
    return 1 if n < 2 else n * recursive(n - 1)


def loops(n):
    total = 0
    for i in range(n):
        if i == 3:
            continue
        while total > 100:
            total -= SCALE
        total += i
    else:
        total += 1000
    return total


def comprehensions(n):
    rows = [[i * j * SCALE for j in range(i)] for i in range(n) if i != SCALE]
    return (
        rows,
        {k: v for k, v in TABLE.items() if k},
        {-i for i in range(n)},
        sum(-i for i in range(n)),
    )


def shadowing(x):
    inner = [-SCALE for SCALE in range(3)]
    take = lambda SCALE: SCALE + 1  # noqa: E731
    return inner, take(x), SCALE


def walrus(x):
    found = [last := i for i in range(x)]
    return found, last, (y := x + 1) + y


def strings(x):
    return f"{x:>{SCALE + 2}} {TABLE['a']!r} {math.pi:.3f} {x=}"


@dataclass
class Point:
    x: int
    y: int


def patterns(value):
    match value:
        case Point(x=0, y=y):
            return y + SCALE
        case {"a": first, **rest} if first < SCALE:
            return first, rest
        case [one, *others]:
            return one, others
        case sys.maxsize:
            return "max"
        case other:
            return other


def exceptions(x):
    try:
        return TABLE["missing"]
    except (KeyError, ValueError) as problem:
        return str(problem), x
    finally:
        x = SCALE


def contexts(x):
    with np.errstate(divide="ignore") as state, pytest.raises(ZeroDivisionError):
        x / 0
    return x, state


def generator(n):
    received = yield SCALE
    yield received
    yield from (i * SCALE for i in range(n))


def nested(x):
    count = 0

    def step(amount=SCALE, *, twice: bool = False) -> int:
        nonlocal count
        count += amount
        return count * (2 if twice else 1)

    class Local:
        factor = SCALE
        doubled = factor * 2
        items = [-f for f in range(factor)]  # noqa: RUF012

        def value(self, SCALE):
            return self.factor + SCALE + self.doubled

    names = step.__qualname__, Local.__qualname__, Local.value.__qualname__
    return step(), step(x), step(twice=True), Local().value(x), Local.items, names


def imports(x):
    import os.path as p
    from math import floor

    return p.sep, floor(x)


def deletes(x):
    y = [x, x + 1]
    del y[0], x
    return y


def annotated(x: Missing) -> Missing:  # noqa: F821
    y: Missing = x  # noqa: F821
    z: int
    z = y
    return z


def special(x):
    y = dict(**locals())
    return y, dir(), eval("x + 1"), "SCALE" in globals(), vars()["x"]


def unpacking(xs):
    first, *rest = [*xs, *range(2)]
    return first, rest, dict(**TABLE, c=2), print(*xs, sep="")


def conditional(x):
    return x if x > SCALE else -x, 0 < x < SCALE, not x, x and SCALE


@pytest.mark.parametrize(
    ("fn", "args"),
    [
        (straight, (2,)),
        (recursive, (6,)),
        (loops, (30,)),
        (comprehensions, (5,)),
        (shadowing, (5,)),
        (walrus, (4,)),
        (strings, (7,)),
        (patterns, (Point(0, 2),)),
        (patterns, ({"a": 1, "c": 2},)),
        (patterns, ([1, 2, 3],)),
        (patterns, (sys.maxsize,)),
        (patterns, ("else",)),
        (exceptions, (1,)),
        (contexts, (1,)),
        (generator, (3,)),
        (nested, (4,)),
        (imports, (2.5,)),
        (deletes, (1,)),
        (annotated, (1,)),
        (special, (1,)),
        (unpacking, ([1, 2],)),
        (conditional, (5,)),
    ],
    ids=lambda item: getattr(item, "__name__", None),
)
def test_programs(fn, args):
    same(fn, *args)


def test_decorators_and_signature():
    rewritten = same(decorated, 1)
    same(decorated, 1, 5, 6, z=7, w=8)
    assert rewritten.__name__ == "decorated"
    assert rewritten.__defaults__ is decorated.__defaults__
    assert rewritten.__kwdefaults__ is decorated.__kwdefaults__
    assert rewritten.settings is decorated.settings


def test_default_lambdas_keep_their_own_scope():
    def f(x, g=lambda SCALE: SCALE + 1):
        return g(x) + SCALE

    same(f, 2)


def test_lambdas_of_one_line(tmp_path):
    texts = (
        "lambda x: x + K",
        "lambda x: x * K",
        "lambda x: (lambda y: y - K)(x)",
        "lambda x: x + K",
    )
    module = load(tmp_path, f"K = 3\nfs = [{', '.join(texts)}]\n")
    for f, expected in zip(module.fs, (5, 6, -1, 5), strict=True):
        assert same(f, 2)(2) == expected
    columns = [max(p[2] or 0 for p in rewrite(f).__code__.co_positions()) for f in module.fs]
    assert columns == sorted(columns)


def test_lambda_constants_of_one_line():
    f, g, h = lambda x: x * 2, lambda x: x * 2.0, lambda x: x * -0.0
    assert [type(same(f, 3)(3)), type(same(g, 3)(3))] == [int, float]
    assert math.copysign(1, same(h, 3)(3)) == -1


def test_lambdas_over_several_lines():
    f = functools.partial(
        lambda x, y: (
            x + y * SCALE
        ),
        1,
    )  # fmt: skip
    same(f.func, 1, 2)


def test_closures_share_cells():
    count = 10

    def add(x):
        nonlocal count
        count += x
        return count

    rewritten = rewrite(add)
    assert rewritten(1) == 11
    assert add(1) == 12
    assert count == 12


def test_globals_are_shared():
    def store(x):
        global STORED
        STORED = x
        STORED += SCALE
        return STORED

    assert rewrite(store)(1) == 4
    assert STORED == 4
    del globals()["STORED"]


class Base:
    factor = 2

    def __init__(self, weight):
        self.weight = weight
        self.__hidden = weight * 10

    def scaled(self, x):
        return self.weight * x

    def hidden(self):
        self.__hidden += 1
        return self.__hidden - 1 + self.__private(0)

    def __private(self, x):
        return x + __class__.factor

    @property
    def double(self):
        return self.weight * 2

    @staticmethod
    def plus(x, y=SCALE):
        return x + y

    @classmethod
    def make(cls, weight):
        return cls(weight)

    def __call__(self, x):
        return self.scaled(x)


class Derived(Base):
    def scaled(self, x):
        return super().scaled(x) + 1

    def old_style(self, x):
        return super(Derived, self).scaled(x) + self.double  # noqa: UP008

    def from_closure(self, x):
        def inner():
            return super(__class__, self).scaled(x)

        return inner()


def test_methods():
    derived = Derived(3)
    assert same(Derived.scaled, derived, 2)(derived, 2) == 7
    same(Derived.old_style, derived, 2)
    same(Derived.from_closure, derived, 2)
    same(Base.__call__, derived, 2)
    same(Base.plus, 1)
    same(Base.double.fget, derived)
    assert rewrite(Base.make.__func__)(Derived, 5).weight == 5


def test_private_names():
    assert rewrite(Base.hidden)(Base(3)) == 32
    assert rewrite(Base.__init__).__qualname__ == "Base.__init__"


def test_qualified_names():
    rewritten = rewrite(nested)
    codes = [c for c in rewritten.__code__.co_consts if isinstance(c, types.CodeType)]
    assert {c.co_qualname for c in codes} == {"nested.<locals>.step", "nested.<locals>.Local"}
    assert rewritten.__code__.co_qualname == "nested"


def test_traceback_shows_the_users_line():
    def fails(x):
        y = x + 1
        return math.sqrt(-y)  # here

    with pytest.raises(ValueError, match="math domain") as caught:
        rewrite(fails)(1)
    frames = traceback.extract_tb(caught.value.__traceback__)
    (line,) = [
        frame.line for frame in frames if frame.filename == __file__ and "here" in frame.line
    ]
    assert line == "return math.sqrt(-y)  # here"


def test_rewritten_once():
    rewritten = rewrite(straight)
    assert rewrite(rewritten) is rewritten
    assert rewrite(straight).__code__ is rewritten.__code__


def test_code_of_an_inner_function_is_not_mistaken_for_its_rewritten_twin():
    def make(w):
        return lambda x: x * w

    original = make(2)
    inner = rewrite(make)(2)
    assert is_rewritten(inner)
    assert not is_rewritten(original)
    assert "__adjit__" in rewrite(original).__code__.co_freevars


# --- no source ----------------------------------------------------------------------------------


def test_exec_has_no_source():
    namespace = {}
    exec("def f(x):\n    return x + 1\n", namespace)
    assert rewrite(namespace["f"]) is None


def test_async_is_not_rewritten():
    async def f(x):
        return x

    async def g(x):
        yield x

    assert rewrite(f) is None
    assert rewrite(g) is None


def test_stale_files(tmp_path):
    text = """
        K = 2
        def f(x):
            return x * K
        def g(x):
            return x * 2.0
        def h(x):
            return [i for i in range(x)]
    """
    module = load(tmp_path, text)
    same(module.f, 3)
    path = tmp_path / "helper_module.py"
    new = path.read_text().replace("x * 2.0", "x * 2").replace("[i for", "[1 for")
    path.write_text(new + "\n\n")
    linecache.clearcache()
    assert rewrite(module.f) is not None
    assert rewrite(module.g) is None
    assert rewrite(module.h) is None


def test_moved_and_broken_files(tmp_path):
    module = load(tmp_path, "def f(x):\n    return x + 1\n")
    path = tmp_path / "helper_module.py"
    path.write_text("# moved\n" + path.read_text())
    assert rewrite(module.f) is None
    other = load(tmp_path, "def f(x):\n    return x + 2\n", "broken_module")
    (tmp_path / "broken_module.py").write_text("def f(x:\n")
    assert rewrite(other.f) is None


def test_future_annotations_and_helpers(tmp_path):
    module = load(
        tmp_path,
        """
        from __future__ import annotations
        W = 4
        def helper(x: Undefined) -> Undefined:
            def inner(y: Undefined = x):
                return y * W
            return inner()
        """,
    )
    same(module.helper, 2)


def test_functions_of_one_name(tmp_path):
    module = load(
        tmp_path,
        """
        def pick(flag):
            if flag:
                def f(x): return x + 1
            else:
                def f(x): return x + 2
            return f
        class A:
            def f(self): return 1
        class B:
            def f(self): return 2
        f, g = pick(True), pick(False)
        """,
    )
    assert same(module.f, 1)(1) == 2
    assert same(module.g, 1)(1) == 3
    assert same(module.B.f, None)(None) == 2
