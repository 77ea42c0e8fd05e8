"""The loop cases that carry vectors or scalars, as explicit loops for numba."""

from __future__ import annotations

import math

import numpy as np
from numba import njit


@njit
def accelerate(position, mass, out):
    n = position.shape[0]
    for i in range(n):
        ax, ay, az = 0.0, 0.0, 0.0
        for j in range(n):
            x = position[j, 0] - position[i, 0]
            y = position[j, 1] - position[i, 1]
            z = position[j, 2] - position[i, 2]
            squares = x * x + y * y + z * z + 0.01
            pull = mass[j] / (squares * math.sqrt(squares))
            ax += pull * x
            ay += pull * y
            az += pull * z
        out[i, 0], out[i, 1], out[i, 2] = ax, ay, az


@njit
def nbody(position, velocity, mass, steps, dt):
    position, velocity = position.copy(), velocity.copy()
    acceleration = np.empty_like(position)
    accelerate(position, mass, acceleration)
    for _ in range(steps):
        for i in range(position.shape[0]):
            for axis in range(3):
                velocity[i, axis] += 0.5 * dt * acceleration[i, axis]
                position[i, axis] += dt * velocity[i, axis]
        accelerate(position, mass, acceleration)
        for i in range(position.shape[0]):
            for axis in range(3):
                velocity[i, axis] += 0.5 * dt * acceleration[i, axis]
    return position, velocity


@njit
def softmax_rows(X):
    out = np.empty_like(X)
    for i in range(X.shape[0]):
        top = X[i, 0]
        for j in range(1, X.shape[1]):
            top = max(top, X[i, j])
        total = 0.0
        for j in range(X.shape[1]):
            out[i, j] = math.exp(X[i, j] - top)
            total += out[i, j]
        for j in range(X.shape[1]):
            out[i, j] /= total
    return out


@njit
def ring_slope(x, forcing, out):
    n = x.shape[0]
    out[0] = (x[1] - x[n - 2]) * x[n - 1] - x[0] + forcing[0]
    out[1] = (x[2] - x[n - 1]) * x[0] - x[1] + forcing[1]
    for i in range(2, n - 1):
        out[i] = (x[i + 1] - x[i - 2]) * x[i - 1] - x[i] + forcing[i]
    out[n - 1] = (x[0] - x[n - 3]) * x[n - 2] - x[n - 1] + forcing[n - 1]


@njit
def lorenz96(x, forcing, steps, dt):
    x = x.copy()
    n = x.shape[0]
    k1, k2, k3, k4 = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    moved = np.empty(n)
    for _ in range(steps):
        ring_slope(x, forcing, k1)
        for i in range(n):
            moved[i] = x[i] + 0.5 * dt * k1[i]
        ring_slope(moved, forcing, k2)
        for i in range(n):
            moved[i] = x[i] + 0.5 * dt * k2[i]
        ring_slope(moved, forcing, k3)
        for i in range(n):
            moved[i] = x[i] + dt * k3[i]
        ring_slope(moved, forcing, k4)
        for i in range(n):
            x[i] += dt / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i])
    return x


@njit
def sigmoid(x):
    return 1.0 / (1.0 + math.exp(-x))


@njit
def lstm(x, Wx, Wh, b):
    T, H = x.shape[0], Wh.shape[0]
    from_inputs = np.dot(x, Wx)
    h, c = np.zeros(H), np.zeros(H)
    out = np.empty((T, H))
    for t in range(T):
        gates = np.dot(h, Wh)
        for j in range(4 * H):
            gates[j] += from_inputs[t, j] + b[j]
        for j in range(H):
            i, f, o = sigmoid(gates[j]), sigmoid(gates[H + j]), sigmoid(gates[2 * H + j])
            c[j] = f * c[j] + i * math.tanh(gates[3 * H + j])
            h[j] = o * math.tanh(c[j])
            out[t, j] = h[j]
    return out


@njit
def monte_carlo(spot, sigma, normals, rate, dt, strike):
    days, paths = normals.shape
    price, total = spot.copy(), np.zeros(paths)
    for t in range(days):
        drift = (rate - 0.5 * sigma[t] ** 2) * dt
        spread = sigma[t] * math.sqrt(dt)
        for p in range(paths):
            price[p] *= math.exp(drift + spread * normals[t, p])
            total[p] += price[p]
    discount = math.exp(-rate * dt * days)
    for p in range(paths):
        total[p] = discount * max(total[p] / days - strike, 0.0)
    return total


@njit
def adam(start, target, steps):
    x = start.copy()
    mean, square = np.zeros_like(x), np.zeros_like(x)
    rate = 0.1
    for _ in range(steps):
        for i in range(x.shape[0]):
            g = 2.0 * (x[i] - target[i]) + 0.4 * x[i] * x[i] * x[i]
            mean[i] = 0.9 * mean[i] + 0.1 * g
            square[i] = 0.99 * square[i] + 0.01 * g * g
            x[i] -= rate * mean[i] / math.sqrt(square[i] + 1e-2)
        rate *= 0.995
    return x, square


@njit
def row_network(X, W):
    state = np.zeros(W.shape[0])
    for t in range(X.shape[0]):
        product = np.dot(W, state)
        for i in range(state.shape[0]):
            state[i] = math.tanh(product[i] + X[t, i])
    return state


@njit
def smoothing(X, weight):
    out = np.empty_like(X)
    out[0] = X[0]
    for t in range(1, X.shape[0]):
        for i in range(X.shape[1]):
            out[t, i] = weight[i] * X[t, i] + (1.0 - weight[i]) * out[t - 1, i]
    return out


@njit
def horner(coefficients, x):
    total = np.zeros_like(x)
    for k in range(coefficients.shape[0] - 1, -1, -1):
        for i in range(x.shape[0]):
            total[i] = total[i] * x[i] + coefficients[k]
    return total


@njit
def newton_sqrt(a):
    out = np.empty_like(a)
    for i in range(a.shape[0]):
        x = 1.0
        while abs(x * x - a[i]) > 1e-12:
            x = 0.5 * (x + a[i] / x)
        out[i] = x
    return out


@njit
def corrected(x, a):
    return x - (x * x * x + x - a) / (3.0 * x * x + 1.0)


@njit
def bisection(a):
    out = np.empty_like(a)
    for i in range(a.shape[0]):
        low, high, middle = -4.0, 4.0, 0.0
        for _ in range(100):
            middle = 0.5 * (low + high)
            value = middle * middle * middle + middle - a[i]
            if abs(value) < 1e-9 or high - low < 1e-10:
                break
            if value < 0.0:
                low = middle
            else:
                high = middle
        out[i] = corrected(corrected(middle, a[i]), a[i])
    return out


@njit
def recurrence(x, decay):
    out = np.empty_like(x)
    s = 0.0
    for i in range(x.shape[0]):
        s = decay * s + x[i] * (1.0 - 0.25 * x[i])
        out[i] = s
    return out


@njit
def mandelbrot(real, imaginary, limit):
    out = np.zeros_like(real)
    for i in range(real.shape[0]):
        x, y, n = 0.0, 0.0, 0
        while n < limit and x * x + y * y < 1e12:
            x, y = x * x - y * y + real[i], 2.0 * x * y + imaginary[i]
            n += 1
        if n < limit:
            out[i] = n + 1.0 - math.log2(0.5 * math.log(x * x + y * y))
    return out


@njit
def running_peak(x, decay):
    out = np.empty_like(x)
    peak, age = 0.0, 0
    for i in range(x.shape[0]):
        power = x[i] * x[i]
        if power > peak:
            peak, age = power, 0
        else:
            peak, age = decay * peak, age + 1
        out[i] = peak / (1 + age)
    return out


@njit
def enumerate_zip(xs, ys):
    out = np.empty_like(xs)
    total = 0.0
    for i in range(xs.shape[0]):
        total = 0.9 * total + xs[i] * ys[i]
        out[i] = total * xs[i] / (i + 1)
    return out


@njit
def discounted(rewards, discounts):
    out = np.empty_like(rewards)
    value = 0.0
    for t in range(rewards.shape[0] - 1, -1, -1):
        value = rewards[t] + discounts[t] * value
        out[t] = value
    return out


@njit
def penalty(r):
    if r > 1.0:
        return r - 0.5
    if r < -1.0:
        return -r - 0.5
    return 0.5 * r * r


@njit
def early_return(x, scale):
    out = np.zeros_like(x)
    for i in range(1, x.shape[0]):
        out[i] = 0.5 * out[i - 1] + penalty((x[i] - x[i - 1]) / scale[i])
    return out


@njit
def linked_list(x, following, first):
    out = np.zeros_like(x)
    total = 1.0
    j = first[0]
    while j >= 0:
        total = 0.5 * total + x[j]
        out[j] = total * x[j]
        j = following[j]
    return out


@njit
def budget(costs, skipped, limit):
    out = np.zeros_like(costs)
    spent = 0.0
    for i in range(costs.shape[0]):
        if skipped[i]:
            continue
        spent += costs[i] * costs[i]
        if spent > limit:
            break
        out[i] = spent
    return out


@njit
def soft_dtw(x, y):
    n, m = x.shape[0], y.shape[0]
    above, row = np.full(m + 1, 1e10), np.full(m + 1, 1e10)
    above[0] = 0.0
    for i in range(n):
        row[0] = 1e10
        for j in range(1, m + 1):
            a, b, c = above[j], row[j - 1], above[j - 1]
            least = min(a, b, c)
            total = math.exp(least - a) + math.exp(least - b) + math.exp(least - c)
            row[j] = (x[i] - y[j - 1]) ** 2 + least - math.log(total)
        above, row = row, above
    return above[1:].copy()
