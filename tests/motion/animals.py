# SPDX-License-Identifier: GPL-3.0-or-later
"""Synthetic rigs of four-legged animals of many builds, with meaningless bone names."""

from dataclasses import dataclass

import numpy as np

from motion_addon.motion.body.kinds import QUADRUPED
from motion_addon.motion.rigs import RigBones, RigMap
from tests.motion.parts import UP, Parts, Stance

HIND = ((0.09, 0.56, 0.0), (0.1, 0.34, 0.09), (0.1, 0.17, -0.08), (0.1, 0.055, -0.04))
"""Hip, stifle, hock and ball of a dog, then the tip of its paw."""
FORE = ((0.05, 0.6, 0.42), (0.09, 0.45, 0.52), (0.09, 0.31, 0.44), (0.09, 0.12, 0.47))
STRAIGHT = ((0.08, 0.56, 0.0), (0.08, 0.38, 0.0), (0.08, 0.2, 0.0), (0.08, 0.055, 0.0))


@dataclass(frozen=True)
class Build(Stance):
    """Build of a synthetic animal."""

    spine: int = 4
    neck: int = 2
    tail: int = 4
    fore: int = 5
    """Bones of a foreleg, 3 to 7."""
    hind: int = 4
    straight: bool = False
    """Whether the legs are columns, as an elephant's."""
    ears: bool = True
    wings: bool = False
    helpers: bool = False
    """Whether there are pole targets, ribs and twist bones."""
    loose_feet: bool = False
    """Whether the feet hang on the root, as in exported IK rigs."""
    from_chest: bool = False
    """Whether the tree grows from the chest backwards."""
    root: bool = True


def _trunk(parts: Parts, build: Build, top: str) -> tuple[str, str]:
    z = np.linspace(-0.04, 0.5, build.spine + 2)
    points = np.stack([0 * z, 0.58 - 0.03 * np.sin(np.pi * z / 0.5), z], axis=-1)
    if build.from_chest:
        last, made = top, []
        for head, tail in zip(points[-2::-1], points[:0:-1], strict=True):
            last = parts.add_unnamed(last, head, tail)
            made.append(last)
        parts.roles["hips"], parts.roles["spine"] = (made[-1],), tuple(made[-2::-1])
        return made[-1], made[0]
    hips = parts.add_unnamed(top, points[0], points[1], "hips")
    return hips, parts.chain(hips, points[1:], "spine")


def _crown(parts: Parts, build: Build, chest: str) -> None:
    steps = np.linspace(0.0, 1.0, build.neck + 1)[:, None]
    points = np.array([0.0, 0.6, 0.52]) + steps * np.array([0.0, 0.2, 0.16])
    last = parts.chain(chest, points, "neck")
    head = parts.add_unnamed(last, points[-1], points[-1] + (0.0, -0.03, 0.16), "head")
    for x in (-1.0, 1.0) if build.ears else ():
        ear = points[-1] + np.array([[0.04, 0.06, 0.01], [0.05, 0.11, 0.01], [0.06, 0.14, 0.01]])
        parts.chain(head, ear * (x, 1.0, 1.0), "")
    if build.ears:
        parts.add_unnamed(head, points[-1] + (0.0, -0.03, 0.05), points[-1] + (0.0, -0.06, 0.14))


def _limb(kind: str, build: Build, count: int) -> np.ndarray:
    """Return (count + 1, 3) the joints of a left leg and its tip on the ground."""
    if build.straight:
        path = np.array(STRAIGHT) + np.array([0.0, 0.0, 0.44 if kind == "fore" else 0.0])
        paw = path[-1] + np.array([[0.0, -0.03, 0.03], [0.0, -0.05, 0.08]])
    else:
        path = np.array(FORE if kind == "fore" else HIND)
        paw = path[-1] + np.array([[0.0, 0.0, 0.02], [0.0, -path[-1][1] + 0.004, 0.08]])
        paw[0, 1] = 0.025
    points = np.vstack([path[:-1] if count == 3 else path, paw[:1], paw[1:]])
    if count == 3:
        return np.vstack([path[:3], paw[1:]])
    while len(points) > count + 1:
        points = np.delete(points, -3, axis=0)
    while len(points) < count + 1:
        longest = int(np.argmax(np.linalg.norm(np.diff(points, axis=0), axis=1)))
        middle = 0.5 * (points[longest] + points[longest + 1])
        points = np.insert(points, longest + 1, middle, axis=0)
    return points


def _legs(parts: Parts, build: Build, stems: dict[str, str], top: str) -> None:
    for kind, count in (("hind", build.hind), ("fore", build.fore)):
        for side, x in (("L", 1.0), ("R", -1.0)):
            points = _limb(kind, build, count) * (x, 1.0, 1.0)
            role = f"{kind}leg.{side}"
            cut = len(points) - 2 if build.loose_feet and count > 3 else len(points)
            parts.chain(stems[kind], points[: cut + 1], role)
            if cut < len(points):
                parts.chain(top, points[cut:], role)
            if build.helpers:
                twist = 0.5 * (points[0] + points[1])
                parts.add_unnamed(parts.roles[role][0], twist, points[1])
                pole = points[1] + np.array([0.0, 0.0, 0.9 if kind == "hind" else -0.9])
                parts.add_unnamed(top, pole, pole + 0.05 * UP)


def animal(build: Build | None = None) -> tuple[RigBones, RigMap]:
    """Return a rig with meaningless bone names and its true bone map."""
    build = build or Build()
    parts = Parts()
    top = parts.add_unnamed("", (0, 0, 0), (0, 0, 0.2), "root") if build.root else ""
    hips, chest = _trunk(parts, build, top)
    _crown(parts, build, chest)
    if build.tail:
        steps = np.linspace(0.0, 1.0, build.tail + 1)[:, None]
        parts.chain(hips, (0.0, 0.58, -0.06) + steps * np.array([0.0, -0.2, -0.3]), "tail")
    _legs(parts, build, {"hind": hips, "fore": chest}, top)
    for x in (-1.0, 1.0) if build.wings else ():
        wing = np.array([[0.05 * x, 0.6, 0.35], [0.3 * x, 0.75, 0.3], [0.7 * x, 0.7, 0.2]])
        parts.chain(chest, wing, "")
    return parts.rig(build), RigMap("custom", parts.roles, kind=QUADRUPED)
