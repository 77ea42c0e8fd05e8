"""Programs whose first call is measured: a loop is a function of its state, folded."""

from __future__ import annotations

import casadi

from ..straight_line import straight_line as on_module


def straight_line(operations):
    return on_module(operations, casadi)


def ten_operations(x):
    square = x * x
    return casadi.sum1(casadi.sin(x) * casadi.exp(-square) + casadi.cos(x) / (1.0 + square))


def pendulum(x, v, dt, steps):
    state = casadi.SX.sym("state", 3)
    angle, speed, width = casadi.vertsplit(state)
    speed = speed - width * casadi.sin(angle)
    after = casadi.vertcat(angle + width * speed, speed, width)
    step = casadi.Function("step", [state], [after])
    last = step.fold(steps)(casadi.vertcat(x, v, dt))
    return 0.5 * last[1] ** 2 - casadi.cos(last[0])


def diffusion(u, steps):
    state = casadi.SX.sym("state", *u.shape)
    inner = 0.2 * (state[2:] - 2.0 * state[1:-1] + state[:-2])
    step = casadi.Function("step", [state], [state + casadi.vertcat(0.0, inner, 0.0)])
    return casadi.sumsqr(step.fold(steps)(u))
