"""A test-only op with a nested Graph, entered in the table under a name of its own."""

from __future__ import annotations

from adjit.ir.errors import IRError
from adjit.ir.op import OPS, Op, register


def _no_reference(*args: object, **attrs: object) -> object:
    raise IRError("test_twice is not interpreted")


TWICE: Op = OPS.get("test_twice") or register(
    Op("test_twice", "general", lambda x, **attrs: x, _no_reference)
)
"""``test_twice(x) { body }``: has the type of ``x``, runs nothing."""
