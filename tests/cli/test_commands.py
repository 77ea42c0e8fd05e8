"""The command line as a whole: what it prints, and the exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from adjit.__main__ import main
from adjit.cli.app import COMMANDS

MODEL = """
import numpy as np
from adjit import compile_grad, custom_vjp, jit

def loss(w, X, y):
    return np.mean((X @ w - y) ** 2)

def many(p, k, flag):
    return np.sum(p ** k) if flag else np.sum(p)

@custom_vjp
def wrong(x):
    return np.sum(x ** 2)

wrong.defvjp(lambda x: (np.sum(x ** 2), x), lambda x, g: (3.0 * g * x,))

@compile_grad
def compiled(x):
    return np.sum(np.sin(x))

step = jit(lambda x: x - 0.1 * x ** 2)
slope = compiled.grad

def sample():
    return np.ones(3), np.ones((2, 3)), np.zeros(2)

def refused(x):
    if np.isclose(x, x).nothing:
        return x

class Model:
    def loss(x):
        return x * x
"""
ARGS = "w: f64[3], X: f64[n, 3], y: f64[n]"


@pytest.fixture(autouse=True)
def _model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "the_model.py").write_text(MODEL)
    (tmp_path / "broken.py").write_text("import no_such_module\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "the_model", raising=False)


SHOWN = [
    (["the_model:loss", "--args", ARGS], "contract("),
    (["the_model:loss", "--args", ARGS, "--stage", "adjoint", "--wrt", "w,y"], "return %"),
    (["the_model:loss", "--sample", "the_model:sample", "--stage", "schedule"], ""),
    (["the_model:loss", "--args", ARGS, "--stage", "llvm"], "define"),
    (["the_model:compiled", "--args", "x: f32[4]", "--stage", "asm"], "adjit"),
    (["the_model:compiled", "--args", "x: f32[4]", "--value"], "f32[4]"),
    (["the_model:slope", "--args", "x: f64[4]", "--stage", "adjoint"], "cos("),
    (["the_model:step", "--args", "x: f64"], "graph("),
    (["the_model:many", "--args", "p: f64[n], k: int=3, flag: bool=True"], "graph("),
    (["the_model:Model.loss", "--args", "x: f64"], "mul("),
    (["the_model.py:loss", "--args", ARGS], "contract("),
]


@pytest.mark.parametrize(("words", "text"), SHOWN)
def test_show(words: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", *words]) == 0
    printed = capsys.readouterr().out
    assert text in printed
    assert main(["show", *words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["function"] == words[0]
    assert found["text"].rstrip("\n") + "\n" == printed or "llvm" in words or "asm" in words


def test_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "the_model:loss", "--args", ARGS, "--order", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "ok     jvp of loss",
        "ok     vjp of loss",
        "2 comparisons",
    ]
    assert main(["check", "the_model:compiled", "--args", "x: f64[3]", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["agrees"]
    assert len(found["checks"]) == 6


def test_check_of_a_wrong_rule(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["check", "the_model:wrong", "--args", "x: f64[3]", "--order", "1"]
    words += ["--mode", "rev"]
    assert main(words) == 1
    assert "WRONG  vjp of wrong" in capsys.readouterr().out
    assert main([*words, "--json"]) == 1
    assert not json.loads(capsys.readouterr().out)["agrees"]


@pytest.mark.parametrize("names", ["w", "w,y", "X", "1,0"])
def test_check_by_some_parameters(names: str) -> None:
    words = ["--args", ARGS, "--order", "1", "--wrt", names]
    assert main(["check", "the_model:loss", *words]) == 0


def test_info(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info"]) == 0
    assert "llvmlite" in capsys.readouterr().out
    assert main(["info", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["packages"]["numpy"]
    assert found["threads"] >= 1


WRONG = [
    (["nothing"], 2, "No such command"),
    (["show"], 2, "Missing argument"),
    (["show", "the_model", "--args", ""], 2, "is no MODULE:FUNCTION"),
    (["show", "no_module:f", "--args", ""], 2, "there is no module no_module"),
    (["show", "broken:f", "--args", ""], 1, "No module named 'no_such_module'"),
    (["show", "no.py:f", "--args", ""], 2, "there is no file no.py"),
    (["show", "the_model:nothing", "--args", ""], 2, "the_model has no nothing"),
    (["show", "the_model:loss"], 2, "give --args or --sample"),
    (["show", "the_model:loss", "--args", "w: f63[3]"], 2, "f63 is none of"),
    (["show", "the_model:loss", "--args", "w f64"], 2, "cannot read 'w f64'"),
    (["show", "the_model:loss", "--args", "w: f64[3"], 2, "cannot read"),
    (["show", "the_model:loss", "--args", "w: f64[x+1]"], 2, "is no size"),
    (["show", "the_model:loss", "--args", "v: f64"], 2, "no parameter v"),
    (["show", "the_model:loss", "--args", "w: f64"], 2, "missing"),
    (["show", "the_model:loss", "--args", ARGS, "--stage", "x"], 2, "not one of"),
    (["show", "the_model:loss", "--args", "w: f64[4], X: f64[2,3], y: f64[2]"], 1, "ValueError"),
    (["show", "the_model:refused", "--args", "x: f64"], 1, "AttributeError"),
    (["completion", "tcsh"], 2, "not one of"),
]


@pytest.mark.parametrize(("words", "status", "text"), WRONG)
def test_errors_are_one_line(
    words: list[str], status: int, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == status
    printed = capsys.readouterr()
    assert printed.out == ""
    assert text in printed.err
    assert len(printed.err.splitlines()) == 1


def test_traceback() -> None:
    words = ["show", "the_model:refused", "--args", "x: f64"]
    for given in (["--traceback", *words], [*words, "--traceback"]):
        with pytest.raises(AttributeError):
            main(given)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_examples(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    listed = capsys.readouterr().out
    assert "exit status:" in listed
    if name not in listed.split():
        pytest.skip(f"adjit {name} is not there")
    assert main([name, "--help"]) == 0
    assert "example" in capsys.readouterr().out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    assert "_ADJIT_COMPLETE" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert "0.1" in capsys.readouterr().out


def test_importing_adjit_imports_no_command_line() -> None:
    text = "import sys, adjit; print([m for m in ('click', 'numba', 'rich') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
