"""Random generators: which objects they are, and the state that they draw from.

Neither ``numpy.random`` nor ``random`` is imported here: what has not been imported has made no
generator, and NumPy itself imports its generators only when they are asked for.
"""

from __future__ import annotations

import functools
import sys
from typing import Any

import numpy as np

_CLASSES = {
    "numpy.random": ("Generator", "RandomState", "BitGenerator", "SeedSequence"),
    "random": ("Random",),
}


def is_generator(item: object) -> bool:
    """Whether ``item`` is a generator of NumPy's or Python's, or what these are seeded with."""
    cls: Any = type(item)
    try:
        return _is_generator_class(cls)
    except TypeError:  # a class of classes that cannot be hashed
        return False


@functools.lru_cache(256)
def _is_generator_class(cls: type) -> bool:
    for module, names in _CLASSES.items():
        loaded = sys.modules.get(module)
        if any(issubclass(cls, getattr(loaded, name, _Nothing)) for name in names):
            return True
    return False


class _Nothing:
    """No class of anything."""


def state_of(generator: Any) -> Any:
    """The state that the next numbers follow from; None where there is none to be had."""
    if isinstance(generator, np.random.Generator):
        return generator.bit_generator.state
    if isinstance(generator, np.random.BitGenerator):
        return generator.state
    if isinstance(generator, np.random.RandomState):
        return generator.get_state(legacy=False)
    if isinstance(generator, np.random.SeedSequence):
        return None
    try:
        return generator.getstate()
    except NotImplementedError:  # the operating system's numbers have no state
        return None


def restore(generator: Any, state: Any) -> None:
    """Puts a generator back to where ``state_of`` found it."""
    if state is None:
        return
    if isinstance(generator, np.random.Generator):
        generator.bit_generator.state = state
    elif isinstance(generator, np.random.BitGenerator):
        generator.state = state
    elif isinstance(generator, np.random.RandomState):
        generator.set_state(state)
    else:
        generator.setstate(state)


def same_state(x: Any, y: Any) -> bool:
    if isinstance(x, dict) and isinstance(y, dict):
        return x.keys() == y.keys() and all(same_state(x[key], y[key]) for key in x)
    if isinstance(x, np.ndarray) or isinstance(y, np.ndarray):
        return np.array_equal(x, y)
    return bool(x == y)


_SHARED = {"np.random": ("numpy.random.mtrand", "_rand"), "random": ("random", "_inst")}


def name_of(generator: Any) -> str:
    """How a user writes the generator: ``np.random``, ``random``, or its class."""
    for name, (module, attribute) in _SHARED.items():
        loaded = sys.modules.get(module)
        if loaded is not None and generator is getattr(loaded, attribute, None):
            return name
    return type(generator).__name__


def is_shared(generator: Any) -> bool:
    """Whether it is the one behind the functions of ``np.random`` or ``random``."""
    return name_of(generator) in _SHARED
