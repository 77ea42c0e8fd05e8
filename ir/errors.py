"""Errors that the IR itself raises; the tracer adds the user's line to them."""


class IRError(TypeError):
    """A Graph or an op application that breaks a type rule."""


class NoDerivative(IRError):  # noqa: N818
    """A derivative that is wanted and not known."""


ENDLESS = (
    "this derivative of a loop that a condition ends is not known: give the loop a number of steps"
    " that bounds it (for ... in range(n), with break)"
)
"""Of orders and nests for which the memory of such a loop, which has no size, would be copied."""
