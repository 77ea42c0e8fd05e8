"""The suite: fetched, run in a process of its own, and counted."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tarfile
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..machine import available_cores

RELEASE = "autograd==1.9.1"
ADAPTER = Path(__file__).resolve().parent / "adapter"


class SuiteError(Exception):
    """There is no suite to run, or it did not come to its end."""


@dataclass(frozen=True)
class Test:
    name: str
    outcome: str
    """``passed``, ``failed`` or ``skipped``."""
    message: str = ""


@dataclass(frozen=True)
class Tally:
    tests: tuple[Test, ...]

    def of(self, outcome: str) -> list[Test]:
        return [test for test in self.tests if test.outcome == outcome]

    @property
    def summary(self) -> str:
        return f"{len(self.of('passed'))} of {len(self.tests)}"

    def reasons(self) -> list[tuple[str, list[str]]]:
        """What failed or was left out, by its reason without place and numbers; most first."""
        found: dict[str, list[str]] = {}
        for test in self.tests:
            if test.outcome != "passed":
                found.setdefault(reason(test.message), []).append(test.name)
        return sorted(found.items(), key=lambda item: -len(item[1]))


def reason(message: str) -> str:
    """The first line of a message, without the user's line and the shapes and numbers in it."""
    first = message.partition("\n")[0]
    first = re.sub(r"^(?:\w+\.)*(\w+Error): (?:[\w/<>.-]+:\d+: )?", r"\1: ", first)
    first = re.sub(r"\([\d, ]*\)", "(...)", first)
    return re.sub(r"-?\d+\.\d[\de.+-]*", "#", first)[:160]


def fetch(folder: Path) -> Path:
    """Downloads the source distribution with pip and unpacks it; the folder of its tests."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary=:all:"]
    done = subprocess.run([*pip, "--dest", str(folder), RELEASE], check=False)
    archives = sorted(folder.glob("autograd-*.tar.gz"))
    if done.returncode or not archives:
        raise SuiteError(f"pip did not find the source distribution of {RELEASE}")
    with tarfile.open(archives[0]) as archive:
        archive.extractall(folder, filter="data")
    return archives[0].with_name(archives[0].name.removesuffix(".tar.gz")) / "tests"


def run(tests: Path, folder: Path, compile_all: bool = False, options: Sequence[str] = ()) -> Tally:
    """Runs the tests of a folder with the adapter in the place of autograd."""
    settings, report = folder / "pytest.ini", folder / "report.xml"
    settings.write_text("[pytest]\n")  # the suite's own would measure its coverage of autograd
    command = [sys.executable, "-m", "pytest", "-c", str(settings), "--rootdir", str(tests.parent)]
    # Functions are recorded as they are in their files, which pytest's assertions would change.
    command += ["--assert=plain", "-p", "no:cacheprovider", "-p", "no:warnings", "-q", "--tb=no"]
    command += ["-rN", f"--junitxml={report}"]
    if importlib.util.find_spec("xdist") is not None:
        command += ["-n", str(available_cores())]
    paths = [str(ADAPTER), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(paths), ADJIT_CACHE="off")
    environment["ADJIT_SUITE_COMPILE"] = "all" if compile_all else "sample"
    environment.setdefault("OPENBLAS_NUM_THREADS", "1")
    done = subprocess.run([*command, *options, str(tests)], env=environment, check=False)
    if done.returncode not in (0, 1) or not report.exists():
        raise SuiteError(f"pytest ended with status {done.returncode}")
    return tally(report.read_text())


def tally(report: str) -> Tally:
    """The tests in a JUnit report of pytest."""
    found = []
    for case in ET.fromstring(report).iter("testcase"):
        name = f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}"
        outcome, message = "passed", ""
        for kind in case:
            if kind.tag in ("failure", "error", "skipped"):
                outcome = "skipped" if kind.tag == "skipped" else "failed"
                message = kind.get("message", "")
        found.append(Test(name, outcome, message))
    return Tally(tuple(found))
