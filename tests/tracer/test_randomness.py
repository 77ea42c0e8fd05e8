"""Random draws inside of compiled functions: the numbers and states of plain Python."""

from __future__ import annotations

import random

import drawing
import numpy as np
import pytest
from drawing import LEGACY, PYTHON, RNG, same

from adjit import AdjitError, compile_grad, jit

X = np.linspace(0.5, 2.0, 4)
TABLE = np.linspace(1.0, 2.0, 4)
COV = np.array([[2.0, 0.5], [0.5, 1.0]])

# --- every distribution ---------------------------------------------------------------------------

BOTH = {
    "beta": ((2.0, 3.0),),
    "binomial": ((5, 0.4),),
    "chisquare": ((3.0,),),
    "choice": ((5,), (np.array([1.5, 2.5, 3.5]),), ([1, 2, 3],)),
    "dirichlet": (([1.0, 2.0, 3.0],),),
    "exponential": ((), (2.0,)),
    "f": ((2.0, 5.0),),
    "gamma": ((2.0, 3.0),),
    "geometric": ((0.3,),),
    "gumbel": ((), (1.0, 2.0)),
    "hypergeometric": ((5, 6, 7),),
    "laplace": ((), (1.0, 2.0)),
    "logistic": ((), (1.0, 2.0)),
    "lognormal": ((), (0.5, 0.2)),
    "logseries": ((0.5,),),
    "multinomial": ((5, [0.2, 0.3, 0.5]),),
    "multivariate_normal": (([0.0, 1.0], COV),),
    "negative_binomial": ((3, 0.4),),
    "noncentral_chisquare": ((3.0, 1.0),),
    "noncentral_f": ((3.0, 4.0, 1.0),),
    "normal": ((), (1.0, 2.0), (TABLE, 2.0)),
    "pareto": ((2.0,),),
    "poisson": ((3.0,), (TABLE,)),
    "power": ((2.0,),),
    "random": ((),),
    "rayleigh": ((), (2.0,)),
    "standard_cauchy": ((),),
    "standard_exponential": ((),),
    "standard_gamma": ((2.0,),),
    "standard_normal": ((),),
    "standard_t": ((3.0,),),
    "triangular": ((0.0, 1.0, 3.0),),
    "uniform": ((), (-1.0, 2.0)),
    "vonmises": ((0.5, 2.0),),
    "wald": ((1.0, 2.0),),
    "weibull": ((2.0,),),
    "zipf": ((3.0,),),
}
"""Methods with ``size=`` and arguments to call them with."""

OWN = {
    "Generator": {
        "integers": ((10,), (2, 9)),
        "multivariate_hypergeometric": (([3, 4, 5], 4),),
    },
    "RandomState": {
        "randint": ((10,), (2, 9)),
        "random_integers": ((10,),),
        "random_sample": ((),),
        "tomaxint": ((),),
    },
}
WITHOUT_SIZE = {
    "Generator": {
        "permutation": ((5,), (TABLE,), (COV,)),
        "permuted": ((TABLE,), (COV,)),
        "spawn": ((2,),),
        "shuffle": ((TABLE.copy(),),),
    },
    "RandomState": {
        "permutation": ((5,), (TABLE,), (COV,)),
        "rand": ((), (3,), (2, 3)),
        "randn": ((), (3,), (2, 3)),
        "seed": ((5,),),
        "shuffle": ((TABLE.copy(),),),
    },
}
PYTHON_METHODS = {
    "betavariate": ((2.0, 3.0),),
    "choice": (([1.5, 2.5, 3.5],), (range(9),)),
    "choices": (([1.0, 2.0, 3.0], [0.2, 0.3, 0.5]),),
    "expovariate": ((2.0,),),
    "gammavariate": ((2.0, 3.0),),
    "gauss": ((1.0, 2.0),),
    "getrandbits": ((20,),),
    "lognormvariate": ((0.0, 1.0),),
    "normalvariate": ((1.0, 2.0),),
    "paretovariate": ((2.0,),),
    "randint": ((1, 6),),
    "random": ((),),
    "randrange": ((10,),),
    "sample": ((range(10), 3),),
    "seed": ((5,),),
    "triangular": ((0.0, 1.0, 0.5),),
    "uniform": ((1.0, 2.0),),
    "vonmisesvariate": ((0.5, 2.0),),
    "weibullvariate": ((1.0, 2.0),),
}
UNUSED = {"bytes", "bit_generator", "get_state", "set_state", "getstate", "setstate", "VERSION"}
UNUSED |= {"randbytes", "gauss_next", "binomialvariate"}


def rows():
    for kind, generators in (("Generator", [RNG]), ("RandomState", [LEGACY, np.random])):
        for generator in generators:
            for name, calls in (BOTH | OWN[kind]).items():
                for args in calls if hasattr(generator, name) else ():
                    for size in (None, 3, (2, 2)):
                        array = any(isinstance(x, np.ndarray) and name != "choice" for x in args)
                        if not (array and size):
                            yield generator, name, args, {} if size is None else {"size": size}
            for name, calls in WITHOUT_SIZE[kind].items():
                yield from ((generator, name, args, {}) for args in calls)
    for generator in (PYTHON, random):
        for name, calls in PYTHON_METHODS.items():
            yield from ((generator, name, args, {}) for args in calls)


ROWS = list(rows())


def test_no_method_is_missing():
    tables = {
        np.random.Generator: BOTH | OWN["Generator"] | WITHOUT_SIZE["Generator"],
        np.random.RandomState: BOTH | OWN["RandomState"] | WITHOUT_SIZE["RandomState"],
        random.Random: PYTHON_METHODS | WITHOUT_SIZE["Generator"],
    }
    for cls, table in tables.items():
        methods = {name for name in dir(cls) if not name.startswith("_")}
        assert methods - UNUSED <= table.keys()


def functions():
    """The rows in bundles: one recording draws from several distributions, in their order."""
    usable = [row for row in ROWS if row[1] not in ("spawn", "shuffle")]
    return [usable[n : n + 12] for n in range(0, len(usable), 12)]


@pytest.mark.parametrize("bundle", functions(), ids=lambda bundle: bundle[0][1])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_numbers_and_states_are_those_of_plain_python(bundle):
    def f(x):
        total = x
        for generator, name, args, kwargs in bundle:
            found = getattr(generator, name)(*args, **kwargs)
            if found is not None:
                total = total + np.sum(found) * 0.5
        return total

    same(f, jit(f), X, ulp=2)


DRAWS = {
    "np.random.normal": lambda x: np.random.normal(0.0, 2.0, 4),
    "np.random.rand": lambda x: np.random.rand(),
    "np.random.ranf": lambda x: np.random.ranf(3),
    "np.random.sample": lambda x: np.random.sample(),
    "np.random.randint": lambda x: np.random.randint(5),
    "np.random.randint of a dtype": lambda x: np.random.randint(0, 5, 3, dtype=np.int8),
    "np.random.seed": lambda x: (np.random.seed(7), np.random.rand(3))[1],
    "size of an argument": lambda x: RNG.normal(size=x.shape),
    "size of a length": lambda x: RNG.normal(size=(len(x), x.ndim)),
    "float32": lambda x: RNG.standard_normal(4, dtype=np.float32),
    "out=": lambda x: RNG.random(out=np.empty(4)),
    "a scalar": lambda x: RNG.normal(),
    "0-d": lambda x: RNG.normal(size=()),
    "empty": lambda x: RNG.normal(size=(0, 3)),
    "bools": lambda x: RNG.integers(0, 2, 3, dtype=bool),
    "int": lambda x: RNG.integers(10),
    "endpoint": lambda x: RNG.integers(1, 6, size=3, endpoint=True),
    "without replacement": lambda x: RNG.choice(9, size=4, replace=False),
    "probabilities": lambda x: RNG.choice(3, 5, p=[0.2, 0.3, 0.5]),
    "choice of captured numbers": lambda x: RNG.choice(TABLE, 2),
    "axis": lambda x: RNG.permutation(COV, axis=1),
    "spawned": lambda x: np.random.default_rng(3).spawn(2)[1].normal(size=2),
    "shuffled list": lambda x: _shuffled(RNG),
    "shuffled by Python": lambda x: _shuffled(random),
    "shuffled array": lambda x: _shuffled_array(LEGACY),
    "captured parameters": lambda x: RNG.poisson(TABLE),
    "drawn parameters": lambda x: RNG.poisson(np.exp(RNG.normal(size=3))),
    "sampled by Python": lambda x: np.array(random.sample([1.5, 2.5, 3.5, 4.5], 2)),
    "weights": lambda x: np.array(PYTHON.choices([1, 2, 3], weights=[1, 1, 2], k=4)),
    "made inside": lambda x: np.random.default_rng(0).normal(size=3),
    "made of a bit generator": lambda x: np.random.Generator(np.random.PCG64(3)).random(2),
    "made of a sequence": lambda x: np.random.default_rng(np.random.SeedSequence(3)).random(),
    "RandomState inside": lambda x: np.random.RandomState(3).rand(2),
    "Random inside": lambda x: random.Random(3).random(),
    "passed on": lambda x: np.random.default_rng(RNG).normal(),
    "in a comprehension": lambda x: np.array([RNG.normal() for _ in range(3)]),
    "state of a generator": lambda x: _restored(),
}
STATE = np.random.RandomState(9).get_state()


def _shuffled(generator):
    places = list(range(5))
    generator.shuffle(places)
    return np.array(places)


def _shuffled_array(generator):
    numbers = np.arange(6.0).reshape(3, 2)
    generator.shuffle(numbers)
    return numbers


def _restored():
    np.random.set_state(STATE)
    return np.random.rand()


@pytest.mark.parametrize("name", DRAWS)
def test_what_is_drawn(name):
    draw = DRAWS[name]
    compiled = jit(lambda x: draw(x))
    same(draw, compiled, X)
    assert compiled.recordings == 1


# --- derivatives ----------------------------------------------------------------------------------

PRODUCTS = {
    "times noise": lambda x: np.sum(np.sin(x) * np.random.normal(size=4)),
    "a power": lambda x: np.sum(x ** RNG.integers(1, 4, size=4)),
    "a mask": lambda x: np.sum(np.where(RNG.random(4) < 0.5, x * x, 0.0)),
    "normal": lambda x: np.sum(RNG.normal(x, x * x) ** 2),
    "normal by keyword": lambda x: np.sum(np.random.normal(scale=x) ** 2),
    "normal with size": lambda x: np.sum(np.random.normal(x, 1.0, size=(2, 4)) ** 2),
    "normal of numbers": lambda x: np.random.normal(x[0], x[1]) ** 2,
    "uniform": lambda x: np.sum(LEGACY.uniform(x, 2 * x) ** 2),
    "exponential": lambda x: np.sum(RNG.exponential(x) ** 2),
    "laplace": lambda x: np.sum(RNG.laplace(x, x) ** 2),
    "gumbel": lambda x: np.sum(LEGACY.gumbel(x, x) ** 2),
    "logistic": lambda x: np.sum(RNG.logistic(x, x) ** 2),
    "rayleigh": lambda x: np.sum(RNG.rayleigh(x) ** 2),
    "lognormal": lambda x: np.sum(RNG.lognormal(x, 0.3 * x)),
    "gamma by scale": lambda x: np.sum(RNG.gamma(2.0, x) ** 2),
    "weibull": lambda x: np.sum(RNG.weibull(x)),
    "pareto": lambda x: np.sum(LEGACY.pareto(2.0 + x)),
    "power": lambda x: np.sum(RNG.power(x)),
    "legacy power": lambda x: np.sum(LEGACY.power(x)),
    "triangular": lambda x: np.sum(RNG.triangular(0.0, x, 3.0 + x) ** 2),
    "multivariate_normal": lambda x: np.sum(RNG.multivariate_normal(x[:2], COV) ** 2),
    "gauss": lambda x: random.gauss(x[0], x[1]) ** 2,
    "expovariate": lambda x: random.expovariate(x[0]),
    "uniform by Python": lambda x: PYTHON.uniform(x[0], x[1]) ** 2,
    "lognormvariate": lambda x: PYTHON.lognormvariate(x[0], x[1]),
    "float32": lambda x: np.sum(x.astype(np.float32) * RNG.standard_normal(4, dtype=np.float32)),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_gradients_with_the_noise_fixed(name):
    f = PRODUCTS[name]
    compiled = compile_grad(f)
    same(f, lambda x: compiled(x)[0], X, ulp=4)
    step = 1e-2 if name == "float32" else 1e-5
    for seed in range(2):
        drawing.seeded(seed)
        _, gradient = compiled(X)
        wanted = []
        for n in range(X.size):
            sides = []
            for h in (step, -step):
                drawing.seeded(seed)
                moved = X.copy()
                moved[n] += h
                sides.append(f(moved))
            wanted.append((sides[0] - sides[1]) / (2 * step))
        rtol = 1e-2 if name == "float32" else 1e-6
        np.testing.assert_allclose(gradient, wanted, rtol=rtol, atol=1e-7)


REFUSED = {
    "gamma by shape": lambda x: np.sum(RNG.gamma(x)),
    "poisson": lambda x: np.sum(x * RNG.poisson(x)),
    "beta": lambda x: np.sum(RNG.beta(x, 1.0)),
    "choice by p": lambda x: np.sum(RNG.choice(4, 2, p=x / np.sum(x))),
    "covariance": lambda x: np.sum(RNG.multivariate_normal(np.zeros(2), np.outer(x, x)[:2, :2])),
}


@pytest.mark.parametrize("name", REFUSED)
def test_parameters_without_a_derivative_are_refused(name):
    with pytest.raises(AdjitError, match=r"test_randomness.py:\d+: .*stop_gradient"):
        compile_grad(REFUSED[name])(X)


def test_they_are_drawn_with_where_nothing_is_differentiated():
    f = REFUSED["poisson"]
    same(f, jit(f), X)

    def g(x, rate):
        return np.sum(x * RNG.poisson(rate))

    compiled = compile_grad(g)
    same(g, lambda *args: compiled(*args)[0], X, X + 1)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: RNG.normal(0.0, -x),
        lambda x: np.random.exponential(-x),
        lambda x: LEGACY.uniform(x, np.inf),
        lambda x: RNG.weibull(-x),
        lambda x: RNG.triangular(x, x - 1, x + 1),
        lambda x: RNG.normal(x, 1.0, size=(3, 2)),
        lambda x: RNG.poisson(-1.0) * x,
    ],
)
def test_the_errors_are_those_of_numpy(call):
    with pytest.raises(Exception) as wanted:  # noqa: PT011
        call(X)
    kind = type(wanted.value)
    assert kind in (ValueError, OverflowError)
    with pytest.raises(kind):
        compile_grad(lambda x: np.sum(call(x)))(X)


UNSEEN = {
    "map": lambda x: x * np.array(list(map(np.random.poisson, [1, 2, 3, 4]))),
    "the state": lambda x: x * np.random.get_state()[1][0],
    "the state of a generator": lambda x: x * (RNG.bit_generator.state["has_uint32"] + 1),
    "bytes": lambda x: x * len(RNG.bytes(3)),
    "strings": lambda x: x * len(RNG.choice(["a", "bc"])),
    "a generator as a result": lambda x: (x, RNG),
}


@pytest.mark.parametrize("name", UNSEEN)
def test_what_cannot_be_drawn_again_is_refused(name):
    with pytest.raises(AdjitError, match=r"test_randomness.py:\d+"):
        jit(UNSEEN[name])(X)
