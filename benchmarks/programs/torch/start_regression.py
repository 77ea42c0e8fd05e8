"""Logistic regression of a small table: a script from the import to the first gradient."""

import torch
from torch.nn import functional


def logistic_regression(w, X, y):
    return torch.mean(functional.softplus(-y * (X @ w))) + 0.005 * torch.dot(w, w)


X = torch.sin(torch.arange(600.0, dtype=torch.float64)).reshape(100, 6)
y = torch.where(X[:, 0] > 0.0, 1.0, -1.0)
w = torch.linspace(-1.0, 1.0, 6, dtype=torch.float64, requires_grad=True)
value = logistic_regression(w, X, y)
(gradient,) = torch.autograd.grad(value, w)
print(value.item(), *gradient.tolist())
