"""A peer that misbehaves, as a driver: the environment of its process says how."""

from __future__ import annotations

import os
import time

from adjit.benchmarks.case import Arguments, Case
from adjit.benchmarks.peers import Answer, NoProgramError, Prepared, Program
from adjit.benchmarks.peers import adjit as honest


def start(threads: int) -> None:
    pass


find = honest.find


def prepare(program: Program, case: Case, args: Arguments) -> Prepared:
    conduct = os.environ["CONDUCT"]
    if conduct == "absent":
        raise NoProgramError
    if conduct == "raises":
        raise ValueError("no such luck\nin two lines")
    if conduct == "dies" and case.name == os.environ["VICTIM"]:
        print("last words", flush=True)
        os._exit(3)
    if conduct == "hangs":
        time.sleep(60.0)
    prepared = honest.prepare(program, case, args)
    if conduct != "wrong":
        return prepared

    def answer(out):  # type: ignore[no-untyped-def]
        value, gradient = prepared.answer(out)  # type: ignore[misc]
        changed = [part.copy() for part in gradient or []]
        changed[0].flat[-1] *= 1.001
        return Answer(value, changed)

    return Prepared(prepared.call, answer)
