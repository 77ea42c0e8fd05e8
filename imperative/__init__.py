"""Arrays that record by themselves: what `adjit.autograd` and `adjit.numpy` are made of."""

from .arrays import Array, array  # first: the other modules need one another

__all__ = ["Array", "array"]
