# SPDX-License-Identifier: GPL-3.0-or-later
"""Fills the gaps between kept poses of a motion with the in-between transformer.

Kept poses stay bit-identical. A gap of up to 60 of the model's frames is filled at once; a longer
one is first filled in coarser steps, and some of these poses are then kept. A motion may have any
frame rate and size; joints that the model does not have are interpolated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ...errors import RefusedError
from ..body.dynamic_units import Units
from ..clip.clip import Clip
from ..clip.contacts import runs
from ..clip.skeleton import Skeleton
from ..creature.reading import landmarks
from ..maths import quat
from ..maths.quat import Array
from . import confidence, gap, keyed_feet
from .model import Filler

CONTEXT = 10
"""Kept frames before and after a gap in the model's window."""
MOST_FRAMES = 90
"""Most frames of a window."""
SKETCHED = 4
"""One pose of so many coarse steps is kept: filling between them is better than sampling all."""
LATE = (0.08, 0.16)
"""Shares of a gap by which a variant is earlier or later."""
LEAST_VARIED = 0.3
"""Seconds of the shortest gap with variants of its timing."""
PACES = (0.5, 4.0)
"""Durations of a frame over the model's in training."""
TIMES = (0.4, 2.5)
"""Limits of the factor on an animal's time; no animal is larger or smaller."""


@dataclass(frozen=True)
class _Work:
    """A motion on the model's joints, at its size and pace, that is filled in place."""

    filler: Filler
    skeleton: Skeleton
    rotations: Array
    roots: Array
    contacts: Array
    known: Array
    kept: Array
    """(T,) bool, the frames that the request keeps."""
    fps: float

    def answered(
        self, motion: tuple[Array, Array], known: Array, kept: Array, pace: Array
    ) -> tuple[Array, Array, Array]:
        """Return rotations, roots and contacts of a window (T, ...) with its gaps filled.

        For animals, the correction is scaled by the confidence measured on ``kept`` (T,) frames:
        there are more species than in the training data.
        """
        share = 1.0
        if self.filler.kind.by_hips:
            share = confidence.share(self.filler, self.skeleton, motion, kept, pace)
        rotations, roots = motion
        found = answered(
            self.filler, self.skeleton, rotations[None], roots[None], known[None], pace, share
        )
        return found[0][0], found[1][0], found[2][0]


@dataclass(frozen=True, eq=False)
class _Match:
    """A body matched to the model's."""

    joints: Array
    """Joints of the body, in the model's order."""
    skeleton: Skeleton
    """These joints at the model's size."""
    scale: float
    """Size of the model over that of the body."""
    time: float
    """Factor on time by dynamic similarity: an elephant's steps take longer than a dog's."""


def answered(
    filler: Filler,
    skeleton: Skeleton,
    rotations: Array,
    roots: Array,
    known: Array,
    pace: Array,
    share: float = 1.0,
) -> tuple[Array, Array, Array]:
    """Return local rotations, roots and contacts in 0..1 of windows (N, T, ...), gaps filled.

    ``skeleton`` has the model's joints and size, ``share`` scales the network's correction. Feet
    are not locked. Raises ValueError for more frames than the model's longest window.
    """
    seen = gap.window(skeleton, rotations, roots, known, pace)
    turned, placed, contacts = gap.corrected(seen, filler.answer(seen.inputs))
    return *confidence.blended(seen, turned, placed, share), contacts


def fill(filler: Filler, clip: Clip, known: Array, *, seed: int = 0, lock: bool = True) -> Clip:
    """Return ``clip`` with new motion where ``known`` (T,) is False; contacts are set.

    A ``seed`` other than 0 gives another variant. With ``lock`` feet neither slide nor sink in
    their stances. Raises RefusedError for a motion that cannot be filled.
    """
    known = checked(clip, known)
    match = _on_model(filler, clip.skeleton)
    joints, scale = match.joints, match.scale
    plain, line = gap.interpolated(clip.rotations[None], clip.root_positions[None], known[None])
    work = _Work(
        filler,
        match.skeleton,
        plain[0][:, joints].astype(np.float32),
        (line[0] * scale).astype(np.float32),
        np.zeros((clip.frames, gap.CONTACTS), dtype=np.float32),
        known.copy(),
        known.copy(),
        clip.fps / match.time,
    )
    gaps = runs(~known)
    for start, stop in gaps:
        _sketch(work, start, stop)
    _fill_all(work)
    if seed:
        _vary(work, gaps, np.random.default_rng(seed))
    done = Clip(match.skeleton, work.rotations, work.roots, work.fps)
    if lock:
        done = keyed_feet.locked(done, known, work.contacts)
    rotations = plain[0].astype(np.float32)
    rotations[:, joints] = done.rotations
    rotations = quat.unroll(rotations)
    roots = done.root_positions / np.float32(scale)
    contacts = np.asarray(done.contacts if lock else work.contacts > 0.5, dtype=np.float32)
    if clip.contacts is not None:
        contacts = np.where(known[:, None], clip.contacts, contacts)
    return replace(
        clip,
        rotations=np.where(known[:, None, None], clip.rotations, rotations),
        root_positions=np.where(known[:, None], clip.root_positions, roots),
        contacts=contacts,
    )


def checked(clip: Clip, known: Array) -> Array:
    """Return the kept frames of a clip (T,) bool; raises RefusedError if it cannot be filled."""
    known = np.asarray(known, dtype=bool)
    if known.shape != (clip.frames,):
        raise RefusedError(f"The motion has {clip.frames} frames, but {known.size} are marked")
    if clip.frames < 3 or known.all():
        raise RefusedError("There is no gap to fill; keep fewer frames")
    if not known[0] or not known[-1]:
        raise RefusedError("The first and the last frame of the motion must be kept")
    if not gap.RATE / PACES[1] <= clip.fps <= 240.0:
        raise RefusedError(f"The frame rate must lie between 8 and 240, not {clip.fps:g}")
    longest = max(stop - start for start, stop in runs(~known)) / clip.fps
    most = 60.0 * PACES[1] / gap.RATE
    if longest > most:
        raise RefusedError(
            f"A gap may last {most:g} seconds, not {longest:.1f}; keep a pose in between"
        )
    if not np.isfinite(clip.rotations).all() or not np.isfinite(clip.root_positions).all():
        raise RefusedError(
            "The motion has values that are not finite numbers; correct its file or keys"
        )
    return known


def _on_model(filler: Filler, skeleton: Skeleton) -> _Match:
    """Match a skeleton with the model's joints to the model's body; raises RefusedError."""
    model = filler.skeleton
    missing = [name for name in model.names if name not in skeleton.names]
    if missing:
        raise RefusedError(f"The motion has no joint {missing[0]}, which the model moves; add it")
    joints = np.array([skeleton.index(name) for name in model.names])
    above = [-1, *(int(skeleton.parents[joint]) for joint in joints[1:])]
    wanted = [-1, *(int(joints[parent]) for parent in model.parents[1:])]
    if skeleton.parents[joints[0]] >= 0 or above != wanted:
        raise RefusedError(
            "The joints of the motion have other parents than the model's; use its skeleton"
        )
    part = Skeleton(model.names, model.parents, skeleton.offsets[joints])
    kind = filler.kind
    if kind.by_hips:
        height, own_height = landmarks.hip_height(part), kind.hip_height
    else:
        height = -float(part.rest_positions()[:, 1].min())
        own_height = float(filler.info["root_height"])
    if height < 1e-4:
        raise RefusedError(
            "The rest pose of the motion does not stand upright; turn it so that Y is up"
        )
    scale = own_height / height
    time = float(np.clip(Units(height).factors()[1], *TIMES)) if kind.by_hips else 1.0
    return _Match(joints, part.scaled(scale), scale, time)


def _sketch(work: _Work, start: int, stop: int) -> None:
    """Fill some poses of a gap that is too long or too dense to be filled at once.

    They come from a filling in even steps of several frames and are kept from then on.
    """
    longest = int(work.filler.info["longest_gap"])
    frames = stop - start + 1
    pace = gap.RATE / work.fps
    stride = max(np.ceil(frames / (longest + 1)), np.ceil(PACES[0] / pace))
    if stride <= 1.0:
        return
    steps = int(np.ceil(frames / stride))
    step = frames / steps
    first = start - 1
    at = first + step * np.arange(-CONTEXT, steps + CONTEXT + 1)
    inside = (at > -1e-6) & (at < len(work.known) - 1 + 1e-6)
    at = np.clip(at[inside], 0.0, len(work.known) - 1.0)
    low, high = np.floor(at + 1e-6).astype(np.int64), np.ceil(at - 1e-6).astype(np.int64)
    source = Clip(work.skeleton, work.rotations, work.roots, work.fps).at_frames(at, 1.0)
    known = work.known[low] & work.known[high]
    rotations, roots, contacts = work.answered(
        (source.rotations, source.root_positions),
        known,
        work.kept[low] & work.kept[high],
        np.array([pace * step]),
    )
    coarse = Clip(work.skeleton, rotations, roots, 1.0, contacts)
    chosen = np.unique(
        np.round(first + step * np.arange(SKETCHED, steps - 1, SKETCHED)).astype(np.int64)
    )
    chosen = chosen[(chosen >= start) & (chosen < stop)]
    picked = coarse.at_frames((chosen - at[0]) / step, 1.0)
    work.rotations[chosen], work.roots[chosen] = picked.rotations, picked.root_positions
    if picked.contacts is not None:
        work.contacts[chosen] = picked.contacts
    work.known[chosen] = True


def _fill_all(work: _Work) -> None:
    """Fill all gaps, window by window; filled frames are context for the next window."""
    pace = np.array([max(gap.RATE / work.fps, PACES[0])])
    open_ = ~work.known
    touched = np.zeros(len(open_), dtype=bool)
    for first, last, until in windows(open_):
        at = slice(first, last)
        rotations, roots, contacts = work.answered(
            (work.rotations[at], work.roots[at]), work.known[at], work.kept[at], pace
        )
        new = np.zeros(len(open_), dtype=bool)
        new[first:until] = open_[first:until] & ~work.known[first:until]
        work.rotations[new], work.roots[new] = rotations[new[at]], roots[new[at]]
        fresh = np.arange(first, last)[~touched[first:last]]
        work.contacts[fresh] = contacts[fresh - first]
        touched[first:until] = True
        work.known[new] = True


def _vary(work: _Work, gaps: list[tuple[int, int]], rng: np.random.Generator) -> None:
    """Fill gaps again around one pose of the filling that is moved in time.

    A gap too short for steps of another timing keeps its filling.
    """
    for start, stop in gaps:
        frames = stop - start
        late, place = rng.uniform(*LATE) * rng.choice([-1.0, 1.0]), rng.uniform(0.4, 0.6)
        if frames / work.fps < LEAST_VARIED:
            continue
        at = start + round(place * frames)
        source = at + round(late * frames)
        work.rotations[at], work.roots[at] = work.rotations[source], work.roots[source]
        work.known[start:stop] = False
        work.known[at] = True
        for part in ((start, at), (at + 1, stop)):
            _sketch(work, *part)
    _fill_all(work)


def windows(open_: Array) -> Iterator[tuple[int, int, int]]:
    """Yield windows (first, last excluded) and the end of the part that is taken from each.

    Gaps that are close together share a window. If a window had to be cut, its last gap is
    filled by the next window, which also covers the frames after it.
    """
    gaps = runs(open_)
    at = 0
    while at < len(gaps):
        first = max(gaps[at][0] - CONTEXT, 0)
        upto = at + 1
        while (
            upto < len(gaps)
            and gaps[upto][0] - gaps[upto - 1][1] <= CONTEXT
            and gaps[upto][1] + 1 - first <= MOST_FRAMES
        ):
            upto += 1
        end = gaps[upto - 1][1]
        more = upto < len(gaps) and gaps[upto][0] - end <= CONTEXT
        following = gaps[upto][0] if upto < len(gaps) else len(open_)
        last = min(end + CONTEXT, following, len(open_))
        taken = upto - 1 if more and upto - at > 1 else upto
        yield first, last, last if taken == upto else gaps[taken][0]
        at = taken
