"""Programs that a stranger tries and that must be right: compared with plain NumPy."""

from __future__ import annotations

import collections
import dataclasses
import functools
import itertools
import math
import threading

import numpy as np
import pytest

from adjit import compile_grad, grad, jit, jvp, stop_gradient, vjp

X = np.array([1.0, 2.0, 3.0])
POINTS = (
    np.array([1.1, 2.3, 3.2]),
    np.array([-1.2, 5.1, 0.4]),
    np.array([-1.1, -2.3, -3.2]),
    np.array([0.1, 0.25, 0.3]),
)


def differences(f, x, h=1e-6):
    moves = np.eye(x.size).reshape(-1, *x.shape) * h
    return np.array([(f(x + move) - f(x - move)) / (2 * h) for move in moves]).reshape(x.shape)


def from_range(x):
    total = 0.0
    for i in range(int(abs(x[0])) + 1):
        total = total + x[i % 3] ** 2
    return total


def grows(x):
    count = 0
    while x.sum() < 50:
        x = x * 2 + 1
        count += 1
        if count > 3:
            break
    else:
        x = x + count
    return np.sum(x) * count


def early(x):
    for v in x:
        if v < 0:
            return v * v
    return x.sum()


def tries(x):
    try:
        return np.sum(x + np.ones(5))
    except ValueError:
        return np.sum(x * 2)
    finally:
        x = None


def matches(x):
    match x[0]:
        case v if v > 1:
            return x[2] * 2
        case _:
            return x.sum()


def counts(x):
    total = collections.defaultdict(float)
    for i, v in enumerate(x):
        total[i % 2] += v * v
    return total[0] * 2 + total[1]


def nonlocals(x):
    total = 0.0

    def add(v):
        nonlocal total
        total = total + v * v

    for v in x:
        add(v)
    return total


def powers(x, n=3):
    return x.sum() if n == 0 else powers(x * x / 4, n - 1)


def doubled(f):
    @functools.wraps(f)
    def inner(*args, **kwargs):
        return 2 * f(*args, **kwargs)

    return inner


@doubled
def decorated(x):
    return np.sum(x * x)


def scaled(a, x, b=2):
    return a * np.sum(x**b)


@dataclasses.dataclass(frozen=True)
class Layer:
    w: object
    b: float = 2.0

    @property
    def twice(self):
        return self.b * 2

    def __call__(self, x):
        return np.sum(self.w * x * x) * self.twice

    @classmethod
    def of_class(cls, x):
        return np.sum(x) * cls.b


LAYER = Layer(np.array([1.0, 2.0, 3.0]))
first, second = (lambda x: x[0] * 2), (lambda x: x[1] ** 2)
EXECUTED: dict = {}
exec("import numpy as np\ndef f(x):\n    return np.sum(x * x) if x[0] > 0 else x[1]", EXECUTED)

PROGRAMS = {
    "float": lambda x: float(x[0]) * x[1],
    "int": lambda x: int(x[1]) * x.sum(),
    "range": from_range,
    "computed index": lambda x: x[int(x[0]) % 3] * x[1],
    "isinstance": lambda x: x[0] * (2 if isinstance(x, np.ndarray) else 3),
    "isinstance of an element": lambda x: x[0] * (2 if isinstance(x[0], float) else 3),
    "math": lambda x: math.sin(x[0]) * math.exp(x[1]) + math.hypot(x[0], x[2]),
    "math.floor": lambda x: math.floor(x[0]) * x[1] + math.ceil(x[1]) * x[2],
    "max": lambda x: max(x[0], x[1], x[2]) * 2 + min(x),
    "max with a key": lambda x: max(x, key=lambda v: -v),
    "sum": lambda x: sum(x * x) + sum([x[0], 1.0], x[1]),
    "round": lambda x: round(x[0]) * x[1] + abs(x[2]),
    "any, all": lambda x: x[0] if any(v > 1 for v in x) and all(v > -3 for v in x) else x[1] ** 2,
    "filter": lambda x: sum(filter(lambda v: v > 0, x)),
    "zip": lambda x: sum(i * a * b for i, (a, b) in enumerate(zip(x, x[::-1], strict=True))),
    "and, or": lambda x: x[0] if x[0] > 0 and x[1] > 0 else (x[1] if x[1] > 1 else x[2] * 3),
    "chain": lambda x: x[0] if 0 < x[0] < 1.15 else x[1] ** 2,
    "while": grows,
    "early return": early,
    "try": tries,
    "match": matches,
    "defaultdict": counts,
    "nonlocal": nonlocals,
    "recursion": powers,
    "decorated": decorated,
    "partial": functools.partial(scaled, 3.0),
    "callable object": LAYER,
    "class method": Layer.of_class,
    "made inside": lambda x: dataclasses.replace(Layer(x), b=3.0)(x),
    "first of a line": first,
    "second of a line": second,
    "without source": EXECUTED["f"],
    "combinations": lambda x: sum(a * b for a, b in itertools.combinations(x, 2)),
    "reduce": lambda x: functools.reduce(lambda a, b: a * b, x, 1.0),
    "huge int": lambda x: x[0] * 10**25 / 1e25,
}


@pytest.mark.parametrize("f", PROGRAMS.values(), ids=PROGRAMS)
def test_value_and_gradient(f):
    compiled = compile_grad(f)
    for x in (*POINTS, POINTS[0]):
        value, g = compiled(x)
        np.testing.assert_allclose(value, f(x.copy()), rtol=1e-12)
        np.testing.assert_allclose(g, differences(f, x), rtol=1e-4, atol=1e-5)


def test_python_ints_are_keys_members_and_texts():
    table = {1: 10, 2: 20, "w1": 1, "w2": 2, (1, 2): 3, (2, 2): 4}
    for f in (
        lambda n: table[n],
        lambda n: table[n, 2],
        lambda n: table[f"w{n}"],
        lambda n: n in {1, 3},
        lambda n: [5, 6, 7][n],
    ):
        compiled = jit(f)
        assert [compiled(n) for n in (1, 2, 1)] == [f(n) for n in (1, 2, 1)]


def test_ufuncs_and_builtins_as_they_are():
    np.testing.assert_allclose(jit(np.exp)(X), np.exp(X))
    np.testing.assert_allclose(grad(np.linalg.norm)(X), X / np.linalg.norm(X))
    assert compile_grad(math.sin)(1.0) == (math.sin(1.0), math.cos(1.0))


def test_captured_containers_and_defaults_are_read_again():
    factors, table, default = [1.0, 2.0], {"k": np.ones(3)}, np.ones(3)
    f = jit(lambda x, d=default: np.sum(x * d) * factors[0] * table["k"].sum())
    assert f(X) == 18.0
    factors[0] = 5.0
    assert f(X) == 90.0
    table["k"] = 2 * np.ones(3)
    assert f(X) == 180.0
    default[:] = 2.0
    assert f(X) == 360.0


def test_another_dtype_shape_or_type_at_each_call():
    def f(x, s=1):
        return np.sum(x * x * s)

    g = compile_grad(f)
    for x in (X, X.astype("f4"), X[:2], X[None], 2.0, np.float32(2), X[:0], np.asfortranarray(X)):
        np.testing.assert_allclose(g(x)[0], f(x), rtol=1e-6)
    for s in (1, 2.5, True, np.int8(3), np.ones(3), 10**12, 2**31, -(2**31), np.float32(3)):
        np.testing.assert_allclose(g(X, s)[0], f(X, s))


def test_transforms_inside_each_other():
    def cube(x):
        return np.sum(x**3)

    def branching(x):
        return np.sum(x * x) if x.sum() > 0 else np.sum(-x)

    np.testing.assert_allclose(grad(lambda x: np.sum(grad(cube)(x)))(X), 6 * X)
    np.testing.assert_allclose(jit(lambda x: vjp(cube, x)[1](2.0)[0])(X), 6 * X**2)
    np.testing.assert_allclose(grad(lambda x: grad(lambda y: y**3)(x))(2.0), 12.0)
    stopped = grad(lambda x: np.sum(x * stop_gradient(grad(cube)(x))))
    np.testing.assert_allclose(stopped(X), 3 * X**2)
    rows = jit(lambda rows: np.stack([grad(cube)(row) for row in rows]))
    np.testing.assert_allclose(rows(np.ones((2, 3))), np.full((2, 3), 3.0))
    hessian = jit(lambda x: np.stack([jvp(grad(cube), (x,), (e,))[1] for e in np.eye(3)]))
    np.testing.assert_allclose(hessian(X), np.diag(6 * X))
    paths = grad(lambda x: np.sum(grad(branching)(x) * x))
    for sign, expected in ((1, 4 * X), (-1, -np.ones(3)), (1, 4 * X)):
        np.testing.assert_allclose(paths(sign * X), expected)


def test_threads_that_change_path_and_shape():
    def f(x):
        return np.sum(x * x) if x[0] > 0 else np.sum(x**3)

    compiled, wrong = compile_grad(f), []

    def work(seed):
        for n in range(10):
            x = np.random.default_rng(seed * 100 + n).normal(size=3 + n % 3)
            if not np.allclose(compiled(x)[0], f(x)):
                wrong.append((seed, n))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_isscalar_tells_elements_from_arrays():
    f = jit(lambda x: (np.isscalar(x[0]), np.isscalar(x), np.isscalar(2.0)))
    assert f(np.ones(2)) == (True, False, True)
