"""Rosenbrock's function of ten variables: a script from the import to the first gradient."""

import torch


def rosenbrock(x):
    return torch.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


x = torch.linspace(-1.0, 1.0, 10, dtype=torch.float64, requires_grad=True)
value = rosenbrock(x)
(gradient,) = torch.autograd.grad(value, x)
print(value.item(), *gradient.tolist())
