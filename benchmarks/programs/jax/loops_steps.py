"""The loop cases that carry vectors or scalars, in JAX; see ``loops_arrays``."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax

jax.config.update("jax_enable_x64", True)


def nbody(position, velocity, mass, steps, dt):
    def accelerations(position):
        apart = position[None, :, :] - position[:, None, :]
        squares = jnp.sum(apart * apart, axis=2) + 0.01
        pull = mass[None, :] * squares**-1.5
        return jnp.sum(pull[:, :, None] * apart, axis=1)

    def step(state, _):
        position, velocity, acceleration = state
        velocity = velocity + 0.5 * dt * acceleration
        position = position + dt * velocity
        acceleration = accelerations(position)
        velocity = velocity + 0.5 * dt * acceleration
        return (position, velocity, acceleration), None

    state = position, velocity, accelerations(position)
    return lax.scan(step, state, None, length=steps)[0][:2]


def softmax_rows(X):
    def row(_, x):
        e = jnp.exp(x - jnp.max(x))
        return None, e / jnp.sum(e)

    return lax.scan(row, None, X)[1]


def lorenz96(x, forcing, steps, dt):
    def slope(x):
        return (jnp.roll(x, -1) - jnp.roll(x, 2)) * jnp.roll(x, 1) - x + forcing

    def step(x, _):
        k1 = slope(x)
        k2 = slope(x + 0.5 * dt * k1)
        k3 = slope(x + 0.5 * dt * k2)
        k4 = slope(x + dt * k3)
        return x + dt / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4), None

    return lax.scan(step, x, None, length=steps)[0]


def lstm(x, Wx, Wh, b):
    H = Wh.shape[0]

    def step(state, inputs):
        h, c = state
        i, f, o, g = jnp.split(inputs + h @ Wh + b, 4)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    return lax.scan(step, (jnp.zeros(H), jnp.zeros(H)), x @ Wx)[1]


def monte_carlo(spot, sigma, normals, rate, dt, strike):
    def day(state, inputs):
        price, total = state
        s, z = inputs
        price = price * jnp.exp((rate - 0.5 * s**2) * dt + s * jnp.sqrt(dt) * z)
        return (price, total + price), None

    days = sigma.shape[0]
    (_, total), _ = lax.scan(day, (spot, jnp.zeros_like(spot)), (sigma, normals))
    return jnp.exp(-rate * dt * days) * jnp.maximum(total / days - strike, 0.0)


def adam(start, target, steps):
    def step(state, _):
        x, mean, square, rate = state
        g = 2.0 * (x - target) + 0.4 * x**3
        mean = 0.9 * mean + 0.1 * g
        square = 0.99 * square + 0.01 * g * g
        x = x - rate * mean / jnp.sqrt(square + 1e-2)
        return (x, mean, square, 0.995 * rate), None

    zero = jnp.zeros_like(start)
    x, _, square, _ = lax.scan(step, (start, zero, zero, 0.1), None, length=steps)[0]
    return x, square


def row_network(X, W):
    def step(state, row):
        return jnp.tanh(W @ state + row), None

    return lax.scan(step, jnp.zeros(W.shape[0]), X)[0]


def smoothing(X, weight):
    def step(level, x):
        level = weight * x + (1.0 - weight) * level
        return level, level

    _, levels = lax.scan(step, X[0], X[1:])
    return jnp.concatenate([X[:1], levels])


def horner(coefficients, x):
    def step(total, c):
        return total * x + c, None

    return lax.scan(step, jnp.zeros_like(x), coefficients, reverse=True)[0]


def newton_sqrt(a, most=30):
    def step(x, _):
        return jnp.where(jnp.abs(x * x - a) > 1e-12, 0.5 * (x + a / x), x), None

    return lax.scan(step, jnp.ones_like(a), None, length=most)[0]


def bisection(a):
    def step(state, _):
        low, high, middle, going = state
        middle = jnp.where(going, 0.5 * (low + high), middle)
        value = middle * middle * middle + middle - a
        going = going & ~((jnp.abs(value) < 1e-9) | (high - low < 1e-10))
        low = jnp.where(going & (value < 0.0), middle, low)
        high = jnp.where(going & (value >= 0.0), middle, high)
        return (low, high, middle, going), None

    def corrected(x):
        return x - (x * x * x + x - a) / (3.0 * x * x + 1.0)

    state = jnp.full_like(a, -4.0), jnp.full_like(a, 4.0), jnp.zeros_like(a), a == a
    middle = lax.scan(step, state, None, length=100)[0][2]
    return corrected(corrected(middle))


def recurrence(x, decay):
    def step(s, item):
        s = decay * s + item * (1.0 - 0.25 * item)
        return s, s

    return lax.scan(step, 0.0, x)[1]


def mandelbrot(real, imaginary, limit):
    def step(state, _):
        x, y, n = state
        going = x * x + y * y < 1e12
        new_x = x * x - y * y + real
        new_y = 2.0 * x * y + imaginary
        return (jnp.where(going, new_x, x), jnp.where(going, new_y, y), n + going), None

    zero = jnp.zeros_like(real)
    x, y, n = lax.scan(step, (zero, zero, jnp.zeros(real.shape, int)), None, length=limit)[0]
    escaped = n < limit
    squares = jnp.where(escaped, x * x + y * y, 10.0)
    return jnp.where(escaped, n + 1.0 - jnp.log2(0.5 * jnp.log(squares)), 0.0)


def running_peak(x, decay):
    def step(state, item):
        peak, age = state
        power = item * item
        higher = power > peak
        peak = jnp.where(higher, power, decay * peak)
        age = jnp.where(higher, 0, age + 1)
        return (peak, age), peak / (1 + age)

    return lax.scan(step, (0.0, 0), x)[1]


def enumerate_zip(xs, ys):
    def step(total, inputs):
        i, x, y = inputs
        total = 0.9 * total + x * y
        return total, total * x / (i + 1)

    return lax.scan(step, 0.0, (jnp.arange(xs.shape[0]), xs, ys))[1]


def discounted(rewards, discounts):
    def step(value, inputs):
        reward, discount = inputs
        value = reward + discount * value
        return value, value

    return lax.scan(step, 0.0, (rewards, discounts), reverse=True)[1]


def early_return(x, scale):
    def penalty(r):
        return jnp.where(r > 1.0, r - 0.5, jnp.where(r < -1.0, -r - 0.5, 0.5 * r * r))

    def step(last, r):
        value = 0.5 * last + penalty(r)
        return value, value

    _, out = lax.scan(step, 0.0, (x[1:] - x[:-1]) / scale[1:])
    return jnp.concatenate([jnp.zeros(1), out])


def linked_list(x, following, first):
    def step(state, _):
        out, total, j = state
        going = j >= 0
        place = jnp.maximum(j, 0)
        total = jnp.where(going, 0.5 * total + x[place], total)
        out = out.at[place].add(jnp.where(going, total * x[place], 0.0))
        return (out, total, jnp.where(going, following[place], j)), None

    state = jnp.zeros_like(x), jnp.ones(()), first[0]
    return lax.scan(step, state, None, length=x.shape[0])[0][0]


def budget(costs, skipped, limit):
    def step(state, inputs):
        spent, going = state
        cost, skip = inputs
        counts = going & ~skip
        spent = jnp.where(counts, spent + cost * cost, spent)
        going = going & (spent <= limit)
        return (spent, going), jnp.where(counts & going, spent, 0.0)

    return lax.scan(step, (0.0, True), (costs, skipped))[1]


def soft_dtw(x, y):
    def soft_minimum(a, b, c):
        return -jax.nn.logsumexp(-jnp.stack([a, b, c]))

    def row(above, x):
        def element(left, inputs):
            y, corner, up = inputs
            value = (x - y) ** 2 + soft_minimum(up, left, corner)
            return value, value

        _, values = lax.scan(element, 1e10, (y, above[:-1], above[1:]))
        return jnp.concatenate([jnp.full(1, 1e10), values]), None

    start = jnp.full(y.shape[0] + 1, 1e10).at[0].set(0.0)
    return lax.scan(row, start, x)[0][1:]
