# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the motion: steps, jumps, ground, length, direction, pace and loop.

The limits were set on good and idle clips, see ``training.creature.judging.reading_accuracy``.
"""

from collections.abc import Iterator

import numpy as np

from ...body import quadruped_gaits
from ...body.dynamic_units import Units
from ...body.quadruped import LEGS
from ...maths import quat
from ...maths.quat import Array
from ..reading.clip_analysis import ClipAnalysis
from ..reading.file_units import HIPS
from ..reading.ground_motion import STANDS
from ..reading.loops import distance
from ..reading.stride_period import HALF
from .finding import Finding, confidence_beyond, percent

FROZEN = 0.002
"""Spread of the poses, as a share of the hip height, below which nothing moves."""
STEPS = 0.06
"""Spread of the paw that moves most, as a share of the hip height, below which there are no
steps."""
LAZY = 0.3
"""Share of the largest paw's spread below which a paw does not step."""
SHORT = 3.0
"""Units of time that are shorter than most strides."""
HURRIES = 0.15
"""Speed of the paws under the body, in its units, from which they are in swing."""
EVEN = 0.85
"""Explained share of stride waves from which an animal steps evenly, however slowly."""
PLANTED = 0.12
"""Extent along the ground, as a share of the hip height, within which paws stand still."""
WHOLE = 0.93
"""Strides that count as a whole one."""
FEW = 7.0
"""Frames of a stride below which its shape is guessed."""
JUMP = (0.12, 5.5)
"""Excess of a step over its neighbors, as a share of the hip height and of the usual excess, that
is a jump."""
FASTEST = (12.0, 1.2)
"""Froude numbers above which a stride is too fast: in any gait, and in a walk."""
SLIDES = 0.3
"""Share of the speed from which paws in stance slide."""
ASKEW = 0.5
"""Share of the speed from which a motion goes sideways or backward."""
LIES = 0.5
"""Height of the hips, as a share of that in the rest pose, below which the animal lies."""
BOBS = 0.12
"""Median height of the lowest paw above its lowest, as a share of the hip height."""
UNDER = 0.1
"""Depth below the rig's own ground, as a share of the hip height."""
OVER = 0.4
UNEVEN = 0.2
"""Difference in height between standing paws, as a share of the hip height."""
PACES = (0.48, 2.05)
"""Least and most duration of a stride, as shares of the usual one at that speed and size."""
OPEN = 2.6
"""Strides from which the ends of a clip need not meet."""
NEAR_WHOLE = 0.12
"""Difference from a whole number of strides up to which a clip is meant as a loop."""


def check(seen: ClipAnalysis) -> Iterator[Finding]:
    """Yield the findings about the motion."""
    if _spread(seen.poses) < FROZEN and _way(seen) < FROZEN:
        yield Finding("frozen", "Nothing moves in the clip; pick another action.", "error", 0.95)
        return
    yield from _steps(seen)
    yield from _jumps(seen)
    yield from _lying(seen)
    yield from _ground(seen)
    if seen.strides.period:
        yield from _length(seen)
        yield from _direction(seen)
        yield from _pace(seen)
        yield from _loop(seen)


def _spread(poses: Array) -> float:
    return float(np.sqrt(((poses - poses.mean(axis=0)) ** 2).sum(axis=-1).mean()))


def _way(seen: ClipAnalysis) -> float:
    """Return the extent of the pelvis's path, as a share of the hip height."""
    return float(np.ptp(seen.pelvis, axis=0).max() / seen.ground.hip_height)


def _steps(seen: ClipAnalysis) -> Iterator[Finding]:
    """Check that the paws step; an animal that moves without steps flies or is dragged."""
    spreads = seen.strides.along.std(axis=0)
    most = float(spreads.max())
    still = [leg for leg, spread in zip(LEGS, spreads, strict=True) if spread < LAZY * most]
    if most >= STEPS and seen.strides.period and len(still) < 2 and not _planted(seen):
        if still:
            text = (
                f"The leg {still[0]} hardly steps while the others do; check its bones in the map."
            )
            yield Finding(
                "still_leg", text, "warning", confidence_beyond(LAZY * most, float(spreads.min()))
            )
        return
    if _cut_off(seen):
        text = "The clip is too short: it shows only part of a step; choose a longer one."
        yield Finding("too_short", text, "error", 0.8)
        return
    moving = seen.ground.pace > STANDS * seen.ground.unit_speed
    lifted = _altitude(seen)
    if moving and (lifted > 0.5 * BOBS or _off_ground(seen) > OVER):
        text = "The animal flies: its paws never walk on the ground; pick a walk or a run."
        yield Finding("flying", text, "error", 0.85)
    elif moving:
        text = "The animal moves without stepping: its paws stay still under the body; pick a walk."
        yield Finding("no_steps", text, "error", 0.9)
    elif lifted > BOBS or _off_ground(seen) > OVER:
        text = "The animal hovers: its paws never walk on the ground; pick a walk or a run."
        yield Finding("flying", text, "error", 0.7)
    else:
        text = "The animal stands still and takes no steps; pick a walk or a run."
        yield Finding(
            "idle", text, "error", confidence_beyond(STEPS, most) if len(still) < 2 else 0.85
        )


def _cut_off(seen: ClipAnalysis) -> bool:
    """Return whether a short clip ends while the paws are in swing."""
    along = seen.strides.along
    speed = np.abs(np.diff(along, axis=0)).mean() * seen.animal.recording.fps
    units = seen.animal.recording.seconds / seen.ground.second
    return bool(units < SHORT and speed * seen.ground.second > HURRIES)


def _planted(seen: ClipAnalysis) -> bool:
    """Return whether all paws stay in place, or their movement leads nowhere."""
    asked = float(np.linalg.norm(seen.ground.paws))
    leads_nowhere = max(asked, seen.ground.pace) < STANDS * seen.ground.unit_speed
    if leads_nowhere and seen.strides.explained < EVEN:
        return True
    spans = np.ptp(seen.ground.tips[..., [0, 2]], axis=0).max()
    return bool(spans < PLANTED * seen.ground.hip_height)


def _altitude(seen: ClipAnalysis) -> float:
    """Return the median height of the lowest paw above its lowest, as a share of the hip height."""
    lowest = seen.ground.tips[..., 1].min(axis=1)
    return float((np.median(lowest) - lowest.min()) / seen.ground.hip_height)


def _off_ground(seen: ClipAnalysis) -> float:
    """Return the height of the lowest paw above the rig's origin, as a share of the hip height."""
    axes = quat.mul(seen.upright, seen.animal.body_from_world)
    floor = quat.apply(axes, np.array(seen.animal.recording.rig.origin))[1]
    low = np.percentile(seen.ground.tips[..., 1], 1.0)
    return float((low - floor) / seen.ground.hip_height)


def _jumps(seen: ClipAnalysis) -> Iterator[Finding]:
    """Find the step of a joint, or of the whole animal, that differs most from its neighbors."""
    places = seen.animal.canonical.landmarks.places(seen.turns, seen.positions)
    if len(places) < 6:
        return
    odd = 0.5 * np.linalg.norm(np.diff(places, 3, axis=0), axis=-1) / seen.ground.hip_height
    usual = np.maximum(np.percentile(odd, 85.0, axis=0), 0.01)
    share = np.where(odd > JUMP[0], odd / usual, 0.0)
    at, joint = np.unravel_index(int(np.argmax(share)), share.shape)
    if share[at, joint] > JUMP[1]:
        landmark = seen.animal.canonical.landmarks.joints[joint]
        bone = f'The bone "{seen.animal.recording.rig.names[landmark.joint]}"'
        who = "The animal" if np.median(odd[at]) > 0.5 * odd[at, joint] else bone
        size = percent(float(odd[at, joint]))
        text = f"{who} jumps near frame {at + 2} by {size} of the hip height; mend its curves there"
        doubt = confidence_beyond(float(share[at, joint]), JUMP[1])
        yield Finding("jump", f"{text}.", "warning", doubt)


def _lying(seen: ClipAnalysis) -> Iterator[Finding]:
    lowest = seen.ground.tips[..., 1].min(axis=1)
    pelvis = seen.ground.places[:, 0, 1]
    rest = seen.animal.canonical.skeleton.rest_positions()
    standing = float(rest[0, 1] - rest[:, 1].min()) / seen.ground.hip_height
    height = float(np.median(pelvis - lowest)) / seen.ground.hip_height
    if height < LIES * standing:
        share = percent(height / standing)
        text = f"The animal lies or crouches: its hips are at {share} of their height at rest."
        yield Finding("lies", text, "warning", confidence_beyond(LIES * standing, height))


def _ground(seen: ClipAnalysis) -> Iterator[Finding]:
    """Compare the paws' heights with the rig's ground and with each other."""
    if not seen.strides.period:
        return
    hips = seen.ground.hip_height
    over = _off_ground(seen)
    if over < -UNDER:
        text = (
            f"The paws go {percent(-over)} of the hip height below the ground; the clip was raised."
        )
        yield Finding("under_ground", text, "warning", confidence_beyond(-over, UNDER))
    elif over > OVER:
        text = (
            f"The paws stay {percent(over)} of the hip height above ground; the clip was lowered."
        )
        yield Finding("over_ground", text, "warning", 0.6)
    floors = seen.ground.tips[..., 1].min(axis=0) / hips
    if np.ptp(floors) > UNEVEN:
        low, high = LEGS[int(np.argmin(floors))], LEGS[int(np.argmax(floors))]
        size = percent(float(np.ptp(floors)))
        text = (
            f"The paw {low} comes down {size} of the hip height lower than {high}; check both legs"
        )
        yield Finding(
            "uneven", f"{text}.", "warning", confidence_beyond(float(np.ptp(floors)), UNEVEN)
        )
    if _altitude(seen) > 2.0 * BOBS:
        text = "The ground under the paws is not level, or the animal is off it most of the time."
        yield Finding("not_level", text, "warning", confidence_beyond(_altitude(seen), 2.0 * BOBS))


def _length(seen: ClipAnalysis) -> Iterator[Finding]:
    count, period = seen.strides.count, seen.strides.period
    if count < HALF:
        text = "The clip is too short: it shows less than half a stride; choose a longer one."
        yield Finding("too_short", text, "error", 0.9)
    elif count < WHOLE and not seen.loop.closes:
        text = f"The clip shows {count:.1f} of a stride and the rest is guessed; use a longer one."
        yield Finding("no_full_stride", text, "warning", confidence_beyond(WHOLE, count))
    if period < FEW:
        text = f"A stride has only {period:.0f} frames; export the clip at a higher frame rate."
        yield Finding("few_frames", text, "warning", confidence_beyond(FEW, period))


def _direction(seen: ClipAnalysis) -> Iterator[Finding]:
    foot, unit = seen.ground, seen.unit.meters
    if foot.in_place:
        text = f"The animal walks in place; its paws give a speed of {foot.speed * unit:.2f} m/s."
        yield Finding("in_place", text, "note", 0.9)
    elif foot.slide > SLIDES:
        asked = float(np.linalg.norm(foot.paws)) * unit
        text = (
            f"The paws slide: the body moves at {foot.pace * unit:.2f} m/s,"
            f" the paws give {asked:.2f} m/s; correct the travel or let it walk in place."
        )
        yield Finding("sliding", text, "warning", confidence_beyond(foot.slide, SLIDES))
    left, ahead = (float(v) for v in foot.velocity)
    if foot.speed < STANDS * foot.unit_speed:
        return
    if abs(left) > ASKEW * foot.speed and abs(left) > abs(ahead):
        side = "left" if left > 0.0 else "right"
        text = f"The animal moves sideways, to its {side}."
        yield Finding("sideways", text, "warning", confidence_beyond(abs(left) / foot.speed, ASKEW))
    elif ahead < -ASKEW * foot.speed:
        yield Finding("backward", "The animal goes backward.", "warning", 0.85)


def _pace(seen: ClipAnalysis) -> Iterator[Finding]:
    """Compare the stride with that of animals of this size and speed (after Alexander 1983)."""
    froude = (
        float(quadruped_gaits.froude(seen.ground.speed / seen.ground.unit_speed, 1.0))
        * quadruped_gaits.GRAVITY
    )
    # If only the fast stride suggests another unit, the frame rate may be wrong instead.
    hips = seen.animal.canonical.hip_height
    rate_alone = seen.unit.meters != 1.0 and HIPS[0] < hips < HIPS[1]
    second = Units(hips).second if rate_alone else seen.ground.second
    period = seen.strides.period / seen.animal.recording.fps / second
    share = period / (2.4 * max(froude, 1e-4) ** -0.16)
    real = seen.strides.period / seen.animal.recording.fps
    falls = seen.strides.footfalls(1.0)
    fastest = FASTEST[1] if falls.gait == "walk" and falls.duty > 0.5 else FASTEST[0]
    reason = "for an animal of this size; check the frame rate and the scale."
    if share < PACES[0] or froude > fastest:
        doubt = max(confidence_beyond(PACES[0], share), confidence_beyond(froude, fastest))
        yield Finding(
            "too_fast", f"Strides of {real:.2f} s are too fast {reason}", "warning", doubt
        )
    elif share > PACES[1]:
        doubt = confidence_beyond(share, PACES[1])
        yield Finding(
            "too_slow", f"Strides of {real:.2f} s are too slow {reason}", "warning", doubt
        )


def _loop(seen: ClipAnalysis) -> Iterator[Finding]:
    count = seen.strides.count
    if seen.loop.closes or count < WHOLE:
        return
    if count < OPEN:
        meant = abs(count - round(count)) < NEAR_WHOLE
        gap = percent(float(distance(seen.poses[-1], seen.poses[0])))
        text = f"The ends do not meet, by {gap} of the hip height; trim the clip to whole strides."
        yield Finding(
            "open_loop", text, "warning" if meant else "note", confidence_beyond(seen.loop.gap, 3.0)
        )
    else:
        yield Finding(
            "no_loop", "The clip is not a loop; it is used from start to end.", "note", 0.9
        )
