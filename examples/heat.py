"""Where was the heat? The initial temperatures of a rod, found from those at the end.

Explicit time steps with in-place updates, differentiated as they stand. The loop is recorded
once, and since a step is linear its derivative keeps nothing: the memory does not grow with the
number of steps.

Run it: python examples/heat.py
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from adjit import check_grads, compile_grad


def heated(start, steps):
    """The temperatures after ``steps`` time steps; the ends of the rod are kept at 0."""
    u = start.copy()
    u[0] = u[-1] = 0.0
    for _ in range(steps):
        u[1:-1] += 0.25 * (u[:-2] - 2.0 * u[1:-1] + u[2:])
    return u


@compile_grad
def misfit(start, measured, steps):
    """Squared difference to what was measured, and a little smoothness."""
    rough = start[1:] - start[:-1]
    return np.sum((heated(start, steps) - measured) ** 2) + 1e-7 * np.sum(rough**2)


def main() -> float:
    x = np.linspace(0.0, 1.0, 101)
    truth = np.exp(-(((x - 0.3) / 0.06) ** 2)) + 0.5 * np.exp(-(((x - 0.75) / 0.05) ** 2))
    steps = 200
    measured = heated(truth, steps)

    check_grads(lambda start: misfit.value(start, measured, 10), (0.5 + 0.1 * np.sin(9 * x),))
    print("gradient check against central differences, orders 1 and 2: passed")

    found = minimize(
        misfit, np.zeros_like(x), args=(measured, steps), jac=True, method="L-BFGS-B",
        options={"maxiter": 400, "maxfun": 2000},
    )  # fmt: skip
    error = float(np.max(np.abs(found.x - truth)))
    u = found.x
    peaks = x[1:-1][(u[1:-1] > u[:-2]) & (u[1:-1] > u[2:]) & (u[1:-1] > 0.2)]
    print(f"gradients of {steps} steps: {found.nfev}")
    print(f"hottest near: {', '.join(f'{at:.2f}' for at in peaks)}")
    print(f"largest error of a temperature: {error:.3f}")
    print(misfit.explain())
    return error


if __name__ == "__main__":
    main()
