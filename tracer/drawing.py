"""The draws of a recording, and the generators that it has seen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .array import Array
from .draws import Argument, Call, Draw, Fixed, Made, Noise
from .errors import AdjitError, error
from .generators import name_of, restore, same_state, state_of
from .perform import repeat
from .places import IdentityOf, OfType, SameAs, Source
from .regions import innermost
from .trace import Trace


@dataclass(frozen=True, slots=True)
class Mark:
    """The ``number`` of the next draw, and the states of the generators in sight."""

    number: int
    states: dict[IdentityOf, Any]


@dataclass(slots=True)
class Drawing:
    """The draws of one recording. ``states``: of each generator in sight, before the recording
    and after its last known draw. ``made``: generators that the function made. ``calls`` and
    ``inputs``: of the draws in loops that are recorded once, by number."""

    noise: Noise = field(default_factory=Noise)
    draws: list[Draw] = field(default_factory=list)
    states: dict[IdentityOf, tuple[Any, Any]] = field(default_factory=dict)
    made: dict[IdentityOf, Made] = field(default_factory=dict)
    calls: dict[int, Call] = field(default_factory=dict)
    inputs: dict[int, Array] = field(default_factory=dict)

    def watch(self, generator: Any) -> None:
        place = IdentityOf(generator)
        if place not in self.states:
            state = state_of(generator)
            self.states[place] = (state, state)

    def check(self) -> None:
        """Raises if a generator has moved since the last draw that was seen."""
        for place, (_, last) in self.states.items():
            if not same_state(last, state_of(place.obj)):
                name = f"a draw from {name_of(place.obj)} in code that is not rewritten"
                hint = "draw in the function itself, or outside and pass the numbers as an argument"
                raise error("random", name=name, hint=hint)

    def follow(self) -> None:
        for place, (first, _) in self.states.items():
            self.states[place] = (first, state_of(place.obj))

    def mark(self) -> Mark:
        """This point of the recording, where a loop begins."""
        return Mark(len(self.draws), {place: last for place, (_, last) in self.states.items()})

    def go_back(self, trace: Trace, mark: Mark) -> None:
        """Forgets what was drawn after a mark: that part is recorded again."""
        self._rewind(mark)
        for number in range(mark.number, len(self.draws)):
            trace.forget(self.inputs.pop(number))
            del self.calls[number]
        del self.draws[mark.number :], self.noise.results[mark.number :]

    def _rewind(self, mark: Mark) -> None:
        if len(self.draws) > mark.number:
            for place, (first, _) in self.states.items():  # seen first inside: nothing drawn before
                restore(place.obj, mark.states.get(place, first))
            self.follow()

    def repeat(self, trace: Trace, mark: Mark) -> None:
        """Draws the numbers of all iterations, at the end of the outermost loop around."""
        inside = self.draws[mark.number :]
        if not inside or innermost(trace) is not None:
            return
        self._rewind(mark)
        found = repeat(inside, lambda draw: self.calls[draw.number])
        self.follow()
        if found is None:
            raise error("unstable", name=inside[0].label)
        self.noise.arrays |= found
        for draw in inside:
            trace.know(self.inputs[draw.number], found[draw.key])

    def undo(self) -> None:
        """Puts all generators back to where the recording found them."""
        for place, (first, _) in self.states.items():
            restore(place.obj, first)


def drawing_of(trace: Trace) -> Drawing:
    if trace.drawing is None:
        trace.drawing = Drawing()
    return trace.drawing


# --- generators from outside ----------------------------------------------------------------------


def seen_at(trace: Trace, places: dict[IdentityOf, Any], source: Source, generator: Any) -> object:
    """What is to hold of a source for a call to draw from the generator that it has then."""
    place = IdentityOf(generator)
    known = places.setdefault(place, (source, generator))[0]
    drawing_of(trace).watch(generator)
    if isinstance(known, Argument):
        raise _two_ways(str(source))
    if isinstance(known, Fixed):
        return place
    return OfType(type(generator)) if known == source else SameAs(known)


def fix(trace: Trace, places: dict[IdentityOf, Any], generator: Any) -> None:
    """A captured method draws from its own generator, whatever its name holds later."""
    place = IdentityOf(generator)
    known = places.get(place)
    if known is not None and isinstance(known[0], Argument):
        raise _two_ways("a captured method of it")
    if known is not None and not isinstance(known[0], Fixed):
        trace.static(known[0], place)
    places[place] = (Fixed(place), generator)
    drawing_of(trace).watch(generator)


def adopt(trace: Trace, places: dict[IdentityOf, Any], generator: Any) -> None:
    """A captured object holds a generator: if it is not known otherwise, it is that one."""
    place = IdentityOf(generator)
    if place not in places and place not in drawing_of(trace).made:
        fix(trace, places, generator)


def _two_ways(name: str) -> AdjitError:
    hint = f"it is also {name}; use one of both"
    return error("random", name="a generator that is an argument", hint=hint)
