# SPDX-License-Identifier: GPL-3.0-or-later
"""One Shot on the picked clip: its examination, and the steps to a creature.

The last examination is kept for the session and shown while the same clip and bones are picked.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import bpy

from ...errors import RefusedError
from ..rig import character
from ..scene import data_blocks
from . import exemplar, stored_creatures

if TYPE_CHECKING:
    from ...motion.creature.doctor.diagnosis import Diagnosis, Finding

READ_SHARE = 0.9
"""Share of the progress that reading takes."""
STRIDES = 6
"""Strides in the footfall chart."""
SAID = {"up_axis": "The animal does not stand upright in the scene; it was turned for reading"}
"""Texts of findings in Blender, where other axes are up, by their code."""


@dataclass(frozen=True, eq=False)
class Examination:
    """The diagnosis of one clip."""

    of: tuple[Any, ...]
    """Key of the clip, see ``_clip``."""
    diagnosis: Diagnosis


class _Last:
    examination: Examination | None = None


_last = _Last()


def shown(context: bpy.types.Context) -> Diagnosis | None:
    """Return the diagnosis of the picked clip, None if it was not examined."""
    last = _last.examination
    return last.diagnosis if last is not None and last.of == _clip(context) else None


def _clip(context: bpy.types.Context) -> tuple[Any, ...]:
    """Return a key of the picked clip: armature, action, range and bone map."""
    rig, action = exemplar.picked_rig(context), exemplar.picked_action(context)
    if rig is None or action is None:
        return ()
    rows = tuple((row.name, row.bone) for row in rig.footfall.bones if row.bone)
    part = exemplar.frame_range(context.scene, action)
    return (rig.session_uid, action.session_uid, part, rows)


def examine_steps(
    context: bpy.types.Context,
) -> Generator[float, None, tuple[exemplar.Reading, Diagnosis]]:
    """Read and examine the picked clip; yields progress 0..1. Raises RefusedError."""
    from ...motion.creature.doctor import diagnosis
    from ...motion.creature.reading.recording import Recording
    from ...motion.maths.progress import part_of

    asked = _clip(context)
    reading = yield from part_of(exemplar.read_steps(context), 0.0, READ_SHARE)
    now = _clip(context)  # with the bones that were detected for the reading
    clip = now if now[:3] == asked[:3] else asked
    yield READ_SHARE
    seen = reading.body()
    recording = Recording(seen.rig, seen.rotations, seen.positions, seen.fps, seen.name)
    found = diagnosis.examine(recording, rig_map=seen.rig_map)
    found = replace(found, findings=tuple(_in_scene(f, reading) for f in found.findings))
    _last.examination = Examination(clip, found)
    return reading, found


def _in_scene(finding: Finding, reading: exemplar.Reading) -> Finding:
    """Return a finding with its sample number, counted from 1, as a scene frame."""

    def frame(found: re.Match[str]) -> str:
        return f"frame {reading.first + (int(found[1]) - 1) / reading.parts:.0f}"

    return replace(finding, text=re.sub(r"\bframe (\d+)", frame, finding.text))


def adapt_steps(
    context: bpy.types.Context,
) -> Generator[float, None, bpy.types.PropertyGroup]:
    """Make a creature from the picked clip and store it with the character; yields progress 0..1.

    Sets the picked action, so that it stays picked once the armature has takes. Raises
    RefusedError before anything is changed.
    """
    from ...motion.creature.adaptation.adapt import adapt
    from ...motion.creature.reading.exemplar import of_recording
    from ...motion.creature.reading.recording import Recording
    from ...motion.maths.progress import part_of

    rig, action = character.current(context), exemplar.picked_action(context)
    problem = stored_creatures.refusal(context) or exemplar.refusal(context)
    if problem or rig is None or action is None:
        raise RefusedError(problem)
    name, uid, played = rig.name, rig.session_uid, exemplar.picked_rig(context)
    assert played is not None
    clip = played.session_uid, action.session_uid, context.scene.session_uid
    reading, found = yield from part_of(examine_steps(context), 0.0, READ_SHARE)
    if fault(found):
        raise RefusedError(fault(found))
    recording = Recording(
        reading.rig, reading.rotations, reading.positions, reading.fps, reading.name
    )
    made = adapt(of_recording(recording, rig_map=reading.rig_map))
    rig = data_blocks.same(bpy.data.objects, uid)
    if rig is None:
        raise RefusedError(f"'{name}' was deleted while the clip was read; pick another character")
    _, action, scene = exemplar.clip_of(*clip)
    scene.footfall.oneshot.action = action
    return stored_creatures.store(rig, made)


def fault(diagnosis: Diagnosis) -> str:
    """Return the first finding that makes a clip unusable; empty if there is none."""
    return next((said(f) for f in diagnosis.findings if f.severity == "error"), "")


def said(finding: Finding) -> str:
    """Return a finding in one plain sentence for Blender."""
    return SAID.get(finding.code, finding.text.rstrip("."))


def sureness(confidence: float) -> str:
    """Return the confidence of a finding in a word."""
    words = ((0.85, "sure"), (0.65, "likely"))
    return next((word for least, word in words if confidence >= least), "perhaps")


def clip_refusal(context: bpy.types.Context) -> str:
    """Return in one plain sentence why the picked clip cannot be used; empty if it can."""
    problem = exemplar.refusal(context)
    found = None if problem else shown(context)
    return problem or (fault(found) if found is not None else "")


def lines(found: Diagnosis) -> list[tuple[str, str]]:
    """Return lines (label, text) of a diagnosis; empty if no animal was found."""
    if found.legs is None:
        return []
    chains = (("spine", found.spine), ("neck", found.neck), ("tail", found.tail))
    parts = [f"{name} {len(bones)}" for name, bones in chains if bones]
    size = f"{found.hip_height:.2f} m"
    if found.unit != 1.0:
        size = f"{size}, at {found.unit:g} m a unit"
    out = [
        ("Legs", f"4, of {sum(map(len, found.legs.values()))} bones"),
        ("Body", ", ".join(parts)),
        ("Faces", _axis(found.facing)),
        ("Hip height", size),
        ("Ground", f"{found.ground * found.unit:.2f} m"),
    ]
    if found.footfalls is None or not found.stride:
        return [*out, ("Gait", "none")]
    where = "in place" if found.in_place else "over the ground"
    ends = "closes" if found.loop else f"open, {found.loop_gap:.1f} steps apart"
    return [
        *out,
        ("Gait", f"{found.gait}, paws down {found.footfalls.duty:.0%}"),
        ("Speed", f"{found.speed:.2f} m/s, {where}"),
        ("Stride", f"{found.stride:.2f} s, {found.strides:.1f} in the clip"),
        ("Loop", ends),
    ]


def _axis(facing: tuple[float, float, float]) -> str:
    """Return a direction in motion axes as the nearest of Blender's."""
    x, y, z = facing
    along = {"X": x, "Y": -z, "Z": y}
    name = max(along, key=lambda axis: abs(along[axis]))
    return f"{'-' if along[name] < 0.0 else '+'}{name}"


def chart(found: Diagnosis) -> dict[str, Any]:
    """Return the footfalls of some strides in the form of a report card; empty without strides."""
    from ...motion.body.quadruped import LEGS

    falls, stride = found.footfalls, found.stride
    if falls is None or not stride:
        return {}
    spans = {
        leg: [
            [(number + offset) * stride, (number + offset + falls.duty) * stride]
            for number in range(-1, STRIDES)
        ]
        for leg, offset in zip(LEGS, falls.offsets, strict=True)
    }
    return {"footfalls": spans, "seconds": STRIDES * stride, "stride_frequency": 1.0 / stride}
