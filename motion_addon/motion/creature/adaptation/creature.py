# SPDX-License-Identifier: GPL-3.0-or-later
"""A creature learned from one clip: its stored parts and its controller.

A creature is a few kilobytes: the encoder's state, the mean pose, the footfalls, the stride rate
and the residual that the network misses. Its weights are computed from these when needed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path as FilePath
from typing import Any, Final

import numpy as np

from ....errors import RefusedError
from ....files.arrays import read_arrays
from ....files.reading import parsed, read_bytes
from ...body import quadruped, quadruped_gaits
from ...body.kinds import QUADRUPED
from ...body.quadruped_gaits import Gait
from ...clip.skeleton import EndSite, Skeleton
from ...controller.gait_profile import GaitProfile, Residual
from ...controller.model import Model
from ...maths.quat import Array
from . import creature_form, learnet
from .clip_tokens import STATE_INDICES, Posture
from .learnet import Adapted, Learnet

FORMAT: Final = 2
LARGEST: Final = 4_000_000
"""Largest creature file that is read, bytes."""
UNPACKED: Final = 32_000_000
"""Largest size of its arrays, bytes."""


@dataclass(frozen=True, eq=False)
class Creature:
    """An animal learned from an exemplar; lengths are at the model animal's size."""

    name: str
    skeleton: Skeleton
    """The canonical quadruped in its proportions."""
    hip_height: float
    """Hip height of the real animal, meters."""
    state: Array
    """(D,) the encoder's [CLS] state of the clip."""
    posture: Posture
    """Mean pose of the clip."""
    gait: str
    """Gait of the clip, one of ``quadruped_gaits.GAITS``."""
    speed: float
    """Speed of the clip, m/s."""
    offsets: tuple[float, float, float, float]
    """Touchdowns of the clip after the left hind's, in strides."""
    rate: float
    """Stride rate of the clip, strides per second; 0 without strides."""
    residual: Residual | None
    """Difference of the clip from what the network gives."""
    soles: tuple[float, float, float, float]
    """Heights of the joints of standing paws in the clip, m."""
    learner: str
    """Digest of the learnet's weights that it was adapted with."""
    credit: str = ""
    """Author and license of the clip."""
    own_motion: Any = None
    """Arrays of its ``OwnMotion`` by name; None without its own rig."""

    @cached_property
    def digest(self) -> str:
        """First 12 hex digits of the SHA-256 of the stored bytes."""
        return hashlib.sha256(self.to_bytes()).hexdigest()[:12]

    def to_bytes(self) -> bytes:
        """Return the creature as the contents of an ``.npz`` file."""
        out = BytesIO()
        np.savez_compressed(out, **_arrays(self))
        return out.getvalue()

    def save(self, path: FilePath) -> None:
        """Write the creature to a file."""
        path.write_bytes(self.to_bytes())

    @staticmethod
    def from_bytes(data: bytes, named: str = "This file") -> Creature:
        """Return the creature that ``to_bytes`` stored; raises RefusedError for other data.

        ``named`` is the file's name in the message.
        """
        try:
            if len(data) > LARGEST:
                raise ValueError(f"it is larger than {LARGEST / 1e6:g} MB")
            return _creature(read_arrays(data, UNPACKED))
        except ValueError as error:
            raise RefusedError(
                f"{named} holds no creature, or a damaged one: {error}; choose another file"
            ) from error

    @staticmethod
    def load(path: FilePath) -> Creature:
        """Return the creature of a file; raises RefusedError if it holds none."""
        return Creature.from_bytes(read_bytes(path, LARGEST), path.name)


def _arrays(one: Creature) -> dict[str, Array]:
    """Return a creature as plain arrays; residuals are stored in half precision."""
    info = {
        "format": FORMAT,
        "name": one.name,
        "gait": one.gait,
        "credit": one.credit,
        "learner": one.learner,
        "tips": [[joint, list(place)] for joint, place in one.skeleton.end_sites],
    }
    share = one.residual.contact_share if one.residual is not None else 0.0
    out = {
        "info": np.array(json.dumps(info)),
        "bones": one.skeleton.offsets.astype(np.float32),
        "numbers": np.array([one.hip_height, one.speed, one.rate, share]),
        "offsets": np.array(one.offsets),
        "soles": np.array(one.soles),
        "state": one.state.astype(np.float32),
        "turns": one.posture.turns.astype(np.float32),
        "hips": one.posture.hips.astype(np.float32),
    }
    if one.residual is not None:
        for key in ("turns", "hips", "contacts"):
            out[f"residual_{key}"] = getattr(one.residual, key).astype(np.float16)
    own_motion = one.own_motion or {}
    return out | {f"extras_{key}": value for key, value in own_motion.items()}


def _creature(data: dict[str, Array]) -> Creature:
    """Return the creature of stored arrays; raises ValueError if they are damaged."""
    creature_form.check_arrays(data)
    info = parsed(str(data["info"]), "its description")
    creature_form.check_info(info, FORMAT)
    sites: list[EndSite] = [
        (int(j), (float(x), float(y), float(z))) for j, (x, y, z) in info["tips"]
    ]
    bones = data["bones"].astype(np.float32)
    skeleton = Skeleton(quadruped.JOINTS, quadruped.parents(), bones, tuple(sites))
    height, speed, rate, known = (float(v) for v in data["numbers"])
    (a, b, c, d), (e, f, g, h) = (map(float, data[key]) for key in ("offsets", "soles"))
    residual = None
    if "residual_hips" in data:
        turns, hips, contacts = (
            data[f"residual_{key}"].astype(np.float32) for key in ("turns", "hips", "contacts")
        )
        residual = Residual(turns, hips, contacts, known)
    own_motion = {key[7:]: value for key, value in data.items() if key.startswith("extras_")}
    return Creature(
        str(info["name"]), skeleton, height, data["state"],
        Posture.of(skeleton, data["turns"], data["hips"]),
        str(info["gait"]), speed, (a, b, c, d), rate, residual, (e, f, g, h),
        str(info["learner"]), str(info["credit"]), own_motion or None,
    )  # fmt: skip


def model_of(creature: Creature, strength: float = 1.0, own: Learnet | None = None) -> Model:
    """Return the controller of a creature, which runs like any quadruped's.

    ``strength`` 0 uses its proportions only, 1 the exemplar's manner; larger values exaggerate.
    ``own`` replaces the shipped learnet. Raises RefusedError if the learnet is missing or is not
    the one that the creature was adapted with.
    """
    learner = own or learnet.load()
    if creature.learner != learner.digest:
        raise RefusedError(
            f"The creature {creature.name} was adapted by another version of Footfall; adapt it"
            " again from its clip"
        )
    if creature.state.shape != learner.nothing.shape:
        raise RefusedError(f"The creature {creature.name} is damaged; adapt it again from its clip")
    rest = Posture.rest(creature.skeleton)
    posture = rest.between(creature.posture, strength, creature.skeleton)
    state = learner.nothing + strength * (creature.state - learner.nothing)
    adapted = learner.adapt(state, posture, creature.skeleton.offsets)
    residual = None if creature.residual is None else creature.residual.scaled(strength)
    own_table = table(adapted, creature, min(strength, 1.0))
    left = creature.gait in quadruped_gaits.ASYMMETRIC and _leads_left(creature)
    profile = GaitProfile(
        own_table,
        left,
        creature.gait,
        creature.speed,
        creature.rate if strength > 0.0 else 0.0,
        residual,
        creature.soles,
    )
    start = np.stack([posture.places[list(STATE_INDICES)], np.zeros((len(STATE_INDICES), 3))])
    info = _info(creature, learner)
    return Model(
        learnet.NAME, creature.skeleton, adapted.network, start.astype(np.float32), info,
        f"{learner.digest}-{creature.digest}", adapted.gate, profile,
        creature.hip_height / info["hip_height"],
    )  # fmt: skip


def table(adapted: Adapted, creature: Creature, strength: float) -> dict[str, Gait]:
    """Return a creature's footfalls by gait: the clip's for its gait, the learnet's for others.

    ``strength`` blends the clip's in. Canter and gallop are on the right lead.
    """
    out = {}
    for name, offsets in zip(quadruped_gaits.GAITS[1:], adapted.footfalls, strict=True):
        if name == creature.gait:
            shown = np.array(creature.offsets)
            if name in quadruped_gaits.ASYMMETRIC and _leads_left(creature):
                shown = quadruped_gaits.mirrored(shown)
            offsets = offsets + strength * ((shown - offsets + 0.5) % 1.0 - 0.5)
        a, b, c, d = (float(v) % 1.0 for v in offsets)
        out[name] = Gait((a, b, c, d), quadruped_gaits.TABLE[name].duty)
    return out


def _leads_left(creature: Creature) -> bool:
    """Return whether the clip's canter or gallop is on the left lead."""
    usual, shown = (
        np.array(quadruped_gaits.TABLE[creature.gait].offsets),
        np.array(creature.offsets),
    )

    def far(offsets: Array) -> float:
        return float((np.abs((offsets - usual + 0.5) % 1.0 - 0.5) ** 2).sum())

    return far(quadruped_gaits.mirrored(shown)) < far(shown)


def _info(creature: Creature, learner: Learnet) -> dict[str, Any]:
    """Return the description of the creature's ``controller.model.Model``."""
    rest = creature.skeleton.rest_positions()
    points = [*rest, *(rest[joint] + np.array(tip) for joint, tip in creature.skeleton.end_sites)]
    femur = float(rest[creature.skeleton.index("LeftFemur"), 1])
    ground = femur - quadruped_gaits.HIP_HEIGHT
    return {
        **learner.info,
        "name": creature.name,
        "body": QUADRUPED.name,
        "mixing": "blend",
        "hip_height": quadruped_gaits.HIP_HEIGHT,
        "height": float(max(point[1] for point in points)) - ground,
        "credits": [*learner.info["credits"], *([creature.credit] if creature.credit else [])],
    }
