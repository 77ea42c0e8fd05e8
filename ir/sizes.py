"""Sizes that are arguments of a compiled library: numbers that remember what they are.

Ahead of time a function is recorded with arrays of sample sizes. A :class:`Size` is such a sample,
an ``int`` for all that computes with it, and knows the polynomial of the named sizes that it stands
for; so it arrives in native code as that polynomial. What is asked of it, and is not true of all
sizes, is noted: the library answers other sizes with an error.

Two sizes are equal where their polynomials are. Arrays whose sizes only happen to be equal are
treated as any others, which is right for them too; so only what the user's own code asks for
equality is noted, and what may be zero.
"""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from .polynomials import (
    MOST,
    Floor,
    Greatest,
    Polynomial,
    added,
    evaluate,
    lowest,
    multiplied,
    scaled,
    text_of,
)


@dataclass(frozen=True, slots=True)
class Question:
    """``x op z`` was found to be ``outcome`` of the samples, and is not so of all sizes."""

    x: Polynomial
    op: str
    z: Polynomial
    outcome: bool

    def __str__(self) -> str:
        return f"{'' if self.outcome else 'not '}{text_of(self.x)} {self.op} {text_of(self.z)}"


class _Asked(threading.local):
    def __init__(self) -> None:
        self.questions: dict[Question, None] | None = None
        self.by_user: Callable[[int], bool] = lambda depth: False
        self.typical: Mapping[str, int] | None = None


_asked = _Asked()


@contextmanager
def questions(
    by_user: Callable[[int], bool], typical: Mapping[str, int]
) -> Iterator[dict[Question, None]]:
    """What is asked of sizes, from here on; outside nothing is noted.

    ``by_user(depth)`` says whether the frame so many calls up is of the user's code.
    ``typical`` sizes are those that times are estimated for, and questions answered for, whatever
    the samples are.
    """
    before = _asked.questions, _asked.by_user, _asked.typical
    found: dict[Question, None] = {}
    _asked.questions, _asked.by_user, _asked.typical = found, by_user, typical
    try:
        yield found
    finally:
        _asked.questions, _asked.by_user, _asked.typical = before


def are_asked() -> bool:
    """Whether what is asked of sizes is noted: a function is recorded for sizes with names."""
    return _asked.questions is not None


@contextmanager
def unasked() -> Iterator[None]:
    """For what is computed of the samples themselves."""
    before = _asked.questions
    _asked.questions = None
    try:
        yield
    finally:
        _asked.questions = before


class Size(int):
    """A sample of a polynomial of sizes."""

    terms: Polynomial
    as_number: ClassVar[Callable[[Any], Any]]
    """How a recording takes the number itself; set by the recorder."""

    def __new__(cls, value: int, terms: Polynomial) -> Size:
        self = super().__new__(cls, value)
        self.terms = terms
        return self

    def __str__(self) -> str:
        return text_of(self.terms)

    __repr__ = __str__

    def __format__(self, specification: str) -> str:
        if _asked.questions is not None and _asked.by_user(2):
            raise TypeError(f"the size {text_of(self.terms)} is not known: it has no digits")
        return format(text_of(self.terms), specification)

    def __reduce__(self) -> tuple:
        return Size, (int.__add__(self, 0), self.terms)

    def __hash__(self) -> int:
        if _asked.questions is not None and _asked.by_user(2):
            raise TypeError(f"the size {self} is not known: it cannot be looked up")
        return int.__hash__(self)

    @property
    def real(self) -> Size:
        return self

    numerator = real

    # --- arithmetic ---------------------------------------------------------------------------

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, int):
            return self._number() + other if isinstance(other, float | complex) else NotImplemented
        return sized(int.__add__(self, other), added(self.terms, terms_of(other)))

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self + -other if isinstance(other, int | float | complex) else NotImplemented

    def __rsub__(self, other: Any) -> Any:
        return -self + other if isinstance(other, int | float | complex) else NotImplemented

    def __neg__(self) -> Any:
        return self * -1

    def __pos__(self) -> Size:
        return self

    def __abs__(self) -> Any:
        return self if self >= 0 else -self

    def __mul__(self, other: Any) -> Any:
        if not isinstance(other, int):
            return self._number() * other if isinstance(other, float | complex) else NotImplemented
        return sized(int.__mul__(self, other), multiplied(self.terms, terms_of(other)))

    __rmul__ = __mul__

    def __floordiv__(self, other: Any) -> Any:
        return _floor(self, other) if isinstance(other, int) else NotImplemented

    def __rfloordiv__(self, other: Any) -> Any:
        return _floor(other, self) if isinstance(other, int) else NotImplemented

    def __mod__(self, other: Any) -> Any:
        return self - self // other * other if isinstance(other, int) else NotImplemented

    def __rmod__(self, other: Any) -> Any:
        if type(other) is int and 0 <= other < self:
            return other
        if type(other) is int and other < 0 and -other <= self:
            return other + self
        return other - other // self * self if isinstance(other, int) else NotImplemented

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def __pow__(self, other: Any, modulus: Any = None) -> Any:
        if type(other) is int and other >= 0 and modulus is None:
            found: Any = 1
            for _ in range(other):
                found = self * found
            return found
        return self.as_number() ** other

    def __rpow__(self, other: Any, modulus: Any = None) -> Any:
        return other ** self.as_number()

    def __lshift__(self, other: Any) -> Any:
        return self * 2**other if type(other) is int and other >= 0 else _no_bits(self)

    def __rshift__(self, other: Any) -> Any:
        return self // 2**other if type(other) is int and other >= 0 else _no_bits(self)

    def __and__(self, other: Any) -> Any:
        """Of the last bits alone."""
        last = type(other) is int and other >= 0 and not other & (other + 1)
        return self % (other + 1) if last else _no_bits(self)

    __rand__ = __and__

    def __or__(self, other: Any) -> Any:
        return _no_bits(self)

    __ror__ = __xor__ = __rxor__ = __rlshift__ = __rrshift__ = __or__

    def __invert__(self) -> Any:
        return -self - 1

    def bit_length(self) -> int:
        return int(_no_bits(self))

    bit_count = bit_length

    def __round__(self, digits: Any = None) -> Any:
        return self

    __trunc__ = __floor__ = __ceil__ = __round__

    def __float__(self) -> float:
        if _asked.questions is not None:
            raise TypeError(
                f"the size {self} is not known: a float of it would be that of a sample"
            )
        return float(int.__add__(self, 0))

    def __truediv__(self, other: Any) -> Any:
        return self._number() / other

    def __rtruediv__(self, other: Any) -> Any:
        return other / self._number()

    def _number(self) -> Any:
        """The number in a recording; outside, where times are estimated, the sample."""
        return int.__add__(self, 0) if _asked.questions is None else self.as_number()

    # --- questions ------------------------------------------------------------------------------

    def __eq__(self, other: object) -> Any:
        return _ask(self, "==", other) if isinstance(other, int) else NotImplemented

    def __ne__(self, other: object) -> Any:
        return not _ask(self, "==", other) if isinstance(other, int) else NotImplemented

    def __lt__(self, other: Any) -> Any:
        found = self._with_float(operator.lt, other)
        return _ask(self, "<", other) if found is None else found

    def __ge__(self, other: Any) -> Any:
        found = self._with_float(operator.ge, other)
        return not _ask(self, "<", other) if found is None else found

    def __gt__(self, other: Any) -> Any:
        found = self._with_float(operator.gt, other)
        return _ask(other, "<", self) if found is None else found

    def __le__(self, other: Any) -> Any:
        found = self._with_float(operator.le, other)
        return not _ask(other, "<", self) if found is None else found

    def _with_float(self, compare: Callable[[Any, Any], Any], other: Any) -> Any:
        """What a comparison with anything but an integer is."""
        if isinstance(other, int):
            return None
        is_float = isinstance(other, float) and _asked.questions is not None
        return compare(self._number(), other) if is_float else NotImplemented

    def __bool__(self) -> bool:
        return not _ask(self, "==", 0)


def _no_bits(size: Size) -> Any:
    raise TypeError(f"the size {size} is not known, and so are its bits")


def named(name: str, sample: int) -> Size:
    """The size of a name, at a sample."""
    return Size(sample, (((name,), 1),))


def sample(number: int) -> int:
    """The number for typical sizes, for estimates of time and memory that nothing depends on."""
    if isinstance(number, Size) and _asked.typical is not None:
        return evaluate(number.terms, _asked.typical)
    return int.__add__(number, 0)


def least(number: int) -> int:
    """What a number is not less than for any sizes, as far as that is easily seen."""
    found = lowest(number.terms) if isinstance(number, Size) else number
    return -(MOST**4) if found is None else found


def integer(x: Any) -> int:
    """``operator.index``, which would make a plain number of a size."""
    return x if isinstance(x, Size) else operator.index(x)


def sized(value: int, terms: Polynomial) -> int:
    """The number of a polynomial: plain where it is constant."""
    if not terms:
        return 0
    if len(terms) == 1 and not terms[0][0]:
        return terms[0][1]
    return Size(value, terms)


def terms_of(number: int) -> Polynomial:
    if isinstance(number, Size):
        return number.terms
    return (((), int(number)),) if number else ()


def largest(x: int, z: int) -> int:
    """``max(x, z)`` for all sizes."""
    if not isinstance(x, Size) and not isinstance(z, Size):
        return max(x, z)
    least = lowest(added(terms_of(x), scaled(terms_of(z), -1)))
    if least is not None and least >= 0:
        return x
    least = lowest(added(terms_of(z), scaled(terms_of(x), -1)))
    if least is not None and least >= 0:
        return z
    value = x if int.__ge__(x, z) else z
    return Size(int.__add__(value, 0), (((Greatest(terms_of(x), terms_of(z)),), 1),))


def smallest(x: int, z: int) -> int:
    """``min(x, z)`` for all sizes."""
    return x + z - largest(x, z)


def _floor(x: int, z: int) -> int:
    if not z:
        raise ZeroDivisionError("integer division or modulo by zero")
    if z < 0:
        x, z = -x, -z
    value = int.__floordiv__(x, z)
    if type(z) is int and all(c % z == 0 for _, c in terms_of(x)):
        return sized(value, tuple((monomial, c // z) for monomial, c in terms_of(x)))
    return Size(value, (((Floor(terms_of(x), terms_of(z)),), 1),))


def _ask(x: int, op: str, z: int) -> bool:
    difference = added(terms_of(x), scaled(terms_of(z), -1))
    least = lowest(difference)
    most = lowest(scaled(difference, -1))
    if op == "==":
        if not difference:
            return True
        if (least is not None and least > 0) or (most is not None and most > 0):
            return False
        outcome = False  # samples may be equal by chance
        noted = type(z) is int and z == 0
    else:
        if least is not None and least >= 0:
            return False
        if most is not None and most > 0:
            return True
        outcome = sample(x) < sample(z)
        noted = True
    if _asked.questions is not None and (noted or _asked.by_user(3)):
        _asked.questions[Question(terms_of(x), op, terms_of(z), outcome)] = None
    return outcome
