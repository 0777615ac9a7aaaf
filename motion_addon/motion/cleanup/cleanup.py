# SPDX-License-Identifier: GPL-3.0-or-later
"""Cleans up a raw motion: the root onto the plan, the feet onto the ground.

The order matters. The body first moves, slowly, onto the plan; then its feet are planted. Nothing
above the trunk changes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..body.kinds import PAW, ROLLING_FOOT, kind_of
from ..clip.clip import Clip
from ..maths import quat
from ..maths.quat import Array
from ..maths.smoothing import smooth
from ..metrics.clip_metrics import mean_root
from ..plan.ground import GroundHeight, ground_of
from ..plan.trajectory import Trajectory
from .lower_body import LowerBody
from .paw import Paw
from .planting import FootPlanting, plant
from .rolling_foot import RollingFoot
from .stances import StanceRules
from .standing_ends import with_still_ends

_PLANTINGS: Final[dict[object, FootPlanting]] = {ROLLING_FOOT: RollingFoot(), PAW: Paw()}


@dataclass(frozen=True)
class CleanupSettings:
    """Settings of the clean-up."""

    follow: bool = True
    """Whether the root is corrected onto the plan."""
    lock: bool = True
    """Whether standing feet are pinned."""
    settle: bool = True
    """Whether the sway of the standing pose at the start and the end is reduced."""
    follow_seconds: float = 0.35
    """Slowness of the correction of the root (s, sigma): sway faster than that is kept."""
    turn_seconds: float = 0.5
    """Slowness of the correction of the body's yaw (s, sigma)."""
    turn_free: float = 0.1
    """Yaw (rad) the body may be off the plan before it is corrected."""
    level_seconds: float = 0.6
    """Slowness of the correction of the height over the ground (s, sigma)."""
    rules: StanceRules | None = None
    """Which contacts are stances; None is usual for the foot."""
    soles: tuple[float, ...] | None = None
    """Heights (m) of the ball joints of each leg's standing foot over the ground; None is usual for
    the size of the body."""


LEVEL_TRUNK: Final = CleanupSettings(turn_seconds=0.3, turn_free=0.05)
"""For bodies whose long trunk shows where it points; their strides are quicker."""

EXEMPLAR: Final = replace(LEVEL_TRUNK, rules=replace(Paw.rules, sliding=4.0, trim_share=0.1))
"""For animals that move as an exemplar clip does, whose paws may slide: they are planted, except at
the ends of a stance in which they move."""


def clean(
    clip: Clip,
    contacts: Array,
    trajectory: Trajectory | None = None,
    settings: CleanupSettings | None = None,
    ground: GroundHeight | None = None,
) -> Clip:
    """Return `clip` with its root on the plan and its feet on the ground, with binary contacts.

    `contacts` (T, P) are probabilities as in `Clip.contacts`. `trajectory` is the plan of the clip,
    frame by frame at its rate. Without `settings` they are the usual ones of its kind of body.
    `ground` gives heights; without it the ground is as high as the plan, or 0. Frames, rate and,
    except in standing poses, everything above the trunk stay.
    """
    kind = kind_of(clip.skeleton)
    settings = settings or (LEVEL_TRUNK if kind.level else CleanupSettings())
    if trajectory is not None and settings.settle:
        clip = with_still_ends(clip, trajectory)
    body = LowerBody.of(clip)
    ground = ground or ground_of(trajectory, clip.frames, clip.fps)
    if trajectory is not None and settings.follow:
        _move_onto_plan(body, trajectory, settings)
    down = kind.foot.binary(np.asarray(contacts, dtype=np.float32), clip.fps)
    if settings.lock:
        planting, seconds = _PLANTINGS[kind.foot], settings.level_seconds
        down = plant(body, down, planting, ground, seconds, settings.rules, settings.soles)
    return body.written(clip, down)


def _move_onto_plan(body: LowerBody, trajectory: Trajectory, settings: CleanupSettings) -> None:
    """Move and turn the body, slowly, to where the plan has it."""
    frames = len(body.root)
    at = np.arange(frames) * (trajectory.rate / body.fps)
    at = np.clip(np.round(at).astype(np.int64), 0, len(trajectory) - 1)
    off = quat.yaw_of(trajectory.facing[at]) - quat.yaw_of(body.forward)
    off = np.unwrap((off + np.pi) % (2.0 * np.pi) - np.pi)
    off = smooth(off, settings.turn_seconds * body.fps)
    free = settings.turn_free
    body.rotate(off - free * np.tanh(off / free))
    gap = trajectory.positions[at] - mean_root(body.center, body.fps)
    gap[:, 1] = 0.0
    body.move(smooth(gap, settings.follow_seconds * body.fps))
