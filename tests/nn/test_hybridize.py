"""A hybridized block is one operation: the same numbers as without, in every mode, and what
cannot be captured runs as it is written."""

import warnings

import numpy as np
import pytest

from adjit import autograd, nn
from adjit import numpy as anp

rng = np.random.default_rng(11)


def both(make, xs, train=True):
    """Values and gradients of a block, as written and hybridized, for each of some inputs."""
    found = []
    for hybrid in (False, True):
        np.random.seed(2)
        block = make()
        block.initialize(nn.Normal(1.0))
        block.hybridize(hybrid)
        block(autograd.array(xs[0]))  # initial values first, then what is drawn in each call
        np.random.seed(3)
        results = []
        for x in xs:
            given = autograd.array(x)
            given.attach_grad()
            with autograd.record(train_mode=train):
                y = block(given)
                loss = (y * y).sum()
            loss.backward()
            results += [np.array(y), np.array(given.grad)]
            results += [
                np.array(p.grad()) for p in block.collect_params().values() if p.grad_req != "null"
            ]
        results += [np.array(p.data()) for p in block.collect_params().values()]
        found.append(results)
    for written, one in zip(*found, strict=True):
        np.testing.assert_allclose(one, written, rtol=1e-5, atol=1e-6)


def network():
    return nn.HybridSequential(
        nn.Dense(4, activation="relu"), nn.BatchNorm(), nn.Dropout(0.3), nn.LayerNorm(), nn.Dense(2)
    )


@pytest.mark.parametrize("train", [True, False])
def test_the_same_numbers(train):
    sizes = (6, 6, 3, 6)
    both(network, [rng.normal(size=(n, 5)).astype(np.float32) for n in sizes], train)


class Detached(nn.Block):
    def __init__(self):
        self.inner = nn.Dense(3, flatten=False, in_units=3, dtype="float64")

    def forward(self, x):
        y = self.inner(x)
        with autograd.pause():
            z = x * 3
        return y * y.detach() + autograd.stop_gradient(x) * z + x[:, ::-1]


def test_what_is_cut_from_derivatives_stays_cut():
    both(Detached, [rng.normal(size=(2, 3)) for _ in range(2)])


def test_one_operation_and_no_run_of_forward():
    runs = []

    def forward(x):
        runs.append(1)
        return x * 2 + 1

    block = nn.Lambda(forward)
    block.hybridize()
    for n in range(4):
        y = block(autograd.array([float(n)]))
        assert len(y.node.args) == 3
        assert y.tolist() == [2 * n + 1]
    assert len(runs) == 2  # it is captured twice, and compared
    with autograd.train_mode():
        block(autograd.array([1.0]))
    block(autograd.array([[1.0]]))
    assert len(runs) == 6


def test_results_in_containers():
    block = nn.Lambda(lambda x, y: {"sum": x + y, "both": (x, y * 2), "number": 3})
    block.hybridize()
    for n in range(2):
        found = block(autograd.array([1.0 + n]), autograd.array([2.0]))
        assert found["sum"].tolist() == [3.0 + n]
        assert found["both"][0].tolist() == [1.0 + n]
        assert found["both"][1].tolist() == [4.0]
        assert found["number"] == 3


def test_arguments_that_are_no_arrays():
    block = nn.Lambda(lambda x, k, scale=None: x**k)
    block.hybridize()
    x = np.array([3.0])
    assert [block(x, k).item() for k in (1, 2, 1)] == [3.0, 9.0, 3.0]


def test_an_attribute_that_is_set_is_seen():
    class Scaled(nn.Block):
        def __init__(self):
            self.scale = 2.0

        def forward(self, x):
            return x * self.scale

    block = nn.HybridSequential(Scaled())
    block.hybridize()
    x = autograd.array([1.0])
    assert block(x).tolist() == [2.0]
    block[0].scale = 5.0
    assert block(x).tolist() == [5.0]
    block.add(nn.Lambda(lambda x: -x))
    assert block(x).tolist() == [-5.0]


def test_an_array_that_is_written_to_is_seen():
    scale = autograd.array([2.0])
    block = nn.Lambda(lambda x: x * scale)
    block.hybridize()
    x = autograd.array([1.0])
    assert block(x).tolist() == [2.0]
    scale[...] = 7.0
    assert block(x).tolist() == [7.0]
    scale[0] = 8.0
    assert block(x).tolist() == [8.0]


def test_pytorch_rules():
    block = nn.Lambda(lambda x: x * x)
    block.hybridize()
    plain = autograd.array([3.0])
    assert block(plain).tolist() == [9.0]
    x = autograd.array([3.0]).requires_grad_()
    for n in range(2):
        block(x).sum().backward()
        assert x.grad.tolist() == [6.0 * (n + 1)]
    y = autograd.array([3.0])
    y.attach_grad()
    with autograd.record():
        z = block(y)
    z.backward()
    assert y.grad.tolist() == [6.0]


# --- what cannot be captured ----------------------------------------------------------------

outside = autograd.array([1.0, 1.0])
outside_marked = autograd.array([1.0, 1.0])
outside_marked.attach_grad()
generator = np.random.default_rng(0)


def by_value(x):
    return x * 2 if x.sum() > 0 else x * 3


def swallowed(x):
    try:
        positive = bool(x.sum() > 0)
    except Exception:
        positive = True
    return x * 2 if positive else x * 3


def by_item(x):
    return x * x.sum().item()


def writes_outside(x):
    outside[...] = x
    return outside


def writes_input(x):
    x += 1
    return x


def marked_outside(x):
    return x * outside_marked


def draws(x):
    return x + generator.normal()


def hooked(x):
    y = x * 2
    y.register_hook(lambda g: g * 10)
    return y * 1


class Counting(nn.Block):
    def __init__(self):
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        return x * self.calls


REFUSED = {
    "looks at a value": [by_value, swallowed, by_item],
    "writes to an array": [writes_outside, writes_input],
    "is no input and no parameter": [marked_outside],
    "does not do the same": [draws],
    "adds a hook": [hooked],
}


@pytest.mark.parametrize(
    ("why", "fun"), [(why, fun) for why, funs in REFUSED.items() for fun in funs]
)
def test_what_cannot_be_captured_runs_as_written(why, fun):
    block = nn.Lambda(fun)
    block.hybridize()
    for k, sign in enumerate((1.0, -1.0, 1.0)):
        x, again = (autograd.array([sign, sign]) for _ in range(2))
        for array in (x, again):
            array.attach_grad()
        autograd.array(outside)
        saved = outside.copy()
        generator.bit_generator.state = np.random.default_rng(5).bit_generator.state
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            if fun is writes_input:
                y = block(x)
            else:
                with autograd.record():
                    y = block(x)
        assert len(caught) == (k == 0)
        if caught:
            assert why in str(caught[0].message)
            generator.bit_generator.state = np.random.default_rng(5).bit_generator.state
            continue
        written = outside.copy()
        outside[...] = saved
        generator.bit_generator.state = np.random.default_rng(5).bit_generator.state
        if fun is writes_input:
            z = fun(again)
        else:
            with autograd.record():
                z = fun(again)
        np.testing.assert_array_equal(y, z)
        np.testing.assert_array_equal(x, again)
        np.testing.assert_array_equal(outside, written)
        if fun is writes_input:
            continue
        for result in (y, z):
            if result is not outside:
                result.backward()
        np.testing.assert_array_equal(x.grad, again.grad)


@pytest.mark.filterwarnings("ignore:Counting is not called as one operation")
def test_a_block_that_counts_is_not_captured():
    block = Counting()
    block.hybridize()
    x = autograd.array([1.0])
    found = [block(x).item() for _ in range(3)]
    assert found[2] == found[1] + 1 == found[0] + 2


def test_errors_are_those_of_the_block():
    block = nn.HybridSequential(nn.Dense(2, in_units=3))
    block.initialize()
    block.hybridize()
    with pytest.raises(ValueError, match="Dense of 3 inputs was given 4"):
        block(autograd.array(np.ones((1, 4))))
    bare = nn.Dense(2)
    bare.hybridize()
    with pytest.raises(RuntimeError, match="no values"):
        bare(autograd.array(np.ones((1, 4))))


def test_constants_of_numpy_and_views():
    table = np.arange(6.0).reshape(2, 3)

    def forward(x):
        y = anp.concatenate([x, x * table], axis=1)
        z = anp.zeros((2, 6))
        z[:, 1:3] = y[:, :2]
        return z.T + y.reshape(6, 2)

    both(lambda: nn.Lambda(forward), [rng.normal(size=(2, 3)) for _ in range(2)])
