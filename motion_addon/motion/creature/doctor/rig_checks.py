# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be wrong with the body that an exemplar doctor finds in a rig."""

from collections.abc import Iterator

import numpy as np

from ... import rigs
from ...body.quadruped import LEGS
from ...maths import quat
from ...maths.quat import Array
from ...rigs import RigBones
from ...rigs.resting_limbs import Shape, upright
from ..reading.exemplar import Reading
from ..reading.file_units import HIPS, NAMES
from ..reading.recording import Recording
from ..reading.subject import EXCHANGED
from .finding import Finding

LOW = 0.14
"""Height of the end of a limb over that of the animal under which it stands on the ground."""
TALL = 0.3
"""Height over that of the animal from which a limb must come down to be a leg."""
MIDDLE = 0.03
"""Distance from the middle over the height within which a chain is a tail or a trunk."""
ONE_FOOT = 0.13
"""Distance over the height within which toes are of one foot."""
_COUNTS = {0: "no", 1: "one", 2: "two", 3: "three", 5: "five", 6: "six", 7: "seven", 8: "eight"}


def legless(recording: Recording, reason: str) -> Finding:
    """Return why no animal on four legs was found; ``reason`` is what the search said."""
    rig = recording.rig
    if "two legs" in reason:
        return Finding("two_legs", reason, "error", 0.95)
    shape = upright(rig, 1)
    count = len(feet(shape)) if shape is not None else 0
    if count in (2, 3) or count > 4:
        words = _COUNTS.get(count, str(count))
        code = {2: "two_legs", 3: "three_legs"}.get(count, "many_legs")
        text = f"The rig seems to have {words} legs; One Shot learns from animals on four."
        return Finding(code, text, "error", 0.8)
    return Finding("no_legs", reason, "error", 0.9)


def feet(shape: Shape, known: frozenset[int] = frozenset()) -> list[Array]:
    """Return where feet stand (3,), each away from the middle and at the end of a long limb.

    Limbs with ``known`` bones are left out.
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
    """Return the first bone of the limb that ends with ``bone``: on its side of the middle."""
    side = np.sign(shape.heads[bone, 0])
    above = bone
    for parent in shape.rig.ancestors(bone):
        if shape.heads[parent, 0] * side < 0.3 * MIDDLE:
            break
        above = parent
    return above


def check(seen: Reading) -> Iterator[Finding]:
    """Yield what is worth saying of the animal itself."""
    subject = seen.subject
    yield from _legs(subject.recording.rig, seen)
    yield from _sides(seen)
    yield from _upright(seen)
    yield from _size(seen)
    if subject.posed:
        text = "The rest pose shows no animal, so its first frame is taken as the rest pose."
        yield Finding("rest_pose", text, "note", 0.9)


def _legs(rig: RigBones, seen: Reading) -> Iterator[Finding]:
    """Find legs beyond the four: limbs that come down to the ground on both sides."""
    limbs = seen.subject.limbs
    named = [name for leg in LEGS for name in limbs.legs[leg]]
    named += limbs.tail
    shape = upright(_stood(rig, seen.subject.body_from_world), 1)
    more = feet(shape, frozenset(map(rig.index, named))) if shape is not None else []
    both = {bool(place[0] > 0.0) for place in more}
    count = 4 + len(more) if len(both) == 2 else 4
    if count > 4:
        words = _COUNTS.get(count, str(count))
        text = f"The rig seems to have {words} legs; four of them are read as an animal's."
        yield Finding("many_legs", text, "error", 0.8)


def _stood(rig: RigBones, turn: Array) -> RigBones:
    """Return the rig turned to face +Z, Y up."""
    heads = quat.apply(turn, rig.rest_heads)
    rotations = quat.mul(np.broadcast_to(turn, rig.rest_rotations.shape), rig.rest_rotations)
    return RigBones(rig.names, rig.parents, heads, rotations, rig.lengths)


def _sides(seen: Reading) -> Iterator[Finding]:
    """Compare the legs that were told with those that are found."""
    subject = seen.subject
    if subject.told and _faces_back(seen):
        text = "The head is behind the named forelegs: fore and hind legs seem to be exchanged."
        yield Finding("swapped_ends", text, "warning", 0.8)
    elif EXCHANGED in subject.rig_map.notes:
        text = "Left and right legs are exchanged in the bone map or the names; it was put right."
        yield Finding("mirrored_legs", text, "warning", 0.9)


def _faces_back(seen: Reading) -> bool:
    """Return whether an animal found without being told looks the other way."""
    found = rigs.detect(seen.subject.recording.rig)
    if not found.kind.level:
        return False
    facing = quat.apply(seen.subject.body_from_world, np.array(found.facing))
    return bool(facing[2] < -0.5)


def _upright(seen: Reading) -> Iterator[Finding]:
    """Say where up is, if it is not Y."""
    up = quat.inv_apply(seen.subject.body_from_world, np.array([0.0, 1.0, 0.0]))
    if up[1] < 0.7:
        axis = "XYZ"[int(np.argmax(np.abs(up)))]
        text = f"In the clip {axis} is up and not Y; it was turned."
        yield Finding("up_axis", text, "warning", 0.95)
    if seen.tilt[0] > 0.999:
        return
    world = quat.inv_apply(seen.tilt, np.array([0.0, 1.0, 0.0]))
    ahead = abs(float(world[2]))
    if world[1] < -0.7:
        yield Finding("upside_down", "The animal is on its back; it was turned over.", "error", 0.9)
    elif ahead > 0.7:
        text = "The animal is pitched by a quarter turn: the clip seems to have another axis up."
        yield Finding("up_axis", text, "warning", 0.8)
    else:
        yield Finding("on_its_side", "The animal lies on its side.", "error", 0.85)


def _size(seen: Reading) -> Iterator[Finding]:
    raw = seen.subject.animal.hip_height
    hips = raw * seen.scale.unit
    if seen.scale.unit != 1.0 and seen.scale.sure < 1.0:
        name = NAMES.get(seen.scale.unit, "other units")
        text = f"Hips {raw:.3g} m high make no animal; lengths are read as {name}: {hips:.3g} m."
        yield Finding("units", text, "warning", seen.scale.sure)
    elif not HIPS[0] / 1.25 < hips < 1.25 * HIPS[1]:
        text = f"Hips {hips:.3g} m high make no animal that there is."
        yield Finding("units", text, "warning", 0.7)
