# SPDX-License-Identifier: GPL-3.0-or-later
"""Form of a stored creature: its arrays, their sizes and the ranges of their numbers.

A creature file may come from anybody, so everything is checked before it is used. Each check
raises ValueError with the reason in a few words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from ....files.arrays import Form, check_forms
from ...body import quadruped, quadruped_gaits
from ...maths.quat import Array

_JOINTS: Final = len(quadruped.JOINTS)
_FORMS: Final = {
    "info": Form("U", ()),
    "bones": Form("f", (_JOINTS, 3)),
    "numbers": Form("f", (4,)),
    "offsets": Form("f", (4,)),
    "soles": Form("f", (4,)),
    "state": Form("f", ("D",)),
    "turns": Form("f", (_JOINTS, 4)),
    "hips": Form("f", (3,)),
}
_RESIDUAL: Final = {
    "residual_turns": Form("f", ("K", _JOINTS, 3)),
    "residual_hips": Form("f", ("K", 3)),
    "residual_contacts": Form("f", ("K", 4)),
}
_RIG_PARTS: Final = (*(f"leg_{leg}" for leg in quadruped.LEGS), "spine", "neck", "tail")
_OWN_RIG: Final = {
    "extras_rig_names": Form("U", ("B",)),
    "extras_rig_parents": Form("i", ("B",)),
    "extras_rig_offsets": Form("f", ("B", 3)),
    "extras_rig_end_joints": Form("i", ("E",)),
    "extras_rig_end_offsets": Form("f", ("E", 3)),
    "extras_rig_rest": Form("f", ("B", 4)),
    **{f"extras_rig_{part}": Form("U", (part,)) for part in _RIG_PARTS},
    "extras_own_turns": Form("f", ("B", 4)),
    "extras_own_shifts": Form("f", ("B", 3)),
    "extras_own_curves": Form("f", ("C", "B", 6)),
    "extras_own_level": Form("b", ("B",)),
    "extras_sizes": Form("f", (2,)),
}
_BOUNDS: Final = {
    "bones": 10.0, "offsets": 100.0, "soles": 10.0, "state": 1e3, "hips": 10.0,
    "residual_turns": 10.0, "residual_hips": 10.0, "residual_contacts": 10.0,
    "extras_rig_offsets": 1e3, "extras_rig_end_offsets": 1e3, "extras_own_shifts": 1e3,
    "extras_own_curves": 1e3,
}  # fmt: skip
"""Largest size of the numbers of an array; lengths of a creature are at the model's size."""
_NUMBERS: Final = {
    "hip height": (1e-3, 100.0),
    "speed": (0.0, 100.0),
    "stride rate": (0.0, 100.0),
    "contact share": (0.0, 1.0),
}
_SIZES: Final = {"leg length": (1e-4, 1e3), "lift": (-10.0, 10.0)}
_UNIT: Final = ("turns", "extras_rig_rest", "extras_own_turns")
_SHORTEST_LEG: Final = 0.01
"""Least length of a leg, meters at the model animal's size."""
_KNOTS: Final = (4, 1_000)
"""Fewest and most knots of a spline over the stride."""
_LEAST_BONES: Final = {"spine": 1, "neck": 1, "tail": 0}
"""Least bones of a part of the creature's own rig; a leg has two."""
_MOST_BONES: Final = 4_096
_MOST_TIPS: Final = 64
_LONGEST_TEXT: Final = {"name": 200, "credit": 2_000, "learner": 64}


def check_arrays(data: Mapping[str, Array]) -> None:
    """Check the arrays of a creature: names, types, sizes and ranges."""
    forms = dict(_FORMS)
    for whole in (_RESIDUAL, _OWN_RIG):
        if any(name in data for name in whole):
            forms |= whole
    unknown = sorted(set(data) - set(forms))
    if unknown:
        raise ValueError(f"its array {unknown[0][:40]!r} is not known")
    sizes = check_forms(data, forms)
    for axis in ("K", "C"):
        if not _KNOTS[0] <= sizes.get(axis, _KNOTS[0]) <= _KNOTS[1]:
            raise ValueError(f"its splines have {sizes[axis]} knots")
    for name in forms:
        if name in _BOUNDS and np.any(np.abs(data[name]) > _BOUNDS[name]):
            raise ValueError(f"a number of its {name} is too large")
        if name in _UNIT and np.any(np.abs(np.linalg.norm(data[name], axis=-1) - 1.0) > 0.05):
            raise ValueError(f"its {name} are no rotations")
    _check_ranges(data["numbers"], _NUMBERS)
    _check_legs(data["bones"])
    if "extras_sizes" in forms:
        _check_ranges(data["extras_sizes"], _SIZES)
        _check_own_rig(data, sizes["B"])


def _check_ranges(values: Array, ranges: Mapping[str, tuple[float, float]]) -> None:
    for value, (name, (low, high)) in zip(values, ranges.items(), strict=True):
        if not low <= value <= high:
            raise ValueError(f"its {name} is {value:g}, not {low:g} to {high:g}")


def _check_legs(bones: Array) -> None:
    for leg in quadruped.LEGS:
        chain = [quadruped.JOINTS.index(name) for name in quadruped.LEG_CHAINS[leg]]
        if np.linalg.norm(bones[chain[1:]], axis=-1).sum() < _SHORTEST_LEG:
            raise ValueError(f"its leg {leg} has no length")


def _check_own_rig(data: Mapping[str, Array], bones: int) -> None:
    """Check the names and the tree of the creature's own rig."""
    names = [str(name) for name in data["extras_rig_names"]]
    parents, tips = data["extras_rig_parents"], data["extras_rig_end_joints"]
    if not 0 < bones <= _MOST_BONES or len(set(names)) < bones:
        raise ValueError("its rig has no bones, too many, or two of one name")
    if parents[0] != -1 or np.any(parents[1:] < 0) or np.any(parents >= np.arange(bones)):
        raise ValueError("the bones of its rig do not follow their parents")
    if np.abs(data["extras_rig_offsets"][1:]).max(initial=0.0) < 1e-6:
        raise ValueError("its rig has no size")
    if np.any(tips < 0) or np.any(tips >= bones):
        raise ValueError("a tip of its rig is on no bone")
    for part in _RIG_PARTS:
        chain = [str(name) for name in data[f"extras_rig_{part}"]]
        if not set(chain) <= set(names) or len(set(chain)) < len(chain):
            raise ValueError(f"the {part} of its rig names other bones")
        if len(chain) < _LEAST_BONES.get(part, 2):
            raise ValueError(f"the {part} of its rig has too few bones")


def check_info(info: Any, version: int) -> None:
    """Check the description of a creature of a format's ``version``."""
    if not isinstance(info, Mapping):
        raise ValueError("its description is no JSON object")
    made = info.get("format")
    if made != version:
        newer = isinstance(made, int) and made > version
        raise ValueError(
            "a newer Footfall wrote it, so update Footfall" if newer else "its format is not known"
        )
    for key, most in _LONGEST_TEXT.items():
        text = info.get(key)
        if not isinstance(text, str) or len(text) > most or (key != "credit" and not text.strip()):
            raise ValueError(f"its {key} is missing or too long")
    if info.get("gait") not in quadruped_gaits.GAITS:
        raise ValueError("its gait is not known")
    tips = info.get("tips")
    if not isinstance(tips, list) or len(tips) > _MOST_TIPS or not all(map(_is_tip, tips)):
        raise ValueError("the tips of its skeleton are damaged")


def _is_tip(value: Any) -> bool:
    """Whether a value is [joint, [x, y, z]]."""
    if not isinstance(value, list) or len(value) != 2:
        return False
    joint, place = value
    if isinstance(joint, bool) or not isinstance(joint, int) or not 0 <= joint < _JOINTS:
        return False
    numbers = isinstance(place, list) and all(type(v) in (int, float) for v in place)
    return numbers and len(place) == 3 and all(-10.0 <= v <= 10.0 for v in place)
