# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading and writing BVH motion files.

Reading keeps the units and axes of the file; the caller converts them. Writing uses meters,
Y up, a root position and Z Y X rotation channels.
"""

from dataclasses import dataclass, field
from pathlib import Path as FilePath

import numpy as np

from ...errors import RefusedError
from ..maths import quat
from .clip import Clip
from .skeleton import EndSite, Skeleton

_CHANNELS = {axis + kind for axis in "XYZ" for kind in ("position", "rotation")}


@dataclass
class _Parsed:
    names: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    offsets: list[tuple[float, float, float]] = field(default_factory=list)
    channels: list[list[str]] = field(default_factory=list)
    end_sites: list[EndSite] = field(default_factory=list)


def _triple(words: list[str]) -> tuple[float, float, float]:
    return float(words[1]), float(words[2]), float(words[3])


def _parse_hierarchy(lines: list[str]) -> tuple[_Parsed, int]:
    parsed, in_end = _Parsed(), False
    stack: list[int] = []
    for number, line in enumerate(lines):
        words = line.split()
        key = words[0].upper() if words else ""
        if key in ("ROOT", "JOINT"):
            parsed.names.append(" ".join(words[1:]))
            parsed.parents.append(stack[-1] if stack else -1)
            parsed.channels.append([])
        elif key == "END":
            in_end = True
        elif key == "{":
            stack.append(stack[-1] if in_end else len(parsed.names) - 1)
        elif key == "}":
            stack.pop()
            in_end = False
        elif key == "OFFSET" and in_end:
            parsed.end_sites.append((stack[-1], _triple(words)))
        elif key == "OFFSET":
            parsed.offsets.append(_triple(words))
        elif key == "CHANNELS":
            channels = [word[0].upper() + word[1:] for word in words[2:]]
            if not set(channels) <= _CHANNELS:
                raise RefusedError(f"its channels {' '.join(channels)} are unknown")
            parsed.channels[stack[-1]] = channels
        elif key == "MOTION":
            return parsed, number
    raise RefusedError("it has no MOTION section")


def _tidy_rate(fps: float) -> float:
    # Files give the frame time with few digits: 0.0166667 is 60 frames a second.
    return float(round(fps)) if abs(fps - round(fps)) < 0.01 else fps


def read(path: FilePath | str) -> Clip:
    """Return the motion of a BVH file.

    Raises RefusedError if the text is not BVH, OSError if the file cannot be opened.
    Translations of joints other than the root are ignored.
    """
    lines = FilePath(path).read_text(encoding="utf-8", errors="replace").splitlines()
    try:
        return _motion(lines)
    except (IndexError, ValueError, ZeroDivisionError) as error:
        raise RefusedError(f"{FilePath(path).name} is not a readable BVH file: {error}") from error


def _motion(lines: list[str]) -> Clip:
    parsed, start = _parse_hierarchy(lines)
    frames = int(lines[start + 1].split()[-1])
    fps = _tidy_rate(1.0 / float(lines[start + 2].split()[-1]))
    width = sum(len(c) for c in parsed.channels)
    values = np.array(" ".join(lines[start + 3 :]).split(), dtype=np.float64)
    values = values[: frames * width].reshape(frames, width)
    if frames < 1 or not 0.0 < fps < np.inf or not np.isfinite(values).all():
        raise RefusedError("it has no frames, or values that are not numbers")
    skeleton = Skeleton(
        tuple(parsed.names),
        np.array(parsed.parents),
        np.array(parsed.offsets, dtype=np.float32),
        tuple(parsed.end_sites),
    )
    rotations = np.tile(quat.IDENTITY, (frames, len(parsed.names), 1))
    root = np.tile(skeleton.offsets[0], (frames, 1))
    column = 0
    for joint, channels in enumerate(parsed.channels):
        block = values[:, column : column + len(channels)]
        column += len(channels)
        turning = [i for i, c in enumerate(channels) if c.endswith("rotation")]
        if turning:
            order = "".join(channels[i][0] for i in turning)
            rotations[:, joint] = quat.from_euler(np.radians(block[:, turning]), order)
        if joint == 0:
            for i, channel in enumerate(channels):
                if channel.endswith("position"):
                    root[:, "XYZ".index(channel[0])] = block[:, i]
    offsets = skeleton.offsets.copy()
    offsets[0] = 0.0
    skeleton = Skeleton(skeleton.names, skeleton.parents, offsets, skeleton.end_sites)
    return Clip(skeleton, rotations.astype(np.float32), root.astype(np.float32), fps)


def _hierarchy(skeleton: Skeleton) -> list[str]:
    lines = ["HIERARCHY"]

    def offset(v: object, indent: str) -> str:
        x, y, z = np.asarray(v, dtype=np.float64)
        return f"{indent}OFFSET {x:.6f} {y:.6f} {z:.6f}"

    def visit(joint: int, depth: int) -> None:
        pad, inner = "\t" * depth, "\t" * (depth + 1)
        lines.append(f"{pad}{'ROOT' if joint == 0 else 'JOINT'} {skeleton.names[joint]}")
        lines.append(pad + "{")
        lines.append(offset(skeleton.offsets[joint], inner))
        turning = "Zrotation Yrotation Xrotation"
        moving = "6 Xposition Yposition Zposition" if joint == 0 else "3"
        lines.append(f"{inner}CHANNELS {moving} {turning}")
        children = np.flatnonzero(skeleton.parents == joint)
        for child in children:
            visit(int(child), depth + 1)
        tips = [tip for j, tip in skeleton.end_sites if j == joint]
        if not tips and not len(children):
            tips = [(0.0, 0.0, 0.0)]
        for tip in tips:
            lines.extend([inner + "End Site", inner + "{"])
            lines.extend([offset(tip, inner + "\t"), inner + "}"])
        lines.append(pad + "}")

    visit(0, 0)
    return lines


def _depth_first(skeleton: Skeleton) -> list[int]:
    order: list[int] = []

    def visit(joint: int) -> None:
        order.append(joint)
        for child in np.flatnonzero(skeleton.parents == joint):
            visit(int(child))

    visit(0)
    return order


def write(path: FilePath | str, clip: Clip) -> None:
    """Write a clip as BVH: meters, Y up, channels Z Y X."""
    angles = np.degrees(quat.to_euler(clip.rotations.astype(np.float64), "ZYX"))
    angles = angles[:, _depth_first(clip.skeleton)]
    values = np.concatenate([clip.root_positions, angles.reshape(clip.frames, -1)], axis=1)
    head = _hierarchy(clip.skeleton)
    head += ["MOTION", f"Frames: {clip.frames}", f"Frame Time: {1.0 / clip.fps:.8f}"]
    form = " ".join(["%.5f"] * values.shape[1])
    rows = [form % tuple(row) for row in values]
    FilePath(path).write_text("\n".join(head + rows) + "\n", encoding="utf-8")
