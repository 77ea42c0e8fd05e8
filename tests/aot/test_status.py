"""What a function answers to arguments that it cannot work with."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
from libraries import load, native

from adjit import AdjitError
from adjit.aot import compile_library
from adjit.aot.status import MESSAGES, Status

GUARD = 7.0


def loss(w, X, y, k):
    if np.sum(w) < -1e3:
        raise ValueError("weights out of range")
    s = np.sum((X @ w - y) ** 2) + w[k]
    t = s + 9.0
    while t > 1.0:
        t = 0.98 * t - 0.001 * np.sin(t)
    return s + t


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("loss")
    args = "w: f64[n], X: f64[m, n], y: f64[m], k: i64"
    compile_library(loss, args, emit="value_and_grad", output=place)
    return place


class Call:
    """A call, whose arguments a test changes; outputs are watched."""

    def __init__(self, folder) -> None:
        self.library = native(folder, "loss")
        self.room = self.library.loss_value_and_grad_workspace
        self.room.restype = ctypes.c_int64
        self.sizes = [4, 3]
        rng = np.random.default_rng(0)
        self.w, self.X, self.y = rng.normal(size=3), rng.normal(size=(4, 3)), rng.normal(size=4)
        self.k = 1
        self.value, self.grad = np.full(1, GUARD), np.full(3, GUARD)
        self.workspace = np.full(1 << 18, 7, np.uint8)
        self.bytes = None
        self.pointers: dict[str, int | None] = {}

    def __call__(self) -> int:
        names = ("w", "X", "y", "value", "grad", "workspace")
        at = {name: getattr(self, name).ctypes.data for name in names} | self.pointers
        p = {name: ctypes.c_void_p(place) for name, place in at.items()}
        size = self.workspace.nbytes if self.bytes is None else self.bytes
        m, n = map(ctypes.c_int64, self.sizes)
        return self.library.loss_value_and_grad(
            m, n, p["w"], p["X"], p["y"], ctypes.c_int64(self.k), p["value"], p["grad"],
            p["workspace"], ctypes.c_int64(size),
        )  # fmt: skip

    @property
    def untouched(self) -> bool:
        arrays = (self.value, self.grad, self.workspace)
        return all((array == GUARD).all() for array in arrays)


@pytest.fixture
def call(folder) -> Call:
    return Call(folder)


def test_a_call_that_is_right(call) -> None:
    assert call() == Status.OK
    assert call.value[0] == pytest.approx(loss(call.w, call.X, call.y, 1))
    assert not call.untouched


@pytest.mark.parametrize(
    "sizes", [[0, 3], [4, 0], [-1, 3], [1 << 41, 1], [1 << 40, 1 << 40], [-(1 << 63), 3]]
)
def test_sizes(call, sizes) -> None:
    call.sizes = sizes
    assert call() == Status.SIZE
    assert call.untouched
    assert call.room(*map(ctypes.c_int64, sizes)) == -1


def test_workspace(call) -> None:
    needed = call.room(ctypes.c_int64(4), ctypes.c_int64(3))
    assert 0 < needed <= call.workspace.nbytes
    for call.bytes in (0, 8, -5):
        assert call() == Status.WORKSPACE
        assert call.untouched
    call.bytes = needed
    assert call() == Status.OK
    assert (call.workspace[needed:] == 7).all()


@pytest.mark.parametrize("name", ["w", "X", "y", "value", "grad", "workspace"])
def test_null_pointers(call, name) -> None:
    call.pointers[name] = None
    assert call() == Status.POINTER
    assert call.untouched


@pytest.mark.parametrize("name", ["w", "X", "y", "value", "grad"])
def test_pointers_that_are_not_aligned(call, name) -> None:
    call.pointers[name] = getattr(call, name).ctypes.data + 4
    assert call() == Status.POINTER
    assert call.untouched


@pytest.mark.parametrize("name", ["w", "X", "y", "value", "workspace"])
def test_outputs_that_overlap(call, name) -> None:
    call.pointers["grad"] = getattr(call, name).ctypes.data
    assert call() == Status.OVERLAP
    assert call.untouched


def test_inputs_may_be_the_same(call) -> None:
    call.sizes, call.pointers["y"] = [3, 3], call.w.ctypes.data
    assert call() == Status.OK
    assert call.value[0] == pytest.approx(loss(call.w, call.X[:3], call.w, 1))


def test_a_workspace_need_not_be_aligned(call) -> None:
    call.pointers["workspace"], call.bytes = call.workspace.ctypes.data + 3, (1 << 18) - 3
    assert call() == Status.OK
    assert call.value[0] == pytest.approx(loss(call.w, call.X, call.y, 1))


def test_numbers_out_of_range(call) -> None:
    for call.k in (1 << 31, -(1 << 31), 1 << 62):
        assert call() == Status.ARGUMENT
        assert call.untouched
    for call.k in (3, -4):
        assert call() == Status.INDEX
    call.k = -1
    assert call() == Status.OK


def test_a_branch_that_raises(call) -> None:
    call.w[0] = -1e9
    assert call() == Status.PATH


def test_a_loop_that_needs_more_workspace(call, folder) -> None:
    needed = call.room(ctypes.c_int64(4), ctypes.c_int64(3))
    call.bytes = needed - (1 << 16) * _tapes(folder)
    assert call() == Status.FULL


def _tapes(folder) -> int:
    """How many arrays grow, from what the workspace function adds for each."""
    text = (folder / "loss.json").read_text()
    assert '"grows": true' in text
    module = load_of(folder)
    row = next(row for row in module._TABLE if row["title"] == "value_and_grad")
    assert row["name"] == "loss_value_and_grad"
    library = native(folder, "loss")
    room = library.loss_value_and_grad_workspace
    room.restype = ctypes.c_int64
    return int(room(ctypes.c_int64(4), ctypes.c_int64(3))) >> 16


def load_of(folder):
    from adjit.aot.library import Library

    return load(Library("loss", "shared", (), (), ()), folder)


def test_messages(folder) -> None:
    say = native(folder, "loss").loss_status
    say.restype = ctypes.c_char_p
    for status in Status:
        assert say(int(status)).decode() == MESSAGES[status]
    assert say(77) == b"no status of this library"


def test_the_loader_gives_loops_more_workspace(tmp_path) -> None:
    def slow(x, steps):
        s, k = np.sum(x**2), 0.0
        while k < steps:
            s, k = np.sin(s) + 1.0, k + 1.0
        return s

    library = compile_library(slow, "x: f64[n], steps: f64", emit="value_and_grad", output=tmp_path)
    module = load(library, tmp_path)
    value, grad = module.value_and_grad(np.ones(3), 50_000.0)
    s, g = 3.0, 2.0
    for _ in range(50_000):
        s, g = np.sin(s) + 1.0, g * np.cos(s)
    assert value == pytest.approx(s, rel=1e-12)
    np.testing.assert_allclose(grad, g, rtol=1e-6, atol=1e-300)


@pytest.mark.parametrize(
    ("fun", "args", "text"),
    [
        (lambda x: np.sum(np.linalg.solve(x, x[0])), "x: f64[n, n]", "LAPACK"),
        (lambda x: np.sum(np.abs(np.fft.fft(x))), "x: f64[8]", "Fourier"),
        (lambda x: np.sum(x[x > 0]), "x: f64[n]", "follows from the data"),
        (lambda x: np.sum(x + np.random.normal(size=3)), "x: f64[3]", "random"),
        (lambda x: np.sum(x), "x: f64", "no such thing"),
        (lambda x: np.sum(x), "x: q64[n]", "none of f64"),
        (lambda x: np.sum(x), "x: f64[n", "no list of"),
        (lambda x: np.sum(x), "x: f64[n**2]", "no size"),
        (lambda x: np.sum(x), "x: f64[0]", "no elements"),
        (lambda x: np.sum(x), "x: f64[register]", "name in C"),
        (
            lambda x: np.sum(x) * (len(x) ^ 1),
            "x: f64[n]",
            r"test_status.py:\d+: TypeError: the size n",
        ),
        (lambda x: np.sum(missing), "x: f64[n]", "NameError"),  # noqa: F821
        (lambda x: np.sum(x), "z: f64[n]", "z"),
        (lambda x: np.sum(x), "x: i64[n]", "no floating-point"),
        (lambda x: x * 2.0, "x: f64[n]", "real scalar"),
    ],
)
def test_what_cannot_be_compiled(fun, args, text, tmp_path) -> None:
    if text == "no such thing":
        compile_library(fun, args, emit="value_and_grad", output=tmp_path, name="f")
        return
    with pytest.raises(Exception, match=text) as found:
        compile_library(fun, args, emit="value_and_grad", output=tmp_path, name="f")
    assert isinstance(found.value, AdjitError)
    assert list(tmp_path.iterdir()) == []
