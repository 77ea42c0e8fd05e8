"""The examples, run as a newcomer runs them: as programs, from another folder.

The numbers that they print are compared with what is known without adjit.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from example_runs import EXAMPLES, PNG_MAGIC, after, numbers, run


def test_every_example_is_tested() -> None:
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(
        re.findall(r"\brun\(\s*\"(\w+\.py)\"", tests)
    )


def test_logistic_regression(tmp_path: Path) -> None:
    printed = run("logistic_regression.py", tmp_path)
    assert "569 patients, 30 features, 62.7% benign" in printed
    assert "gradient check against central differences, orders 1 and 2: passed" in printed
    compiled, calls, seconds = numbers(after("compiled gradient:", printed))
    differences, more_calls, more_seconds = numbers(after("finite differences:", printed))
    # The minimum is unique; its value was found with a gradient written by hand.
    assert compiled == pytest.approx(0.068083, abs=2e-6)
    assert differences == pytest.approx(compiled, abs=2e-6)
    assert more_calls > 10 * calls
    assert seconds > 0
    assert more_seconds > 0
    assert numbers(after("largest component of the gradient at the minimum:", printed))[0] < 1e-4
    assert numbers(after("accuracy:", printed)) == [pytest.approx(0.9877, abs=2e-3)]


def test_gaussian_process(tmp_path: Path) -> None:
    printed = run("gaussian_process.py", tmp_path)
    assert "gradient check against central differences, orders 1 and 2: passed" in printed
    assert numbers(after("likelihood at a point, less scikit-learn's:", printed))[0] < 1e-10
    assert numbers(after("its gradient, less scikit-learn's:", printed))[0] < 1e-9
    compiled, calls = numbers(after("compiled gradient:", printed))
    differences, more_calls = numbers(after("finite differences:", printed))
    # What scikit-learn finds with the same kernel.
    assert compiled == pytest.approx(230.78647, abs=1e-4)
    assert differences == pytest.approx(compiled, abs=1e-4)
    assert more_calls > 2 * calls
    label = "error of the predictions, in standard deviations of the data:"
    assert numbers(after(label, printed)) == [pytest.approx(0.734, abs=2e-3)]
    covered = numbers(after("observations within the interval of 95 %:", printed))
    assert covered == [pytest.approx(95.5, abs=0.5)]


def test_textbook(tmp_path: Path) -> None:
    printed = run("textbook.py", tmp_path)
    assert numbers(after("2 x·x at [0. 1. 2. 3.]:", printed)) == [28.0]
    compared = [line.split(": ", 1)[1] for line in printed.splitlines() if ", by hand " in line]
    assert len(compared) == 13
    for line in compared:
        found, derived = line.split(", by hand ")
        assert numbers(found) == pytest.approx(numbers(derived), rel=1e-12, abs=1e-12)
    assert after("gradient of 2 x·x:", printed).startswith(" [ 0.  4.  8. 12.]")
    assert after("gradient of stop_gradient(x * x) * x:", printed).startswith(" [0. 1. 4. 9.]")
    slopes = [line for line in printed.splitlines() if line.startswith("slope of the while")]
    assert [numbers(line.split(":")[1])[0] for line in slopes] == [2048.0, 2048.0, 204800.0, 4.0]
    assert after("its gradient by the bids:", printed).startswith(" [0. 0. 0. 1.]")
    assert (tmp_path / "textbook.png").read_bytes().startswith(PNG_MAGIC)


def test_piecewise(tmp_path: Path) -> None:
    target = tmp_path / "plot.png"
    printed = run("piecewise.py", tmp_path, str(target))
    pieces = [line for line in printed.splitlines() if line.startswith("[")]
    assert [line.split(" from ")[1].split(":")[0] for line in pieces] == ["2x", "3x²", "4x³", "0"]
    assert [int(re.search(r"(\d+) points", line)[1]) for line in pieces] == [200, 67, 33, 100]
    assert all(numbers(line.rsplit(":", 1)[1])[0] < 1e-14 for line in pieces)
    explained = printed.split("plot written to ")[1]
    assert "piecewise.py:" in explained  # explain() names the lines of the guards
    assert target.read_bytes().startswith(PNG_MAGIC)
    assert not (tmp_path / "piecewise.png").exists()


def test_heat(tmp_path: Path) -> None:
    printed = run("heat.py", tmp_path)
    assert numbers(after("hottest near:", printed)) == [0.3, 0.75]
    assert numbers(after("largest error of a temperature:", printed))[0] < 0.25
    assert "1 recordings" in printed


def test_hidden_markov(tmp_path: Path) -> None:
    printed = run("hidden_markov.py", tmp_path)
    # The estimates that the authors of the model print.
    assert numbers(after("negative log-likelihood:", printed))[0] == pytest.approx(
        342.3183, abs=1e-4
    )
    assert numbers(after("rates:", printed)) == pytest.approx([15.472, 26.125], abs=2e-3)
    moves = numbers(after("chance to leave a state:", printed))
    assert moves == pytest.approx([0.0660, 0.1285], abs=2e-4)
    assert numbers(after("the log-likelihood again:", printed)) == [-342.3183]
    excess = after("probabilities of the states of a year add up to 1 within", printed)
    assert numbers(excess)[0] < 1e-12
    assert "compiled: 1 recording" in printed


def test_variational_regression(tmp_path: Path) -> None:
    printed = run("variational_regression.py", tmp_path)
    (reached,) = numbers(after("negative bound after the noisy ascent:", printed))
    (best,) = numbers(after("negative bound at its optimum:", printed))
    # The optimum was also found with gradients by finite differences.
    assert best == pytest.approx(67.464, abs=2e-3)
    assert best <= reached < best + 0.2
    assert numbers(after("largest error of a mean, in scales:", printed))[0] < 0.25
    assert numbers(after("largest ratio of a scale to the best:", printed))[0] < 1.25
    assert numbers(after("accuracy of the mean:", printed))[0] > 0.98
    assert numbers(after("recordings:", printed)) == [1.0]


def test_convolution(tmp_path: Path) -> None:
    printed = run("convolution.py", tmp_path)
    assert "gradient check against central differences: passed" in printed
    assert numbers(after("accuracy on training images:", printed))[0] > 0.99
    assert numbers(after("accuracy on test images:", printed))[0] > 0.91
