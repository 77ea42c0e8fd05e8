"""Rosenbrock's function of ten variables: a script from the import to the first gradient."""

import casadi

x = casadi.SX.sym("x", 10)
value = casadi.sumsqr(10.0 * (x[1:] - x[:-1] ** 2)) + casadi.sumsqr(1.0 - x[:-1])
rosenbrock = casadi.Function("rosenbrock", [x], [value, casadi.gradient(value, x)])

value, gradient = rosenbrock(casadi.linspace(-1.0, 1.0, 10))
print(float(value), *gradient.nonzeros())
