# SPDX-License-Identifier: GPL-3.0-or-later
"""The use case: from a request to a clip with planted feet and its report card."""

from collections.abc import Generator, Sequence

from ..maths.progress import finish, part_of
from .driven_walks import DrivenWalk, driven
from .driving import batches, drive
from .edited_footprints import rounds, with_edited_footprints
from .finishing import finished
from .planning import PlannedWalk, plan_bake
from .request import BakeRequest
from .result import BakeResult, result_of


def bake(request: BakeRequest) -> BakeResult:
    """Return the finished bake; blocks.

    Raises RefusedError with one plain sentence when the request cannot be met.
    """
    return finish(bake_steps(request))


def bake_steps(request: BakeRequest) -> Generator[float, None, BakeResult]:
    """Yield progress from 0 to 1 and return the result; stop asking to cancel."""
    return (yield from walk_steps(plan_bake(request)))


def walk_steps(walk: PlannedWalk) -> Generator[float, None, BakeResult]:
    """Yield progress from 0 to 1 and return the result of a planned walk."""
    share = 0.95 / (1.0 + rounds(walk))
    done = yield from part_of(driven(walk), 0.0, share)
    yield share  # A walk that was driven before comes without progress.
    return (yield from part_of(_completed(walk, done), share, 1.0 - share))


def bake_many(requests: Sequence[BakeRequest]) -> list[BakeResult]:
    """Return the finished bakes of many characters at once, in the order of ``requests``.

    As ``bake`` of each, but quicker. Raises RefusedError when one cannot be met.
    """
    return finish(bake_many_steps(requests))


def bake_many_steps(
    requests: Sequence[BakeRequest],
) -> Generator[float, None, list[BakeResult]]:
    """Yield progress from 0 to 1 and return the results; stop asking to cancel."""
    return (yield from walks_steps([plan_bake(request) for request in requests]))


def walks_steps(walks: Sequence[PlannedWalk]) -> Generator[float, None, list[BakeResult]]:
    """Yield progress from 0 to 1 and return the results; walks of one model step together."""
    results: dict[int, BakeResult] = {}
    total = len(walks)
    for batch in batches(walks):
        steps, done = drive([walks[i] for i in batch]), len(results)
        runs = yield from part_of(steps, done / total, 0.5 * len(batch) / total)
        for i, run in zip(batch, runs, strict=True):
            one = DrivenWalk(walks[i], run, finished(run, walks[i]))
            results[i] = finish(_completed(walks[i], one))
            left = done + len(batch) - len(results)
            yield (len(results) + 0.5 * left) / total
    return [results[i] for i in range(total)]


def _completed(walk: PlannedWalk, done: DrivenWalk) -> Generator[float, None, BakeResult]:
    """Edit the footprints of a driven walk and return its result."""
    if walk.request.footprints:
        return (yield from with_edited_footprints(walk, done))
    return result_of(walk, done.run, done.clip)
