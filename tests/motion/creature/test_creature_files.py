# SPDX-License-Identifier: GPL-3.0-or-later
"""Creature files of anybody: read exactly, or refused in one sentence before they are used."""

import io
import json
from typing import Any

import numpy as np
import pytest

from motion_addon.errors import RefusedError
from motion_addon.motion.creature.adaptation.adapt import adapt
from motion_addon.motion.creature.adaptation.creature import LARGEST, Creature
from motion_addon.motion.creature.adaptation.creature_files import check
from motion_addon.motion.creature.reading import exemplar
from motion_addon.motion.nn.weights import FOLDER
from tests.motion.exemplar_clips import stepper
from tests.mutations import changed, damaged

Arrays = dict[str, np.ndarray]


def shipped() -> Arrays:
    """Return the arrays of a creature that ships."""
    with np.load(FOLDER / "creatures" / "cow.npz") as file:
        return {name: file[name] for name in file.files}


def stored(arrays: Arrays) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def info(**values: Any) -> Arrays:
    text = json.loads(str(shipped()["info"])) | values
    return {"info": np.array(json.dumps(text))}


def refused(data: bytes) -> str:
    with pytest.raises(RefusedError) as caught:
        check(Creature.from_bytes(data, "fox.footfall"))
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300
    return str(caught.value)


def test_every_creature_that_ships_passes() -> None:
    for file in sorted((FOLDER / "creatures").glob("*.npz")):
        check(Creature.load(file))


BAD: list[Arrays] = [
    {"state": np.zeros(3, np.float32)},
    {"state": np.full(128, np.nan, np.float32)},
    {"state": np.zeros(128, np.int64)},
    {"turns": np.zeros((34, 4), np.float32)},
    {"turns": np.ones((2, 4), np.float32)},
    {"bones": np.zeros((34, 3), np.float32)},
    {"bones": np.full((34, 3), 1e5, np.float32)},
    {"hips": np.zeros((3, 1), np.float32)},
    {"numbers": np.array([0.0, 1.0, 1.0, 0.0])},
    {"numbers": np.array([1.0, -1.0, 1.0, 0.0])},
    {"offsets": np.zeros(3)},
    {"soles": np.full(4, np.inf)},
    {"residual_hips": np.zeros((1, 1), np.float16)},
    {"residual_hips": np.zeros((0, 3), np.float16)},
    {"extras_bomb": np.zeros(3)},
    {"extras_sizes": np.array([1.0, 0.0])},
    {"info": np.array("[1]")},
    {"info": np.array("[" * 100_000)},
    {"info": np.array(["a", "b"])},
    info(gait="moonwalk"),
    info(gait=["walk"]),
    info(name=""),
    info(name=7),
    info(name="x" * 100_000),
    info(learner=None),
    info(learner="0" * 12),
    info(tips=[[999, [0, 0, 0]]]),
    info(tips=[[0, [0, 0]]]),
    info(tips={"a": 1}),
    info(format="2"),
]


def test_damaged_creatures_are_refused() -> None:
    for number, change in enumerate(BAD):
        assert refused(stored(shipped() | change)), number
    assert "update Footfall" in refused(stored(shipped() | info(format=3)))
    for name in shipped():
        assert refused(stored({k: v for k, v in shipped().items() if k != name}))
    assert "larger" in refused(bytes(LARGEST + 1))


def test_damaged_bytes_are_refused_or_harmless() -> None:
    data = (FOLDER / "creatures" / "cow.npz").read_bytes()
    for bad in damaged(data, 150):
        attempt(bad)


def test_changed_descriptions_are_refused_or_harmless() -> None:
    about, rng = json.loads(str(shipped()["info"])), np.random.default_rng(0)
    for bad in changed(about, 60):
        attempt(stored(shipped() | {"info": np.array(json.dumps(bad))}))
    for _ in range(60):
        arrays = shipped()
        name = sorted(arrays)[int(rng.integers(len(arrays)))]
        arrays[name] = _changed(arrays[name], rng)
        attempt(stored(arrays))


def attempt(data: bytes) -> None:
    """Refuse a creature, or find that it can drive a rig."""
    try:
        check(Creature.from_bytes(data))
    except RefusedError as error:
        assert "\n" not in str(error)


def _changed(array: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    kinds = (
        lambda a: a[:1] if a.ndim else a,
        lambda a: np.stack([a, a]),
        lambda a: a.astype(np.float64) if a.dtype.kind == "f" else a[None],
        lambda a: np.zeros_like(a),
        lambda a: a.T,
        lambda a: np.full(a.shape, 1e4, np.float32),
        lambda a: np.full(a.shape, np.nan, np.float32),
        lambda a: a[..., :0] if a.ndim else a,
    )
    return kinds[int(rng.integers(len(kinds)))](array)


@pytest.fixture(scope="module")
def own_rig() -> Arrays:
    """Return the arrays of a creature with its own rig."""
    found = adapt(exemplar.of_clip(stepper(2.0), name="dog"))
    assert found.own_motion is not None
    with np.load(io.BytesIO(found.to_bytes())) as file:
        return {name: file[name] for name in file.files}


def test_damaged_rigs_of_creatures_are_refused(own_rig: Arrays) -> None:
    check(Creature.from_bytes(stored(own_rig)))
    names, parents = own_rig["extras_rig_names"], own_rig["extras_rig_parents"]
    changes: list[Arrays] = [
        {"extras_rig_names": np.array([names[0]] * len(names))},
        {"extras_rig_parents": np.full_like(parents, -1)},
        {"extras_rig_parents": np.arange(len(parents))},
        {"extras_rig_rest": np.zeros_like(own_rig["extras_rig_rest"])},
        {"extras_rig_leg_LH": np.array(["Nobody", "None"])},
        {"extras_rig_leg_LH": own_rig["extras_rig_leg_LH"][:1]},
        {"extras_rig_spine": np.array([], np.str_)},
        {"extras_rig_offsets": np.zeros_like(own_rig["extras_rig_offsets"])},
        {"extras_own_curves": own_rig["extras_own_curves"][:, :3]},
        {"extras_sizes": np.array([0.0, 0.0])},
        {
            "extras_rig_end_joints": np.array([999]),
            "extras_rig_end_offsets": np.zeros((1, 3), np.float32),
        },
    ]
    for change in changes:
        refused(stored(own_rig | change))
    rng = np.random.default_rng(1)
    extras = sorted(name for name in own_rig if name.startswith("extras_"))
    for _ in range(60):
        name = extras[int(rng.integers(len(extras)))]
        attempt(stored(own_rig | {name: _changed(own_rig[name], rng)}))
