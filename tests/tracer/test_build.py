"""Native code that comes from disk: the same results, and nothing compiled for them."""

from __future__ import annotations

import gc
import multiprocessing
import os
import random
import resource
import signal
import subprocess
import sys
import time
import weakref
from pathlib import Path

import numpy as np
import pytest

from adjit import compile_grad, jit, jvp, vjp
from adjit.codegen import assemble, cache
from adjit.tracer import compile as pipeline
from adjit.tracer import quicken
from adjit.tracer.errors import AdjitIndexError
from adjit.tracer.transforms import Compiled

X = np.linspace(0.5, 2.0, 7)


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("ADJIT_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture
def compiled(monkeypatch) -> list[str]:
    """What has been made into object code."""
    found: list[str] = []
    original = assemble.assemble

    def counted(text, *names, libm=False):
        found.extend(names)
        return original(text, *names, libm=libm)

    for module in (assemble, sys.modules["adjit.codegen.compile"]):
        monkeypatch.setattr(module, "assemble", counted)
    # What other tests have left in memory would not be written, and could be gone when wanted.
    monkeypatch.setattr(quicken, "_libraries", weakref.WeakValueDictionary())
    return found


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def branches(x):
    if np.sum(x) > 3.0:
        return np.sum(np.sin(x))
    return np.sum(x**3) if x[0] > 0.0 else x[0] * 2.0


def loop(x, n):
    y = x.copy()
    for i in range(n):
        y[i % 5] += y[(i + 1) % 7] * 0.5
    while np.sum(y) > 1.0:
        y = y * 0.7
    return np.sum(y * y)


def norm(p):
    return np.sqrt(np.sum(p["a"] ** 2)) + p["b"] * 2.0


def product(a, b):
    return np.sum((a @ b) ** 2)


MATRIX = np.random.default_rng(0).normal(size=(90, 90))

CALLS = {
    "vector": (rosenbrock, [(X,), (X + 1.0,)]),
    "branches": (branches, [(X,), (X * 0.1,), (X * -0.1,), (X,)]),
    "loops": (loop, [(X, 60), (X * 2, 60)]),
    "container": (norm, [({"a": X, "b": 2.0},)]),
    "BLAS": (product, [(MATRIX, MATRIX)]),
}


def assert_same(found, expected) -> None:
    (value, gradient), (wanted, wanted_gradient) = found, expected
    assert value == wanted
    if isinstance(gradient, dict):
        assert gradient["b"] == wanted_gradient["b"]
        gradient, wanted_gradient = gradient["a"], wanted_gradient["a"]
    np.testing.assert_array_equal(gradient, wanted_gradient)


@pytest.mark.parametrize("name", CALLS)
def test_the_second_time_nothing_is_compiled(place, compiled, name) -> None:
    fun, calls = CALLS[name]
    first, second = compile_grad(fun), compile_grad(fun)
    expected = [first(*args) for args in calls for _ in range(3)]
    assert compiled
    del compiled[:]
    found = [second(*args) for args in calls for _ in range(3)]
    assert compiled == []
    assert second.recordings == first.recordings
    for y, wanted in zip(found, expected, strict=True):
        assert_same(y, wanted)


def test_products_with_the_jacobian(place, compiled) -> None:
    def fun(x):
        return np.sin(x) * x[0]

    def fresh():
        return lambda x: fun(x)

    expected = vjp(fresh(), X)[1](X), jvp(fresh(), (X,), (X,))[1]
    del compiled[:]
    found = vjp(fresh(), X)[1](X), jvp(fresh(), (X,), (X,))[1]
    assert compiled == []
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_array_equal(found[1], expected[1])


def test_errors_of_native_code(place, compiled) -> None:
    def fun(x, k):
        total = 0.0
        for i in range(k.shape[0]):
            total += x[k[i]]
        return total

    k = np.zeros(200, np.int64)
    assert compile_grad(fun)(X, k)[0] == 100.0
    del compiled[:]
    again = compile_grad(fun)
    again(X, k)
    assert compiled == []
    k[7] = 99
    with pytest.raises(AdjitIndexError, match=r"test_build.py:\d+.*99"):
        again(X, k)


def test_stages_of_what_was_not_compiled(place, monkeypatch) -> None:
    expected = compile_grad(rosenbrock)
    expected(X)
    found = compile_grad(rosenbrock)
    for stage in ("graph", "adjoint", "schedule", "llvm", "asm"):
        assert str(getattr(found, stage)(X)) == str(getattr(expected, stage)(X))
    assert found.explain().splitlines()[1:] == expected.explain().splitlines()[1:]


VARIANTS = {
    "a number": (lambda x: np.sum(x * 2.0), lambda x: np.sum(x * 2.5)),
    "the sign of zero": (lambda x: np.sum(x / 0.0), lambda x: np.sum(x / -0.0)),
    "the sign of NaN": (
        lambda x: np.sum(np.copysign(x, np.nan)),
        lambda x: np.sum(np.copysign(x, -np.nan)),
    ),
    "an axis": (lambda x: np.sum(x * np.sum(x)), lambda x: np.sum(x * np.max(x))),
    "a slice": (lambda x: np.sum(x[1:]), lambda x: np.sum(x[:-1])),
    "the order": (lambda x: x[0] - x[1], lambda x: x[1] - x[0]),
    "steps": (
        lambda x: np.sum(np.linspace(0.0, 1.0, 7) * x),
        lambda x: np.sum(np.linspace(0.0, 2.0, 7) * x),
    ),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_functions_that_differ_in(place, compiled, name) -> None:
    for fun in VARIANTS[name]:
        with np.errstate(all="ignore"):
            wanted = fun(X)
        del compiled[:]
        assert jit(fun)(X) == wanted
        assert compiled


def test_what_else_is_compiled_apart(place, compiled) -> None:
    def fun(x, y):
        return np.sum(np.exp(x) * y)

    variants = [
        lambda: compile_grad(fun)(X, X),
        lambda: compile_grad(fun)(X[:3], X[:3]),
        lambda: compile_grad(fun)(X.astype("f"), X.astype("f")),
        lambda: compile_grad(fun, argnums=1)(X, X),
        lambda: compile_grad(fun, argnums=(0, 1))(X, X),
        lambda: compile_grad(fun, libm=True)(X, X),
        lambda: Compiled(fun, 0, "value")(X, X),
    ]
    for call in variants:
        del compiled[:]
        call()
        assert compiled
        del compiled[:]
        call()
        assert not compiled


def test_derivatives_are_not_taken_either(place, monkeypatch) -> None:
    compile_grad(rosenbrock)(X)

    def fail(path):
        raise AssertionError("a derivative was taken")

    monkeypatch.setattr(pipeline, "derive", fail)
    compile_grad(rosenbrock)(X)


# --- processes ------------------------------------------------------------------------------------

PROGRAM = """
import sys
import numpy as np
from adjit import compile_grad

@compile_grad
def f(x):
    y = x.copy()
    for i in range(6):
        y[i] = np.sin(y[i]) * y[i + 1]
    return np.sum(np.exp(-y * y))

for _ in range(3):
    value, gradient = f(np.linspace(0.1, 1.0, 7))
print("compiled" if "adjit.codegen.plan" in sys.modules else "found", value, *gradient)
"""


def start(place: Path, program: str = PROGRAM) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", program],
        env=os.environ | {"ADJIT_CACHE": str(place)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def result(process: subprocess.Popen) -> list[str]:
    out, problem = process.communicate(timeout=120)
    assert process.returncode == 0, problem
    assert problem == ""
    return out.split()


def test_a_second_process_does_not_compile(tmp_path) -> None:
    how, *numbers = result(start(tmp_path))
    assert how == "compiled"
    assert result(start(tmp_path)) == ["found", *numbers]


def test_processes_that_start_at_once_and_one_that_is_killed(tmp_path) -> None:
    processes = [start(tmp_path) for _ in range(10)]
    killed = processes.pop(4)
    while not list(tmp_path.rglob("new-*")) and any(p.poll() is None for p in processes):
        time.sleep(0.0005)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    answers = [result(process) for process in processes]
    assert len({tuple(numbers) for _, *numbers in answers}) == 1
    assert result(start(tmp_path)) == ["found", *answers[0][1:]]


def test_a_process_that_cannot_write(tmp_path) -> None:
    """As on a full disk: no file can get longer than a few bytes."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))

    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | {"ADJIT_CACHE": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=limit,
    )
    how, *numbers = result(process)
    assert how == "compiled"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert result(start(tmp_path)) == ["compiled", *numbers]


def _in_child(queue, fun) -> None:
    queue.put((fun(X)[1].tolist(), compile_grad(lambda x: np.sum(x**3))(X)[1].tolist()))


def test_children_of_a_fork_go_on(place) -> None:
    fun = compile_grad(rosenbrock)
    fun(X)  # which the second call gives an entry
    expected = fun(X)[1].tolist()
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    children = [context.Process(target=_in_child, args=(queue, fun)) for _ in range(3)]
    for child in children:
        child.start()
    answers = [queue.get(timeout=60) for _ in children]
    for child in children:
        child.join()
    assert all(answer == (expected, (3 * X**2).tolist()) for answer in answers)


def test_code_without_a_file(place, compiled) -> None:
    for _ in range(2):
        namespace = {"np": np}
        exec("def f(x):\n    return np.sum(x * x)\n", namespace)
        assert compile_grad(namespace["f"])(X)[0] == np.sum(X * X)
    assert len(compiled) == 1


def test_labels_tell_the_function_and_its_place(place) -> None:
    compile_grad(rosenbrock)(X)
    (entry,) = cache.entries(place)
    assert entry.label.startswith("rosenbrock (gradient), ")
    assert "test_build.py:" in entry.label


def test_what_is_compiled_while_recording_moves_no_generator(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("ADJIT_CACHE", str(tmp_path))
    monkeypatch.setattr(cache, "SWEEP", 1)  # every write also sweeps

    @compile_grad
    def f(a):
        b = a * 2
        while np.linalg.norm(b) < 1000:
            b = b * 2
        return b if b.sum() > 0 else 100 * b  # needs the loop's result to go on

    before = random.getstate(), str(np.random.get_state())
    assert f(np.array(0.7))[1] == 2048.0
    assert list(tmp_path.rglob("*"))  # it was kept
    assert (random.getstate(), str(np.random.get_state())) == before


@pytest.mark.parametrize("on", [True, False])
def test_the_collector_is_left_as_it_was(on) -> None:
    @jit
    def f(x):
        assert not gc.isenabled()  # seen by the recording only
        if x[0] > 1:
            raise ValueError("too much")
        return x + 1

    before = gc.isenabled()
    try:
        (gc.enable if on else gc.disable)()
        f(np.zeros(1))
        assert gc.isenabled() is on
        with pytest.raises(ValueError, match="too much"):
            f(np.array([2.0]))
        assert gc.isenabled() is on
    finally:
        (gc.enable if before else gc.disable)()


SYMBOLS = """
import numpy as np
from adjit import compile_grad

def gathered(x, i, j):
    return np.sum(np.exp(x[i, j]) * x[j, i])

def stepped(x, i):
    y = np.zeros(len(x))
    for n in range(len(i)):
        y[i[n]] += np.sin(x[i[n]]) * x[n]
        if y[n] > 0.5:
            y[i[n]] = y[n] * x[i[-1 - n]]
    return np.sum(y * y)

i, j = np.array([0, 2, 1]), np.array([1, 1, 2])
x = np.linspace(0.1, 0.8, 9)
print(compile_grad(gathered).llvm(x.reshape(3, 3), i, j))
print(compile_grad(stepped).llvm(x, i))
"""


def test_what_is_compiled_does_not_depend_on_the_order_of_sets(tmp_path) -> None:
    """Hashes of text differ between processes; what is kept on disk must be found all the same."""
    script = tmp_path / "symbols.py"
    script.write_text(SYMBOLS)
    texts = {
        subprocess.run(
            [sys.executable, str(script)],
            env={**os.environ, "PYTHONHASHSEED": str(seed), "ADJIT_CACHE": "off"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in range(1, 4)
    }
    assert len(texts) == 1
