# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs as generators that yield their progress, 0 to 1, and return a result."""

from collections.abc import Generator
from typing import TypeVar

Result = TypeVar("Result")


def finish(job: Generator[float, None, Result]) -> Result:
    """Run a job to its end and return its result."""
    while True:
        try:
            next(job)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]


def part_of(
    job: Generator[float, None, Result], start: float, share: float
) -> Generator[float, None, Result]:
    """Run a job as a part of a longer one: its progress 0 to 1 is `start` to `start + share`."""
    while True:
        try:
            done = next(job)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        yield start + share * done
