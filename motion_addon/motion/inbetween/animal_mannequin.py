# SPDX-License-Identifier: GPL-3.0-or-later
"""A rig of an animal as ``mannequin`` has people: its mapped bones, whatever they hang on.

Owns the joints that stand for the mapped bones: as the body parts hang together, for in a control
rig the bones of a spine or a leg need not.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..body.body import Body
from ..body.quadruped import ROLES
from ..clip.clip import Clip
from ..clip.skeleton import EndSite, Skeleton
from ..creature.own_rig.own_rig import BoneMotion, OwnRig
from ..creature.reading import animal_detection
from ..creature.reading.landmarks import BodyParts
from ..maths import quat
from ..maths.quat import Array
from ..rigs.structure import bone_ends
from . import animal_figure
from .animal_figure import AnimalFigure
from .bone_poses import BonePoses
from .model import Filler


@dataclass(frozen=True, eq=False)
class AnimalMannequin:
    """An animal's body and the figure that stands for it."""

    body: Body

    @cached_property
    def bones(self) -> Array:
        """(K,) the mapped bones, parents first."""
        return np.array(list(self.body.parents))

    @cached_property
    def figure(self) -> AnimalFigure:
        """The figure whose bones are ``bones``."""
        body, bones = self.body, self.bones
        row = {int(bone): i for i, bone in enumerate(bones)} | {-1: -1}
        parents = np.array([row[above] for above in self.body.parents.values()])
        heads = body.heads[bones]
        offsets = np.where(parents[:, None] < 0, heads, heads - heads[parents])
        names = tuple(body.rig.names[bone] for bone in bones)
        skeleton = Skeleton(names, parents, offsets, self._tips(row))
        return AnimalFigure(OwnRig(skeleton, self._limbs(), body.rotations[bones]))

    def _tips(self, row: dict[int, int]) -> tuple[EndSite, ...]:
        body = self.body
        ends = bone_ends(body.rig)[0] - body.rig.rest_heads
        out = []
        for bone in self.bones:
            if bone not in self.body.parents.values():
                x, y, z = (float(v) for v in quat.inv_apply(body.world_from_body, ends[bone]))
                out.append((row[int(bone)], (x, y, z)))
        return tuple(out)

    def _limbs(self) -> BodyParts:
        body = self.body
        roles = {r: tuple(body.rig.names[b] for b in bones) for r, bones in body.roles.items()}
        legs = {leg: roles[role] for leg, role in ROLES.items()}
        return animal_detection.body_parts(body.rig, roles, legs, body.world_from_body)

    def _own(self, rotations: Array, positions: Array) -> BoneMotion:
        """Return what the mapped bones do in poses of all bones, (T, B, 4) and (T, B, 3)."""
        rest = quat.inv(self.body.rotations[self.bones])
        turns = quat.mul(rotations[:, self.bones].astype(np.float64), rest)
        return BoneMotion(turns, positions[:, self.bones].astype(np.float64))

    def clip(self, rotations: Array, positions: Array, fps: float) -> Clip:
        """Return a motion of all the rig's bones, (T, B, 4) and (T, B, 3) in the world."""
        everything = np.ones(len(rotations), dtype=bool)
        return self.figure.clip(self._own(rotations, positions), everything, fps)

    def fill(
        self,
        filler: Filler,
        poses: tuple[Array, Array],
        known: Array,
        fps: float,
        *,
        seed: int = 0,
        lock: bool = True,
    ) -> BonePoses:
        """Return the motion with new poses where ``known`` (T,) is False; raises RefusedError."""
        made, contacts = animal_figure.fill(
            self.figure, filler, self._own(*poses), known, fps, seed=seed, lock=lock
        )
        rotations, positions = {}, {}
        for i, bone in enumerate(self.bones):
            turned = quat.unroll(quat.mul(made.turns[:, i], self.body.rotations[bone]))
            rotations[int(bone)] = np.where(known[:, None], poses[0][:, bone], turned)
            positions[int(bone)] = np.where(known[:, None], poses[1][:, bone], made.places[:, i])
        return BonePoses(rotations, positions, contacts)
