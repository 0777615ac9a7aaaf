# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns an artist's clip of any body, rate, size and place into an example of a style."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from ...errors import RefusedError
from ..body.biped import ball_height
from ..body.kinds import BIPED, QUADRUPED
from ..clip import bvh
from ..clip import contacts as foot_contacts
from ..clip.clip import Clip
from ..creature.reading import exemplar
from ..creature.reading.recording import Recording
from ..maths import quat
from ..maths.quat import Array
from ..nn.adain import WINDOW
from ..plan import trajectory
from ..retarget.retarget import to_skeleton
from ..rigs import RigBones, RigMap
from . import transfer
from .model import Styler
from .request import StyleChoice
from .style_features import RATE

SHORTEST = 0.5
"""Fewest seconds of a loop."""
LEAST = WINDOW / RATE
"""Fewest seconds of any other clip."""
LONGEST = 120.0
"""Seconds of a clip that are read."""
TRAVEL = 0.35
"""Meters that the hips travel at least, unless the clip is in place."""
CLOSED = 0.15
"""Mean angle of a joint between the first and the last pose of a loop, radians."""


def embedding_of(styler: Styler, choice: StyleChoice) -> Array:
    """Return the embedding (E,) of a requested style; raises RefusedError for an unknown one."""
    if choice.name is not None:
        if choice.name not in styler.library:
            names = ", ".join(styler.library)
            who = styler.kind.a_noun.capitalize()
            raise RefusedError(f"{who} has no style {choice.name!r}, only {names}")
        return styler.library[choice.name]
    if choice.embedding is not None:
        if len(choice.embedding) != styler.network.embedding:
            raise RefusedError(
                "The stored style is from another version of Footfall; pick it again"
            )
        return np.array(choice.embedding, dtype=np.float32)
    try:
        clip = bvh.read(str(choice.clip))
    except RefusedError as error:
        raise RefusedError(f"The style clip {error}") from error
    return example(styler, clip)


def example(styler: Styler, clip: Clip) -> Array:
    """Return the style (E,) of a clip on any skeleton of the model's kind of body.

    Raises RefusedError if it is too short or its body is not recognized.
    """
    return transfer.embedding(styler, prepared(styler, clip))


def prepared(styler: Styler, clip: Clip) -> Clip:
    """Return a clip on the model's joints, at its size and rate, on the ground.

    A loop is repeated until it is long enough, and a clip in place travels at the speed of its
    feet. Raises RefusedError if it is too short or its body is not recognized.
    """
    if clip.seconds < SHORTEST:
        raise _too_short(clip)
    clip = clip.slice(0, int(LONGEST * clip.fps))
    return _READERS[styler.kind](styler, clip)


def of_animal(
    styler: Styler, rig: RigBones, rotations: Array, positions: Array, fps: float, rig_map: RigMap
) -> Array:
    """Return the style (E,) of the motion of an animal's mapped bones, meters.

    Raises RefusedError if it is too short or shows no stride.
    """
    recording = Recording(rig, rotations, positions, fps)
    read = partial(exemplar.of_recording, recording, rig_map=rig_map, unit=1.0)
    return transfer.embedding(styler, _walking(read))


def _walking(read: Callable[[], exemplar.Exemplar]) -> Clip:
    """Return the motion of an animal, of its own proportions and pace."""
    try:
        clip = read().clip
    except RefusedError as error:
        why = str(error).rstrip(".")
        raise RefusedError(f"The style clip shows no animal walking on four legs: {why}") from error
    if clip.seconds < LEAST:
        raise _too_short(clip)
    return clip


def _too_short(clip: Clip) -> RefusedError:
    return RefusedError(
        f"The style clip lasts {clip.seconds:.1f} s; it must be {LEAST:.0f} s long, or a loop"
    )


def _person(styler: Styler, clip: Clip) -> Clip:
    if set(styler.skeleton.names) <= set(clip.skeleton.names):
        moved = transfer.in_model_size(styler, clip)
    else:
        try:
            moved = to_skeleton(replace(clip, contacts=None), styler.skeleton)
        except (RefusedError, ValueError, IndexError, KeyError) as error:
            raise RefusedError(f"The style clip is not of a human: {error}") from error
    moved = replace(moved.resample(trajectory.RATE), contacts=None)
    moved = _traveling(_grounded(moved))
    return moved if moved.seconds >= LEAST else _repeated(moved, LEAST)


def _animal(_: Styler, clip: Clip) -> Clip:
    return _walking(partial(exemplar.of_clip, replace(clip, contacts=None)))


_READERS: Final = {BIPED: _person, QUADRUPED: _animal}


def _grounded(clip: Clip) -> Clip:
    """Return a clip moved up or down so that its lowest balls are on the ground."""
    _, positions = clip.world()
    balls = [clip.skeleton.index(ball) for _, ball in foot_contacts.FOOT_JOINTS]
    floor = float(np.percentile(positions[:, balls, 1].min(axis=1), 5.0))
    root = clip.root_positions - np.array([0.0, floor - ball_height(clip.skeleton), 0.0])
    return replace(clip, root_positions=root.astype(np.float32))


def _traveling(clip: Clip) -> Clip:
    """Return a clip that travels at the speed of its stance feet if it walks in place."""
    world, positions = clip.world()
    points = foot_contacts.foot_points(clip.skeleton, world, positions)[:, list(BIPED.balls)]
    flat = np.array([1.0, 0.0, 1.0])
    if np.ptp(positions[:, 0] * flat, axis=0).max() > TRAVEL:
        return clip
    velocity = np.gradient(points, axis=0) * clip.fps
    low = points[..., 1].argmin(axis=1)
    feet = np.take_along_axis(velocity, low[:, None, None], axis=1)[:, 0] * flat
    pushed = -np.median(feet, axis=0)
    if float(np.linalg.norm(pushed)) < 2.0 * TRAVEL:
        return clip
    way = np.arange(clip.frames)[:, None] / clip.fps * pushed
    return replace(clip, root_positions=(clip.root_positions + way).astype(np.float32))


def _repeated(clip: Clip, seconds: float) -> Clip:
    """Return a loop repeated for ``seconds``; raises RefusedError if it does not close."""
    off = quat.to_rotvec(quat.inv_mul(clip.rotations[0], clip.rotations[-1]))
    if float(np.linalg.norm(off[1:], axis=-1).mean()) > CLOSED:
        raise _too_short(clip)
    step = clip.root_positions[-1] - clip.root_positions[0]
    count = int(np.ceil(seconds / clip.seconds)) + 1
    turns = [clip.rotations[:-1]] * count
    roots = [clip.root_positions[:-1] + i * step * np.array([1.0, 0.0, 1.0]) for i in range(count)]
    return replace(
        clip,
        rotations=quat.unroll(np.concatenate(turns)),
        root_positions=np.concatenate(roots).astype(np.float32),
    )
