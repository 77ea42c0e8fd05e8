"""A hidden Markov model of the world's major earthquakes, fitted by its likelihood's gradient.

Each year is in a calm or in a busy state; the number of earthquakes (of magnitude 7 or more) is
Poisson with the state's rate. The forward algorithm sums over all sequences of states by a plain
loop over the years. The data, the model and its estimates are those of Zucchini, MacDonald and
Langrock, Hidden Markov Models for Time Series, 2nd edition, 2016, chapters 1 and 3.

The gradient of the same function by the log-probabilities of the emissions is the probability of
each state in each year, given all years: what the backward algorithm is written for.

Run: ``python examples/hidden_markov.py``
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import OptimizeResult, minimize
from scipy.special import gammaln, logsumexp

from adjit import compile_grad

COUNTS = """
13 14  8 10 16 26 32 27 18 32 36 24 22 23 22 18 25 21 21 14  8 11 14 23 18 17 19 20 22 19 13 26 13
14 22 24 21 22 26 21 23 24 27 41 31 27 35 26 28 36 39 21 17 22 17 19 15 34 10 15 22 18 15 20 15 22
19 16 30 27 29 23 20 16 21 21 25 16 18 15 18 14 10 15  8 15  6 11  8  7 18 16 13 12 13 20 15 16 12
18 15 16 13 15 16 11 11
"""
FIRST_YEAR = 1900


def forward(log_start, log_move, log_emitted):
    """The log-likelihood; ``log_emitted[t, k]``: of year t, if it is in state k."""
    log_alpha = log_start + log_emitted[0]
    for t in range(1, len(log_emitted)):
        log_alpha = logsumexp(log_alpha[:, None] + log_move, axis=0) + log_emitted[t]
    return logsumexp(log_alpha)


def emissions(rates, counts):
    """Poisson log-probabilities of the counts, one column for each state."""
    return counts[:, None] * np.log(rates) - rates - gammaln(counts[:, None] + 1.0)


def chain(logits):
    """The stationary distribution of two states, and their transitions, in logarithms.

    ``logits`` are the log-odds of leaving each state.
    """
    leave = 1.0 / (1.0 + np.exp(-logits))
    move = np.array([[1.0 - leave[0], leave[0]], [leave[1], 1.0 - leave[1]]])
    start = leave[::-1] / np.sum(leave)
    return np.log(start), np.log(move)


@compile_grad
def loss(parameters, counts):
    """The negative log-likelihood; the parameters are logarithms of rates, then log-odds."""
    log_start, log_move = chain(parameters[2:])
    return -forward(log_start, log_move, emissions(np.exp(parameters[:2]), counts))


@compile_grad
def evidence(log_emitted, log_start, log_move):
    return forward(log_start, log_move, log_emitted)


def fit(counts: np.ndarray) -> OptimizeResult:
    start = np.array([np.log(10.0), np.log(30.0), -2.0, -2.0])
    return minimize(loss, start, args=(counts,), jac=True, method="BFGS", options={"gtol": 1e-6})


def runs(busy: np.ndarray) -> list[str]:
    """The years in which ``busy`` holds, as first and last years."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], busy.astype(int), [0]])))
    return [f"{FIRST_YEAR + a}-{FIRST_YEAR + b - 1}" for a, b in edges.reshape(-1, 2)]


def main() -> None:
    counts = np.array(COUNTS.split(), dtype=float)
    print(f"data: {len(counts)} years, {counts.mean():.1f} major earthquakes in a year")

    found = fit(counts)
    rates = np.exp(found.x[:2])
    log_start, log_move = chain(found.x[2:])
    print(f"negative log-likelihood: {found.fun:.4f} in {found.nfev} calls")
    print(f"rates: {rates[0]:.3f} {rates[1]:.3f}")
    print(f"chance to leave a state: {np.exp(log_move[0, 1]):.4f} {np.exp(log_move[1, 0]):.4f}")

    value, states = evidence(emissions(rates, counts), log_start, log_move)
    print(f"the log-likelihood again: {value:.4f}")
    print(f"probabilities of the states of a year add up to 1 within {excess(states):.0e}")
    print(f"busy years: {', '.join(runs(states[:, 1] > 0.5))}")
    print(
        f"compiled: {loss.recordings} recording, {len(loss.schedule(found.x, counts).loops)} loops"
    )


def excess(states: np.ndarray) -> float:
    return float(np.max(np.abs(np.sum(states, axis=1) - 1.0)))


if __name__ == "__main__":
    main()
