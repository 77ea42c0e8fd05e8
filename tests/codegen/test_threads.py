"""Worker threads: nested calls, threads of the user's, forks, and the end of the process."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest

from adjit import AdjitError, compile_grad, jit
from adjit.codegen.threads import pool


def loss(x):
    return np.sum(np.sin(x) * np.exp(-x * x))


X = np.linspace(-2, 2, 300_000)


def test_threads_of_the_user_share_one_pool():
    compiled = compile_grad(loss, threads=3)
    value, gradient = compiled(X)
    wrong: list[str] = []

    def work() -> None:
        for _ in range(30):
            v, g = compiled(X)
            if v != value or not np.array_equal(g, gradient):
                wrong.append("another result")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_pool_is_kept():
    assert pool(3) is pool(3)


@pytest.mark.parametrize("threads", [0, -1, 2.5, True, "2", 10**6])
def test_a_number_of_threads_that_is_none(threads):
    with pytest.raises(AdjitError, match="threads must be an int"):
        jit(loss, threads=threads)


def run(source: str, **environment: str) -> str:
    """What a program prints in a process of its own, which must end by itself."""
    head = f"""
        import numpy as np
        from adjit import compile_grad
        def loss(x):
            return np.sum(np.sin(x) * np.exp(-x * x))
        X = np.linspace(-2, 2, {X.size})
        """
    found = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(head) + textwrap.dedent(source)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **environment},
    )
    assert found.returncode == 0, found.stderr
    return found.stdout


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child_starts_threads_of_its_own():
    out = run(
        """
        import os
        compiled = compile_grad(loss, threads=4)
        before = compiled(X)[0]
        for _ in range(5):
            child = os.fork()
            if child == 0:
                ok = compiled(X)[0] == before and compile_grad(loss, threads=2)(X)[0] == before
                os._exit(0 if ok else 1)
            assert os.waitpid(child, 0)[1] == 0
        assert compiled(X)[0] == before
        print("right")
        """
    )
    assert out == "right\n"


def test_a_child_of_a_process_that_is_computing():
    out = run(
        """
        import os, threading
        compiled = compile_grad(loss, threads=3)
        before = compiled(X)[0]
        stop = False
        def work():
            while not stop:
                compiled(X)
        thread = threading.Thread(target=work)
        thread.start()
        for _ in range(10):
            child = os.fork()
            if child == 0:
                os._exit(0 if compiled(X)[0] == before else 1)
            assert os.waitpid(child, 0)[1] == 0
        stop = True
        thread.join()
        print("right")
        """
    )
    assert out == "right\n"


def test_numba_num_threads_is_respected():
    source = """
        import os
        compile_grad(loss)(X)
        print(len(os.listdir("/proc/self/task")))
        """
    if not os.path.isdir("/proc/self/task"):
        pytest.skip("needs /proc")
    counts = [int(run(source, NUMBA_NUM_THREADS=str(n), OPENBLAS_NUM_THREADS="1")) for n in (1, 4)]
    assert counts[1] - counts[0] == 3


def test_small_work_starts_no_thread():
    source = """
        import os
        x = np.ones(1000)
        before = len(os.listdir("/proc/self/task"))
        compile_grad(loss)(x)
        print(len(os.listdir("/proc/self/task")) - before)
        """
    if not os.path.isdir("/proc/self/task"):
        pytest.skip("needs /proc")
    assert run(source, NUMBA_NUM_THREADS="4") == "0\n"
