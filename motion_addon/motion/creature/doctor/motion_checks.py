# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be wrong with the motion of an exemplar, found by its poses, paws and way.

Limits were set beside the good and the idle clips of ``training.creature.judging.readings``.
"""

from collections.abc import Iterator

import numpy as np

from ...body import quadruped_gaits
from ...body.dynamic_units import Units
from ...body.quadruped import LEGS
from ...maths import quat
from ...maths.quat import Array
from ..reading.exemplar import Reading
from ..reading.file_units import HIPS
from ..reading.footing import STANDS
from ..reading.looping import distance
from ..reading.stride_reading import HALF
from .finding import Finding, percent, sure

FROZEN = 0.002
"""Spread of poses over the hip's height under which nothing moves."""
STEPS = 0.06
"""Spread of the liveliest paw over the hip's height under which there are no steps."""
LAZY = 0.3
"""Share of the liveliest paw's spread under which a paw does not step."""
SHORT = 3.0
"""Units of time that are shorter than most strides."""
HURRIES = 0.15
"""Speed of the paws under the body, in its units, at which they are on their way."""
EVEN = 0.85
"""Share of fit of the strides of an animal that steps evenly, be it ever so slowly."""
PLANTED = 0.12
"""Way along the ground over the hip's height that no paw leaves while the animal stands."""
WHOLE = 0.93
"""Strides that make a whole one."""
FEW = 7.0
"""Frames of a stride under which its shape is guessed."""
JUMP = (0.12, 5.5)
"""Step beyond its neighbors, over the hip's height and over what is usual, that is a jump."""
FASTEST = (12.0, 1.2)
"""Froude numbers over which a stride is too fast: in any gait, and in a walk."""
SLIDES = 0.3
"""Share of the speed at which standing paws slide."""
ASKEW = 0.5
"""Share of the speed that goes to the side."""
LIES = 0.5
"""Height of the hips in motion over that in the rest pose under which the animal lies."""
BOBS = 0.12
"""Height of the lowest paw over the lowest of all, over the hip's height, in half of the time."""
UNDER = 0.1
"""Depth under the rig's own ground over the hip's height."""
OVER = 0.4
UNEVEN = 0.2
"""Difference in height over the hip's of where paws stand."""
PACES = (0.48, 2.05)
"""Duration of a stride over the usual one at that speed and size."""
OPEN = 2.6
"""Strides from which on the ends of a clip need not meet."""
NEAR_WHOLE = 0.12
"""Strides by which a clip may miss a whole number of them and still be meant as a loop."""


def check(seen: Reading) -> Iterator[Finding]:
    """Yield what is worth saying of the motion."""
    if _spread(seen.poses) < FROZEN and _way(seen) < FROZEN:
        yield Finding("frozen", "Nothing moves in the clip.", "error", 0.95)
        return
    yield from _steps(seen)
    yield from _jumps(seen)
    yield from _lying(seen)
    yield from _ground(seen)
    if seen.strides.period:
        yield from _length(seen)
        yield from _way_of_going(seen)
        yield from _pace(seen)
        yield from _seam(seen)


def _spread(poses: Array) -> float:
    return float(np.sqrt(((poses - poses.mean(axis=0)) ** 2).sum(axis=-1).mean()))


def _way(seen: Reading) -> float:
    """Return how far the pelvis gets around over the hip's height."""
    return float(np.ptp(seen.pelvis, axis=0).max() / seen.footing.hip_height)


def _steps(seen: Reading) -> Iterator[Finding]:
    """Say whether the paws step; an animal that moves without is flown or dragged."""
    spreads = seen.strides.along.std(axis=0)
    most = float(spreads.max())
    still = [leg for leg, spread in zip(LEGS, spreads, strict=True) if spread < LAZY * most]
    if most >= STEPS and seen.strides.period and len(still) < 2 and not _planted(seen):
        if still:
            text = f"The leg {still[0]} hardly steps; the others do."
            yield Finding("still_leg", text, "warning", sure(LAZY * most, float(spreads.min())))
        return
    if _cut_off(seen):
        text = "The clip is too short: it shows only a part of a step."
        yield Finding("too_short", text, "error", 0.8)
        return
    moving = seen.footing.pace > STANDS * seen.footing.unit_speed
    lifted = _altitude(seen)
    if moving and (lifted > 0.5 * BOBS or _off_ground(seen) > OVER):
        text = "The animal flies: it moves, and its paws never walk on the ground."
        yield Finding("flying", text, "error", 0.85)
    elif moving:
        text = "The animal moves without stepping: its paws stay where they are under the body."
        yield Finding("no_steps", text, "error", 0.9)
    elif lifted > BOBS or _off_ground(seen) > OVER:
        text = "The animal hovers: its paws never walk on the ground."
        yield Finding("flying", text, "error", 0.7)
    else:
        text = "The animal stays where it is and takes no steps: this is no walk or run."
        yield Finding("idle", text, "error", sure(STEPS, most) if len(still) < 2 else 0.85)


def _cut_off(seen: Reading) -> bool:
    """Return whether a clip ends while the paws are on their way."""
    along = seen.strides.along
    speed = np.abs(np.diff(along, axis=0)).mean() * seen.subject.recording.fps
    units = seen.subject.recording.seconds / seen.footing.second
    return bool(units < SHORT and speed * seen.footing.second > HURRIES)


def _planted(seen: Reading) -> bool:
    """Return whether all paws stay where they stand, or what they do leads nowhere."""
    asked = float(np.linalg.norm(seen.footing.paws))
    nowhere = max(asked, seen.footing.pace) < STANDS * seen.footing.unit_speed
    if nowhere and seen.strides.fit < EVEN:
        return True
    spans = np.ptp(seen.footing.tips[..., [0, 2]], axis=0).max()
    return bool(spans < PLANTED * seen.footing.hip_height)


def _altitude(seen: Reading) -> float:
    """Return how high the lowest paw is over the lowest place of all in half of the time."""
    lowest = seen.footing.tips[..., 1].min(axis=1)
    return float((np.median(lowest) - lowest.min()) / seen.footing.hip_height)


def _off_ground(seen: Reading) -> float:
    """Return the height of the lowest paw of all over the rig's origin, over the hip's."""
    axes = quat.mul(seen.tilt, seen.subject.body_from_world)
    floor = quat.apply(axes, np.array(seen.subject.recording.rig.origin))[1]
    low = np.percentile(seen.footing.tips[..., 1], 1.0)
    return float((low - floor) / seen.footing.hip_height)


def _jumps(seen: Reading) -> Iterator[Finding]:
    """Find the step of a joint, or of the whole animal, that is unlike those before and after."""
    places = seen.subject.animal.found.places(seen.turns, seen.positions)
    if len(places) < 6:
        return
    odd = 0.5 * np.linalg.norm(np.diff(places, 3, axis=0), axis=-1) / seen.footing.hip_height
    usual = np.maximum(np.percentile(odd, 85.0, axis=0), 0.01)
    share = np.where(odd > JUMP[0], odd / usual, 0.0)
    at, joint = np.unravel_index(int(np.argmax(share)), share.shape)
    if share[at, joint] > JUMP[1]:
        anchor = seen.subject.animal.found.joints[joint]
        bone = f'The bone "{seen.subject.recording.rig.names[anchor.joint]}"'
        who = "The animal" if np.median(odd[at]) > 0.5 * odd[at, joint] else bone
        text = f"{who} jumps near frame {at + 2}, by {percent(float(odd[at, joint]))}"
        doubt = sure(float(share[at, joint]), JUMP[1])
        yield Finding("jump", f"{text} of the hip height.", "warning", doubt)


def _lying(seen: Reading) -> Iterator[Finding]:
    lowest = seen.footing.tips[..., 1].min(axis=1)
    pelvis = seen.footing.places[:, 0, 1]
    rest = seen.subject.animal.skeleton.rest_positions()
    standing = float(rest[0, 1] - rest[:, 1].min()) / seen.footing.hip_height
    height = float(np.median(pelvis - lowest)) / seen.footing.hip_height
    if height < LIES * standing:
        text = f"The animal lies or crouches: its hips are at {percent(height / standing)} of"
        yield Finding("lies", f"{text} their height.", "warning", sure(LIES * standing, height))


def _ground(seen: Reading) -> Iterator[Finding]:
    """Compare the paws' heights with the rig's ground and with each other."""
    if not seen.strides.period:
        return
    hips = seen.footing.hip_height
    over = _off_ground(seen)
    if over < -UNDER:
        text = (
            f"The paws go {percent(-over)} of the hip height under the ground; the clip is lifted."
        )
        yield Finding("under_ground", text, "warning", sure(-over, UNDER))
    elif over > OVER:
        text = (
            f"The paws stay {percent(over)} of the hip height over the ground; the clip is lowered."
        )
        yield Finding("over_ground", text, "warning", 0.6)
    floors = seen.footing.tips[..., 1].min(axis=0) / hips
    if np.ptp(floors) > UNEVEN:
        low, high = LEGS[int(np.argmin(floors))], LEGS[int(np.argmax(floors))]
        text = f"The paw {low} comes down {percent(float(np.ptp(floors)))} of the hip height"
        yield Finding(
            "uneven", f"{text} lower than {high}.", "warning", sure(float(np.ptp(floors)), UNEVEN)
        )
    if _altitude(seen) > 2.0 * BOBS:
        text = "The ground under the paws is not level, or the animal is off it most of the time."
        yield Finding("not_level", text, "warning", sure(_altitude(seen), 2.0 * BOBS))


def _length(seen: Reading) -> Iterator[Finding]:
    count, period = seen.strides.count, seen.strides.period
    if count < HALF:
        text = "The clip is too short: it shows less than half a stride."
        yield Finding("too_short", text, "error", 0.9)
    elif count < WHOLE and not seen.seam.loops:
        text = f"The clip shows only {count:.1f} of a stride; the rest is guessed."
        yield Finding("no_full_stride", text, "warning", sure(WHOLE, count))
    if period < FEW:
        text = f"A stride has only {period:.0f} frames; how paws move between them is guessed."
        yield Finding("few_frames", text, "warning", sure(FEW, period))


def _way_of_going(seen: Reading) -> Iterator[Finding]:
    foot, unit = seen.footing, seen.scale.unit
    if foot.in_place:
        text = f"The animal walks in place; its paws ask for {foot.speed * unit:.2f} m/s."
        yield Finding("in_place", text, "note", 0.9)
    elif foot.slide > SLIDES:
        asked = float(np.linalg.norm(foot.paws)) * unit
        text = (
            f"Standing paws slide: the body moves at {foot.pace * unit:.2f} m/s,"
            f" the paws ask for {asked:.2f} m/s."
        )
        yield Finding("sliding", text, "warning", sure(foot.slide, SLIDES))
    left, ahead = (float(v) for v in foot.velocity)
    if foot.speed < STANDS * foot.unit_speed:
        return
    if abs(left) > ASKEW * foot.speed and abs(left) > abs(ahead):
        side = "left" if left > 0.0 else "right"
        text = f"The animal moves sideways, to its {side}."
        yield Finding("sideways", text, "warning", sure(abs(left) / foot.speed, ASKEW))
    elif ahead < -ASKEW * foot.speed:
        yield Finding("backward", "The animal goes backward.", "warning", 0.85)


def _pace(seen: Reading) -> Iterator[Finding]:
    """Compare the stride with that of animals as big and as fast (after Alexander 1983)."""
    froude = (
        float(quadruped_gaits.froude(seen.footing.speed / seen.footing.unit_speed, 1.0))
        * quadruped_gaits.GRAVITY
    )
    # Where haste alone told of another unit, the frame rate may as well be wrong.
    hips = seen.subject.animal.hip_height
    haste = seen.scale.unit != 1.0 and HIPS[0] < hips < HIPS[1]
    second = Units(hips).second if haste else seen.footing.second
    period = seen.strides.period / seen.subject.recording.fps / second
    share = period / (2.4 * max(froude, 1e-4) ** -0.16)
    real = seen.strides.period / seen.subject.recording.fps
    falls = seen.strides.footfalls(1.0)
    fastest = FASTEST[1] if falls.gait == "walk" and falls.duty > 0.5 else FASTEST[0]
    reason = "for an animal of this size: the frame rate or the size may be wrong."
    if share < PACES[0] or froude > fastest:
        doubt = max(sure(PACES[0], share), sure(froude, fastest))
        yield Finding("too_fast", f"Strides of {real:.2f} s are hasty {reason}", "warning", doubt)
    elif share > PACES[1]:
        doubt = sure(share, PACES[1])
        yield Finding("too_slow", f"Strides of {real:.2f} s are slow {reason}", "warning", doubt)


def _seam(seen: Reading) -> Iterator[Finding]:
    count = seen.strides.count
    if seen.seam.loops or count < WHOLE:
        return
    if count < OPEN:
        meant = abs(count - round(count)) < NEAR_WHOLE
        gap = percent(float(distance(seen.poses[-1], seen.poses[0])))
        text = f"The ends do not meet: the last pose is {gap} of the hip height from the first."
        yield Finding("open_loop", text, "warning" if meant else "note", sure(seen.seam.steps, 3.0))
    else:
        yield Finding("no_loop", "The clip does not loop; it is taken as it is.", "note", 0.9)
