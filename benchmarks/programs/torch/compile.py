"""Programs whose first call is measured: long ones, and loops with many trips."""

from __future__ import annotations

import torch

from ..straight_line import straight_line as on_module


def straight_line(operations):
    return on_module(operations, torch)


def ten_operations(x):
    square = x * x
    return torch.sum(torch.sin(x) * torch.exp(-square) + torch.cos(x) / (1.0 + square))


def pendulum(x, v, dt, steps):
    for _ in range(steps):
        v = v - dt * torch.sin(x)
        x = x + dt * v
    return 0.5 * v * v - torch.cos(x)


def diffusion(u, steps):
    u = u.clone()
    for _ in range(steps):
        u[1:-1] += 0.2 * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return torch.sum(u * u)
