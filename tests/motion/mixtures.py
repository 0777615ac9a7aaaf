# SPDX-License-Identifier: GPL-3.0-or-later
"""A small four-legged controller with random weights, as a folder that `model.load` reads.

It twitches about the rest pose: enough to drive, mix and bake.
"""

import itertools
import json
from pathlib import Path

import numpy as np

from motion_addon.motion.body import quadruped, quadruped_gaits
from motion_addon.motion.controller import features, stride_clock
from tests.motion.dogs import HIPS, dog

EXPERTS, HIDDEN = 5, 24


def write(folder: Path, mixing: str = "blend", experts: int = EXPERTS, seed: int = 0) -> Path:
    """Write the model "quadruped" into `folder` and return that."""
    place = folder / "quadruped"
    place.mkdir(parents=True, exist_ok=True)
    _write_safetensors(place / "weights.safetensors", arrays(experts, seed))
    info = describe(mixing, experts)
    (place / "model.json").write_text(json.dumps(info), encoding="utf-8")
    return folder


def describe(mixing: str, experts: int) -> dict[str, object]:
    """Return the contents of ``model.json``."""
    skeleton = dog()
    return {
        "name": "quadruped",
        "body": "quadruped",
        "mixing": mixing,
        "gating": "phase",
        "experts": experts,
        "active": 2 if mixing.startswith("top2") else 0,
        "inputs": stride_clock.INPUT.size,
        "outputs": features.OutputLayout(len(skeleton)).size,
        "hidden": HIDDEN,
        "gaits": list(quadruped_gaits.GAITS),
        "joints": list(skeleton.names),
        "parents": skeleton.parents.tolist(),
        "offsets": skeleton.offsets.tolist(),
        "end_sites": [],
        "feet": list(quadruped.PAWS),
        "legs": list(quadruped.LEGS),
        "hip_height": quadruped_gaits.HIP_HEIGHT,
        "height": 0.85,
        "ranges": {"speed": [0.3, 5.0], "turn": [-2.5, 2.5]},
        "credits": ["Random numbers."],
    }


def arrays(experts: int, seed: int) -> dict[str, np.ndarray]:
    """Return weights, biases and normalization."""
    rng = np.random.default_rng(seed)
    skeleton, layout = dog(), features.OutputLayout(len(dog()))
    rest = skeleton.rest_positions() + np.array([0.0, HIPS, -0.2])
    state = rest[[skeleton.index(name) for name in stride_clock.STATE_JOINTS]]
    gate = stride_clock.gate_size("phase")
    out: dict[str, np.ndarray] = {}
    sizes = (stride_clock.INPUT.size, HIDDEN, HIDDEN, layout.size)
    for i, (a, b) in enumerate(itertools.pairwise(sizes)):
        out[f"weight{i}"] = rng.normal(size=(experts, b, a)) / np.sqrt(a)
        out[f"bias{i}"] = 0.3 * rng.normal(size=(experts, b))
    for i, (a, b) in enumerate(((gate, 32), (32, 32), (32, experts))):
        out[f"gate_weight{i}"] = 1.5 * rng.normal(size=(b, a)) / np.sqrt(a)
        out[f"gate_bias{i}"] = 0.3 * rng.normal(size=b)
    mean, scale = np.zeros(stride_clock.INPUT.size), np.ones(stride_clock.INPUT.size)
    mean[stride_clock.INPUT.positions] = state.ravel()
    scale[stride_clock.INPUT.velocities] = 4.0
    out |= {"input_mean": mean, "input_scale": scale}
    mean, scale = np.zeros(layout.size), np.full(layout.size, 0.05)
    mean[layout.axes] = np.tile([0.0, 0.0, 1.0, 0.0, 1.0, 0.0], len(skeleton))
    mean[layout.hips] = rest[0]
    scale[layout.hips] = 0.005
    mean[layout.phase_rate], scale[layout.phase_rate] = 1.8, 0.3
    mean[layout.contacts], scale[layout.contacts] = 0.5, 0.8
    out |= {"output_mean": mean, "output_scale": scale}
    out["start_state"] = np.stack([state, np.zeros_like(state)])
    return {name: values.astype(np.float32) for name, values in out.items()}


def _write_safetensors(path: Path, values: dict[str, np.ndarray]) -> None:
    header, at = {}, 0
    for name, array in values.items():
        header[name] = {
            "dtype": "F32",
            "shape": list(array.shape),
            "data_offsets": [at, at + array.nbytes],
        }
        at += array.nbytes
    text = json.dumps(header).encode()
    data = b"".join(array.tobytes() for array in values.values())
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
