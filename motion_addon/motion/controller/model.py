# SPDX-License-Identifier: GPL-3.0-or-later
"""A shipped model that drives a body, ready to run."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any

from ..body.kinds import BIPED, KINDS, Kind
from ..clip.skeleton import Skeleton
from ..maths.quat import Array
from ..nn.network import Gate, MixedNetwork, PhaseNetwork
from ..nn.weights import FOLDER, Files, check_layout, read, skeleton_of
from . import features
from .gait_profile import DEFAULT_PROFILE, GaitProfile


@dataclass(frozen=True, eq=False)
class Model:
    """A model ready to run."""

    name: str
    skeleton: Skeleton
    network: MixedNetwork
    start_state: Array
    """(2, S, 3) positions and velocities of the state joints while standing."""
    info: dict[str, Any]
    """``model.json``."""
    digest: str
    """First 12 hex digits of the SHA-256 of the weights."""
    gate: Gate | None = None
    """Mixes the sets of weights; a PFNN has none."""
    gait_profile: GaitProfile = DEFAULT_PROFILE
    """Of a quadruped."""
    natural_size: float = 1.0
    """Size of the character over the model's where none is asked for."""

    @property
    def kind(self) -> Kind:
        """The kind of body that it drives."""
        return _kind(self.info)

    @property
    def inputs(self) -> features.InputLayout:
        """The layout of the input vector."""
        return features.InputLayout.of(self.kind)

    @property
    def state_joints(self) -> tuple[str, ...]:
        """The joints whose state is fed back."""
        return self.kind.state_joints

    @property
    def layout(self) -> features.OutputLayout:
        """The layout of the output vector."""
        return features.OutputLayout(len(self.skeleton))

    @property
    def height(self) -> float:
        """Body height in meters."""
        return float(self.info["height"])

    @property
    def hip_height(self) -> float:
        """Height of the hips in the rest pose, meters."""
        return float(self.info["hip_height"])


@lru_cache(maxsize=4)
def load(name: str, folder: FilePath = FOLDER) -> Model:
    """Return a shipped model by name, read once.

    Raises RefusedError when there is none of that name, its layout is another one's or its files
    cannot be read.
    """
    return read(name, folder, _controller)


def _controller(name: str, files: Files) -> Model:
    info, arrays, digest = files
    skeleton = skeleton_of(info)
    inputs = features.InputLayout.of(_kind(info))
    check_layout(name, info, inputs.size, features.OutputLayout(len(skeleton)).size)
    gated = "gate_weight0" in arrays
    network = (MixedNetwork if gated else PhaseNetwork)(
        tuple(arrays[f"weight{i}"] for i in range(3)),  # type: ignore[arg-type]
        tuple(arrays[f"bias{i}"] for i in range(3)),  # type: ignore[arg-type]
        *(arrays[k] for k in ("input_mean", "input_scale", "output_mean", "output_scale")),
    )
    gate = _gate(arrays, int(info.get("active", 0))) if gated else None
    return Model(name, skeleton, network, arrays["start_state"], info, digest, gate)


def _kind(info: dict[str, Any]) -> Kind:
    return KINDS[info.get("body", BIPED.name)]


def _gate(arrays: dict[str, Array], active: int) -> Gate:
    weights, biases = (
        tuple(arrays[f"gate_{part}{i}"] for i in range(3)) for part in ("weight", "bias")
    )
    return Gate(weights, biases, active)  # type: ignore[arg-type]
