"""One library is right for all sizes that it does not refuse."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from libraries import arguments, load, made, passed
from sized_programs import PROGRAMS, Program

import adjit
from adjit.aot import compile_library
from adjit.tracer.containers import flatten

OFTEN = [p for p in PROGRAMS if p.often]
REST = [p for p in PROGRAMS if not p.often]


def check(program: Program, tmp_path) -> None:
    wrt = [name.strip() for name in program.wrt.split(",")]
    library = compile_library(
        program.fun, program.args, wrt=wrt, emit="value_and_grad", output=tmp_path
    )
    module = load(library, tmp_path)
    names = library.functions[0].sizes
    gradient = adjit.value_and_grad(program.fun, wrt[0] if len(wrt) == 1 else tuple(wrt))
    for base in (program.least, program.least + 4, 18) if names else (0,):
        sizes = {name: base + (n if base > program.least else 0) for n, name in enumerate(names)}
        args = arguments(program.args, sizes)
        found = module.value_and_grad(*passed(program.args, args), **sizes)
        value, derivatives = gradient(*args)
        tolerance = 2e-5 if args[0].__class__ is np.ndarray and args[0].itemsize == 4 else 1e-11
        for y, wanted in zip(found, (value, *flatten(derivatives)[0]), strict=True):
            assert np.shape(y) == np.shape(wanted)
            np.testing.assert_allclose(y, wanted, rtol=tolerance, atol=tolerance, err_msg=sizes)
    for base in range(1, program.least):
        sizes = dict.fromkeys(names, base)
        with pytest.raises(module.LibraryError) as failed:
            module.value_and_grad(*passed(program.args, arguments(program.args, sizes)), **sizes)
        assert failed.value.status == 1


@pytest.mark.parametrize("program", OFTEN, ids=lambda p: p.name)
def test_all_sizes(program: Program, tmp_path) -> None:
    check(program, tmp_path)


@pytest.mark.parametrize("typical", [{"n": 3, "steps": 2}, {"n": 100_000, "steps": 5}])
def test_typical_sizes_change_speed_alone(typical, tmp_path) -> None:
    program = next(p for p in PROGRAMS if p.name == "heat")
    module = made(program.fun, program.args, tmp_path, emit="value", typical=typical)
    for n, steps in ((3, 1), (50, 7)):
        args = arguments(program.args, {"n": n, "steps": steps})
        np.testing.assert_allclose(module.value(args[0], steps=steps), program.fun(*args))


def test_many_threads(tmp_path) -> None:
    """Each call has its own workspace; nothing else is written."""
    program = next(p for p in PROGRAMS if p.name == "network")
    module = made(program.fun, program.args, tmp_path, emit="value_and_grad")
    many = [
        passed(program.args, arguments(program.args, {"n": 5, "k": 30 + seed, "m": 400}, seed))
        for seed in range(8)
    ]
    wanted = [module.value_and_grad(*args) for args in many]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(20):
            found = list(pool.map(lambda args: module.value_and_grad(*args), many))
            for one, other in zip(found, wanted, strict=True):
                for y, right in zip(one, other, strict=True):
                    np.testing.assert_array_equal(y, right)


@pytest.mark.slow
@pytest.mark.parametrize("program", REST, ids=lambda p: p.name)
def test_all_sizes_of_the_rest(program: Program, tmp_path) -> None:
    check(program, tmp_path)
