# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading and writing BVH motion files.

Reading keeps the units and axes of the file; the caller converts them. Writing uses meters,
Y up, a root position and Z Y X rotation channels.
"""

from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Final

import numpy as np

from ...errors import RefusedError
from ...files.reading import decoded, read_bytes
from ..maths import quat
from ..maths.quat import Array
from .clip import MOST_ROTATIONS, Clip
from .skeleton import EndSite, Skeleton

_CHANNELS = {axis + kind for axis in "XYZ" for kind in ("position", "rotation")}
LARGEST: Final = 256_000_000
"""Largest file that is read, bytes."""
MOST_JOINTS: Final = 4_096
DEEPEST: Final = 500
"""Joints that may hang below each other."""
_RATES: Final = (0.01, 10_000.0)
"""Slowest and fastest frame rate, frames per second."""
_FARTHEST: Final = 1e9
"""Bound of the size of every number."""
_LINES: Final = 2_000
"""Lines of motion that are converted at once."""


@dataclass
class _Joint:
    name: str
    parent: int
    depth: int
    offset: tuple[float, float, float] | None = None
    channels: list[str] = field(default_factory=list)


@dataclass
class _Parsed:
    joints: list[_Joint] = field(default_factory=list)
    end_sites: list[EndSite] = field(default_factory=list)

    def add(self, name: str, parent: int) -> None:
        depth = 1 if parent < 0 else self.joints[parent].depth + 1
        if parent < 0 and self.joints:
            raise ValueError("it has two roots")
        if len(self.joints) == MOST_JOINTS or depth > DEEPEST:
            raise ValueError(
                f"it has more than {MOST_JOINTS} joints, or {DEEPEST} below each other"
            )
        self.joints.append(_Joint(name, parent, depth))

    def skeleton(self) -> Skeleton:
        """Return the skeleton; raises ValueError if it is not one."""
        offsets = [joint.offset for joint in self.joints if joint.offset is not None]
        if not self.joints or len(offsets) < len(self.joints):
            raise ValueError("it has no joints, or a joint without an OFFSET")
        names = tuple(joint.name for joint in self.joints)
        if len(set(names)) < len(names):
            raise ValueError("two of its joints have the same name")
        parents = np.array([joint.parent for joint in self.joints])
        return Skeleton(names, parents, np.array(offsets, np.float32), tuple(self.end_sites))


def _triple(words: list[str]) -> tuple[float, float, float]:
    if len(words) < 4:
        raise ValueError("an OFFSET has fewer than three numbers")
    x, y, z = (_number(word) for word in words[1:4])
    return x, y, z


def _number(word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        raise ValueError(f"{word[:20]!r} is no number") from None
    if not -_FARTHEST < value < _FARTHEST:
        raise ValueError(f"{word[:20]} is not finite, or too large")
    return value


def _parse_hierarchy(lines: list[str]) -> tuple[_Parsed, int]:
    """Return the joints and the number of the line that says MOTION. Raises ValueError."""
    parsed, in_end = _Parsed(), False
    stack: list[int] = []
    for number, line in enumerate(lines):
        words = line.split()
        key = words[0].upper() if words else ""
        if key in ("ROOT", "JOINT"):
            parsed.add(" ".join(words[1:]), stack[-1] if stack else -1)
        elif key == "END":
            in_end = True
        elif key == "{":
            stack.append(stack[-1] if in_end and stack else len(parsed.joints) - 1)
        elif key == "}":
            if not stack:
                raise ValueError("it has more closing than opening brackets")
            stack.pop()
            in_end = False
        elif key == "MOTION":
            return parsed, number
        elif key in ("OFFSET", "CHANNELS") and (not stack or stack[-1] < 0):
            raise ValueError(f"a line of {key} is outside of a joint")
        elif key == "OFFSET" and in_end:
            parsed.end_sites.append((stack[-1], _triple(words)))
        elif key == "OFFSET":
            parsed.joints[stack[-1]].offset = _triple(words)
        elif key == "CHANNELS":
            parsed.joints[stack[-1]].channels = _channels(words)
    raise ValueError("it has no MOTION section")


def _channels(words: list[str]) -> list[str]:
    channels = [word[0].upper() + word[1:] for word in words[2:]]
    if not set(channels) <= _CHANNELS:
        raise ValueError(f"its channels {' '.join(channels)[:60]} are unknown")
    if len(set(channels)) < len(channels):
        raise ValueError("a joint has one channel twice")
    return channels


def _tidy_rate(fps: float) -> float:
    # Files give the frame time with few digits: 0.0166667 is 60 frames a second.
    return float(round(fps)) if abs(fps - round(fps)) < 0.01 else fps


def read(path: FilePath | str) -> Clip:
    """Return the motion of a BVH file.

    Raises RefusedError, which names the file, if it cannot be read or its text is not BVH.
    Translations of joints other than the root are ignored.
    """
    lines = decoded(read_bytes(path, LARGEST)).splitlines()
    try:
        return _motion(lines)
    except ValueError as error:
        raise RefusedError(
            f"{FilePath(path).name} is not a readable BVH file: {error}; export it again"
        ) from error


def _motion(lines: list[str]) -> Clip:
    parsed, start = _parse_hierarchy(lines)
    skeleton = parsed.skeleton()
    frames, fps = _length(lines[start + 1 : start + 3], len(skeleton))
    channels = [joint.channels for joint in parsed.joints]
    values = _values(lines[start + 3 :], frames, sum(map(len, channels)))
    rotations = np.tile(quat.IDENTITY.astype(np.float32), (frames, len(skeleton), 1))
    root = np.tile(skeleton.offsets[0], (frames, 1))
    column = 0
    for joint, own in enumerate(channels):
        block = values[:, column : column + len(own)]
        column += len(own)
        turning = [i for i, c in enumerate(own) if c.endswith("rotation")]
        if turning:
            order = "".join(own[i][0] for i in turning)
            rotations[:, joint] = quat.from_euler(np.radians(block[:, turning]), order)
        if joint == 0:
            for i, channel in enumerate(own):
                if channel.endswith("position"):
                    root[:, "XYZ".index(channel[0])] = block[:, i]
    offsets = skeleton.offsets.copy()
    offsets[0] = 0.0
    skeleton = Skeleton(skeleton.names, skeleton.parents, offsets, skeleton.end_sites)
    return Clip(skeleton, rotations, root.astype(np.float32), fps)


def _length(lines: list[str], joints: int) -> tuple[int, float]:
    """Return the number of frames and the frame rate that two lines declare.

    Raises ValueError for values that make no sense, before anything of that size is allocated.
    """
    words = [line.split()[-1:] for line in lines]
    if len(words) < 2 or not all(words):
        raise ValueError("it does not say how many frames it has, and how long one is")
    if not words[0][0].isdecimal() or len(words[0][0]) > 18 or int(words[0][0]) < 1:
        raise ValueError(f"it has {words[0][0][:20]} frames")
    frames, time = int(words[0][0]), _number(words[1][0])
    if frames * joints > MOST_ROTATIONS:
        raise ValueError(
            f"it has {frames} frames of {joints} joints, more than {MOST_ROTATIONS:,} rotations"
        )
    if time <= 0.0 or not _RATES[0] <= _tidy_rate(1.0 / time) <= _RATES[1]:
        raise ValueError(f"its frames last {time:g} seconds each")
    return frames, _tidy_rate(1.0 / time)


def _values(lines: list[str], frames: int, width: int) -> Array:
    """Return the values (T, C) of lines of motion. Raises ValueError if there are too few."""
    parts, count = [], 0
    for first in range(0, len(lines), _LINES):
        if count >= frames * width:
            break
        words = " ".join(lines[first : first + _LINES]).split()
        try:
            parts.append(np.array(words, dtype=np.float64))
        except ValueError:
            raise ValueError("a value of its motion is no number") from None
        count += len(words)
    if count < frames * width:
        raise ValueError(f"it has {count} values of motion, not {frames} times {width}")
    values = np.concatenate([np.zeros(0), *parts])[: frames * width]
    if np.any(~(np.abs(values) < _FARTHEST)):
        raise ValueError("a value of its motion is not finite, or too large")
    return np.asarray(values.reshape(frames, width))


def _hierarchy(skeleton: Skeleton, order: list[int]) -> list[str]:
    """Return the lines of the hierarchy of joints in depth-first ``order``."""
    lines, open_joints = ["HIERARCHY"], list[int]()
    tips = {joint: [t for j, t in skeleton.end_sites if j == joint] for joint in order}
    leaves = set(order) - {int(parent) for parent in skeleton.parents}

    def offset(v: object, indent: str) -> str:
        x, y, z = np.asarray(v, dtype=np.float64)
        return f"{indent}OFFSET {x:.6f} {y:.6f} {z:.6f}"

    def close_to(parent: int) -> None:
        while open_joints and open_joints[-1] != parent:
            joint = open_joints.pop()
            inner = "\t" * (len(open_joints) + 1)
            for tip in tips[joint] or [(0.0, 0.0, 0.0)] * (joint in leaves):
                lines.extend([inner + "End Site", inner + "{"])
                lines.extend([offset(tip, inner + "\t"), inner + "}"])
            lines.append("\t" * len(open_joints) + "}")

    for joint in order:
        close_to(int(skeleton.parents[joint]))
        pad = "\t" * len(open_joints)
        lines.append(f"{pad}{'ROOT' if joint == 0 else 'JOINT'} {skeleton.names[joint]}")
        lines.append(pad + "{")
        lines.append(offset(skeleton.offsets[joint], pad + "\t"))
        moving = "6 Xposition Yposition Zposition" if joint == 0 else "3"
        lines.append(f"{pad}\tCHANNELS {moving} Zrotation Yrotation Xrotation")
        open_joints.append(joint)
    close_to(-1)
    return lines


def _depth_first(skeleton: Skeleton) -> list[int]:
    children: list[list[int]] = [[] for _ in skeleton.names]
    for joint, parent in enumerate(skeleton.parents[1:], start=1):
        children[parent].append(joint)
    order, waiting = list[int](), [0]
    while waiting:
        order.append(waiting.pop())
        waiting.extend(reversed(children[order[-1]]))
    return order


def write(path: FilePath | str, clip: Clip) -> None:
    """Write a clip as BVH: meters, Y up, channels Z Y X."""
    angles = np.degrees(quat.to_euler(clip.rotations.astype(np.float64), "ZYX"))
    order = _depth_first(clip.skeleton)
    angles = angles[:, order]
    values = np.concatenate([clip.root_positions, angles.reshape(clip.frames, -1)], axis=1)
    head = _hierarchy(clip.skeleton, order)
    head += ["MOTION", f"Frames: {clip.frames}", f"Frame Time: {1.0 / clip.fps:.8f}"]
    form = " ".join(["%.5f"] * values.shape[1])
    rows = [form % tuple(row) for row in values]
    FilePath(path).write_text("\n".join(head + rows) + "\n", encoding="utf-8")
