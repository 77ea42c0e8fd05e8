"""Errors that the IR itself raises; the tracer adds the user's line to them."""


class IRError(TypeError):
    """A Graph or an op application that breaks a type rule."""


class NoDerivative(IRError):  # noqa: N818
    """A derivative that is wanted and not known."""
