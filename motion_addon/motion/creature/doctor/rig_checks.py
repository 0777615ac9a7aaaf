# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the animal itself: number of legs, sides, up axis, size and rest pose."""

from collections.abc import Iterator

import numpy as np

from ... import rigs
from ...body.quadruped import LEGS
from ...maths import quat
from ...maths.quat import Array
from ...rigs import RigBones
from ...rigs.detection import EXCHANGED
from ...rigs.leg_pairs import Shape, upright
from ..reading.clip_analysis import ClipAnalysis
from ..reading.file_units import HIPS, NAMES
from ..reading.recording import Recording
from .finding import Finding

LOW = 0.14
"""Height of a limb's end, as a share of the animal's, below which it stands on the ground."""
TALL = 0.3
"""Height, as a share of the animal's, from which a limb must come down to be a leg."""
MIDDLE = 0.03
"""Distance from the middle, as a share of the height, within which a chain is tail or trunk."""
ONE_FOOT = 0.13
"""Distance, as a share of the height, within which toes belong to one foot."""
_COUNTS = {0: "no", 1: "one", 2: "two", 3: "three", 5: "five", 6: "six", 7: "seven", 8: "eight"}


def no_animal(recording: Recording, reason: str) -> Finding:
    """Return the finding that no animal on four legs was detected; ``reason`` is the refusal."""
    rig = recording.rig
    if "two legs" in reason:
        return Finding("two_legs", reason, "error", 0.95)
    shape = upright(rig, 1)
    count = len(feet(shape)) if shape is not None else 0
    if count in (2, 3) or count > 4:
        words = _COUNTS.get(count, str(count))
        code = {2: "two_legs", 3: "three_legs"}.get(count, "many_legs")
        text = f"The rig seems to have {words} legs; pick an animal on four legs."
        return Finding(code, text, "error", 0.8)
    return Finding("no_legs", reason, "error", 0.9)


def feet(shape: Shape, known: frozenset[int] = frozenset()) -> list[Array]:
    """Return where feet stand (3,), each away from the middle and at the end of a long limb.

    BodyParts with ``known`` bones are left out.
    """
    rig = shape.rig
    middle = float(np.median(shape.heads[:, 0]))
    found: list[Array] = []
    for bone in range(len(rig)):
        end = shape.ends[bone] if not rig.children[bone] else shape.heads[bone]
        top = _top(shape, bone)
        limb = {bone, *rig.ancestors(bone)}
        if end[1] > LOW or shape.heads[top, 1] < TALL or limb & known or top == bone:
            continue
        place = end * np.array([1.0, 0.0, 1.0]) - np.array([middle, 0.0, 0.0])
        if abs(place[0]) < MIDDLE:
            continue
        if all(np.linalg.norm(place - other) > ONE_FOOT for other in found):
            found.append(place)
    return found


def _top(shape: Shape, bone: int) -> int:
    """Return the first bone of the limb that ends with ``bone``, on its side of the middle."""
    side = np.sign(shape.heads[bone, 0])
    above = bone
    for parent in shape.rig.ancestors(bone):
        if shape.heads[parent, 0] * side < 0.3 * MIDDLE:
            break
        above = parent
    return above


def check(seen: ClipAnalysis) -> Iterator[Finding]:
    """Yield the findings about the animal itself."""
    yield from _legs(seen.animal.recording.rig, seen)
    yield from _sides(seen)
    yield from _upright(seen)
    yield from _size(seen)
    if seen.animal.rest_from_motion:
        text = "The rest pose shows no animal; the first frame is used as the rest pose."
        yield Finding("rest_pose", text, "note", 0.9)


def _legs(rig: RigBones, seen: ClipAnalysis) -> Iterator[Finding]:
    """Find more legs than four: limbs that come down to the ground on both sides."""
    parts = seen.animal.parts
    named = [name for leg in LEGS for name in parts.legs[leg]]
    named += parts.tail
    shape = upright(_facing_ahead(rig, seen.animal.body_from_world), 1)
    more = feet(shape, frozenset(map(rig.index, named))) if shape is not None else []
    both = {bool(place[0] > 0.0) for place in more}
    count = 4 + len(more) if len(both) == 2 else 4
    if count > 4:
        words = _COUNTS.get(count, str(count))
        text = f"The rig seems to have {words} legs; pick an animal on four legs."
        yield Finding("many_legs", text, "error", 0.8)


def _facing_ahead(rig: RigBones, turn: Array) -> RigBones:
    """Return the rig turned to face +Z, Y up."""
    heads = quat.apply(turn, rig.rest_heads)
    rotations = quat.mul(np.broadcast_to(turn, rig.rest_rotations.shape), rig.rest_rotations)
    return RigBones(rig.names, rig.parents, heads, rotations, rig.lengths)


def _sides(seen: ClipAnalysis) -> Iterator[Finding]:
    """Compare the given legs with the detected ones."""
    animal = seen.animal
    if animal.given and _faces_back(seen):
        text = "The head is behind the forelegs; exchange fore and hind legs in the bone map."
        yield Finding("swapped_ends", text, "warning", 0.8)
    elif EXCHANGED in animal.rig_map.notes:
        text = "Left and right legs were exchanged in the bone map or the names; they are swapped."
        yield Finding("mirrored_legs", text, "warning", 0.9)


def _faces_back(seen: ClipAnalysis) -> bool:
    """Return whether the animal, detected without the given legs, looks the other way."""
    found = rigs.detect(seen.animal.recording.rig)
    if not found.kind.from_one_clip:
        return False
    facing = quat.apply(seen.animal.body_from_world, np.array(found.facing))
    return bool(facing[2] < -0.5)


def _upright(seen: ClipAnalysis) -> Iterator[Finding]:
    """Compare the up axes of the rest pose and of the motion with Y."""
    up = quat.inv_apply(seen.animal.body_from_world, np.array([0.0, 1.0, 0.0]))
    if up[1] < 0.7:
        axis = "XYZ"[int(np.argmax(np.abs(up)))]
        text = f"The up axis of the clip is {axis}, not Y; the clip was rotated."
        yield Finding("up_axis", text, "warning", 0.95)
    if seen.upright[0] > 0.999:
        return
    world = quat.inv_apply(seen.upright, np.array([0.0, 1.0, 0.0]))
    ahead = abs(float(world[2]))
    if world[1] < -0.7:
        yield Finding(
            "upside_down",
            "The animal is on its back; turn the rig over and pick the clip again.",
            "error",
            0.9,
        )
    elif ahead > 0.7:
        text = "The animal is pitched by a quarter turn; the clip seems to have another up axis."
        yield Finding("up_axis", text, "warning", 0.8)
    else:
        yield Finding(
            "on_its_side",
            "The animal lies on its side; turn the rig upright and pick the clip again.",
            "error",
            0.85,
        )


def _size(seen: ClipAnalysis) -> Iterator[Finding]:
    raw = seen.animal.canonical.hip_height
    hips = raw * seen.unit.meters
    if seen.unit.meters != 1.0 and seen.unit.confidence < 1.0:
        name = NAMES.get(seen.unit.meters, "other units")
        text = (
            f"A hip height of {raw:.3g} m fits no animal; lengths are read as {name}: {hips:.3g} m."
        )
        yield Finding("units", text, "warning", seen.unit.confidence)
    elif not HIPS[0] / 1.25 < hips < 1.25 * HIPS[1]:
        text = f"A hip height of {hips:.3g} m fits no animal; check the scale of the rig."
        yield Finding("units", text, "warning", 0.7)
