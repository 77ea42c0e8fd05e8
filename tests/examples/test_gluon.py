"""The Gluon tutorial: every number that it prints."""

from __future__ import annotations

from pathlib import Path

from example_runs import after, numbers, run


def test_gluon(tmp_path: Path) -> None:
    printed = run("gluon.py", tmp_path)
    assert after("gradient of 2x²:", printed) == " [[4.0, 8.0], [12.0, 16.0]]"
    assert after("is 4x:", printed) == " True"
    assert "(0): Dense(4 -> 3, relu)" in printed
    assert "(1): Dense(3 -> 1, linear)" in printed
    assert numbers(after("largest difference from the gradients by hand:", printed))[0] < 1e-5
    trained = numbers(after("dropout in training mode:", printed))
    assert len(trained) == 9
    assert set(trained) == {0.0, 2.0}
    assert numbers(after("dropout in prediction mode:", printed)) == [1.0] * 9
    assert after("parameters with a gradient:", printed) == " ['1.weight', '1.bias']"
    assert numbers(after("bias before:", printed)) == [0.0, 2.0]
    for dtype in ("float32", "float64"):
        line = after(f"gradients at 0, 0.1, ... 0.9 in {dtype}:", printed)
        assert numbers(line) == [0, 0.2, 0.4, 0.6, 0.8, 0.75, 1.08, 1.372, 0, 0]
    assert numbers(after("gradient with the head gradient 24:", printed)) == [192.0]
