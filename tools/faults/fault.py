"""One promise, broken on purpose."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """A small edit that breaks a promise, and the test that must notice.

    old: text that stands exactly once in `file`; new: what it becomes. test: what pytest is told to run, such as
    "tests/roadmap/test_promises.py::test_history_stays"; it must be green before and red after.
    """

    name: str
    file: str
    old: str
    new: str
    test: str
