# SPDX-License-Identifier: GPL-3.0-or-later
"""The learnet in numpy: computes a controller's weights from a clip.

``W = M1 diag(f(z)) M2`` in every layer of a mixture of experts and of its gate (Bertinetto et al.
2016, "Learning feed-forward one-shot learners"). ``z`` is the [CLS] state of the clip and the
creature's proportions. The products are computed once, so a creature's controller runs like any
quadruped's. The torch twin is ``training.creature.model``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, Final

import numpy as np

from ...body import quadruped, quadruped_gaits
from ...controller import stride_clock
from ...maths import quat
from ...maths.quat import Array
from ...nn import weights as nn_weights
from ...nn.network import Gate, MixedNetwork, elu
from ...nn.transformer import Encoder
from .clip_tokens import (
    FARTHEST,
    MAX_TOKENS,
    STATE_INDICES,
    STRANGEST,
    TOKEN_STEP,
    Posture,
    RootRelativeMotion,
    TokenLayout,
    tokens,
)

NAME: Final = "creature"
"""The model's folder under ``models``."""
LAYERS: Final = 3
_JOINTS: Final = len(quadruped.JOINTS)
_TURNS: Final = 9 * _JOINTS
"""Outputs that are rotations relative to the mean pose, as matrices; hips, phase rate and contacts
follow them."""


@dataclass(frozen=True, eq=False)
class Adapted:
    """A controller's weights and its footfalls."""

    network: MixedNetwork
    gate: Gate
    footfalls: Array
    """(5, 4) touchdowns after the left hind's in each gait of ``GAITS`` but standing, strides."""


class Learnet:
    """The shipped learnet with its encoder."""

    def __init__(self, info: dict[str, Any], arrays: Mapping[str, Array], digest: str) -> None:
        """Take the contents of a model folder; raises ValueError for another layout."""
        if [info["tokens"], info["inputs"]] != [TokenLayout.size, stride_clock.INPUT.size]:
            raise ValueError("The learner was made for another version of Footfall")
        self.info, self.digest = info, digest
        self.arrays = arrays
        self._encoder = Encoder({k[8:]: v for k, v in arrays.items() if k.startswith("encoder.")})

    @property
    def nothing(self) -> Array:
        """(D,) the state that means no exemplar."""
        return self.arrays["nothing"]

    def encode(self, frames: RootRelativeMotion, posture: Posture) -> Array:
        """Return (D,) the [CLS] state of a clip at 60 Hz; of a long clip the mean over windows."""
        last = max(len(frames.hips) - TOKEN_STEP * MAX_TOKENS, 0)
        starts = sorted({*range(0, last + 1, TOKEN_STEP * MAX_TOKENS // 2), last})
        return np.asarray(np.mean([self._state(frames.after(i), posture) for i in starts], axis=0))

    def _state(self, frames: RootRelativeMotion, posture: Posture) -> Array:
        rows = tokens(frames, posture)
        shown = bounded((rows - self.arrays["token_mean"]) / self.arrays["token_scale"], FARTHEST)
        shown[rows[:, TokenLayout.part].any(axis=1), TokenLayout.frame] = 0.0
        return np.asarray(self._encoder.forward(shown[None])[1][0])

    def adapt(self, cls: Array, posture: Posture, bones: Array) -> Adapted:
        """Return the controller of a creature from its [CLS] state (D,) and its posture.

        ``bones`` (J, 3) are the offsets of its skeleton, meters at the model animal's size.
        """
        a = self.arrays
        proportions = (posture.proportions - a["proportion_mean"]) / a["proportion_scale"]
        known = np.concatenate([cls, bounded(proportions, STRANGEST)]).astype(np.float32)
        for name in ("trunk.0", "trunk.2"):
            known = elu(a[f"{name}.weight"] @ known + a[f"{name}.bias"])
        given = a["head.weight"] @ known + a["head.bias"]
        parts = iter(np.split(given, np.cumsum(self.info["learned"])[:-1]))
        weights = [self._product(f"layers.{i}", next(parts)) for i in range(LAYERS)]
        gate = [self._product(f"gate.{i}", next(parts))[0] for i in range(LAYERS)]
        biases = [a[f"layers.{i}.bias"] + next(parts) for i in range(LAYERS)]
        steps = (a["steps.weight"] @ known + a["steps.bias"]).reshape(-1, 4, 2)
        layers = list(zip(weights, biases, strict=True))
        return folded(a, layers, gate, posture, footfalls(steps))

    def _product(self, name: str, change: Array) -> Array:
        """Return (K, O, I) the matrices ``M1 diag(1 + change) M2`` of a layer."""
        inner, outer = self.arrays[f"{name}.inner"], self.arrays[f"{name}.outer"]
        diagonal = 1.0 + change.reshape(len(outer), 1, -1)
        return np.asarray((outer * diagonal) @ inner, dtype=np.float32)


def folded(
    arrays: Mapping[str, Array],
    layers: list[tuple[Array, Array]],
    gate: list[Array],
    posture: Posture,
    steps: Array,
) -> Adapted:
    """Fold the mean pose into a controller with the inputs and outputs of any quadruped's.

    ``layers`` are weights (K, O, I) and biases (K, O) of the network; its normalization and the
    gate's biases are in ``arrays``. ``gate`` are the gate's weights, ``steps`` the footfalls.
    """
    mean = np.array(arrays["input_mean"], dtype=np.float32)
    mean[stride_clock.INPUT.positions] += posture.places[list(STATE_INDICES)].ravel()
    (first, first_bias), (middle, middle_bias), (last, last_bias) = (
        (weight.astype(np.float32), bias.astype(np.float32)) for weight, bias in layers
    )
    last = last * arrays["output_scale"][:, None]
    last_bias = last_bias * arrays["output_scale"] + arrays["output_mean"]
    axes, axes_bias = (_about(v, posture.turns) for v in (last, last_bias[..., None]))
    outputs = axes.shape[1]
    network = MixedNetwork(
        (first, middle, axes),
        (first_bias, middle_bias, axes_bias[..., 0] + _hips(posture)),
        mean,
        np.asarray(arrays["input_scale"]),
        np.zeros(outputs, dtype=np.float32),
        np.ones(outputs, dtype=np.float32),
    )
    one, two, three = (weight.astype(np.float32) for weight in gate)
    biases = arrays["gate.0.bias"][0], arrays["gate.1.bias"][0], arrays["gate.2.bias"][0]
    return Adapted(network, Gate((one, two, three), biases), steps)


def bounded(x: Array, limit: float) -> Array:
    """Return ``x`` (...) softly limited to ``limit`` either way, by tanh."""
    return np.asarray(limit * np.tanh(x / limit))


def _about(rows: Array, turns: Array) -> Array:
    """Convert weight rows for matrices (K, 9 J + 8, I) to rows for two axes (K, 6 J + 8, I).

    With ``R = D M``, an axis of ``R`` is ``D`` times the mean's axis, so it is linear in ``D``.
    """
    count, _, width = rows.shape
    away = rows[:, :_TURNS].reshape(count, _JOINTS, 3, 3, width)
    mean = quat.to_matrix(turns).astype(np.float32)[:, :, [2, 1]]
    axes = np.einsum("kjrcw,jca->kjarw", away, mean, optimize=True)
    parts = [axes.reshape(count, -1, width), rows[:, _TURNS:]]
    return np.asarray(np.concatenate(parts, axis=1), dtype=np.float32)


def _hips(posture: Posture) -> Array:
    out = np.zeros(6 * _JOINTS + 8, dtype=np.float32)
    out[6 * _JOINTS : 6 * _JOINTS + 3] = posture.hips
    return out


def footfalls(change: Array) -> Array:
    """Return touchdowns (5, 4), strides: the table's plus the learnet's change (5, 4, 2).

    A change is added to the cosine and the sine of a touchdown's phase.
    """
    angle = (
        2.0
        * np.pi
        * np.array([quadruped_gaits.TABLE[name].offsets for name in quadruped_gaits.GAITS[1:]])
    )
    cosine, sine = np.cos(angle) + change[..., 0], np.sin(angle) + change[..., 1]
    offsets = np.arctan2(sine, cosine) / (2.0 * np.pi)
    return np.asarray((offsets - offsets[:, :1]) % 1.0)


@lru_cache(maxsize=2)
def load(folder: FilePath = nn_weights.FOLDER) -> Learnet:
    """Return the shipped learnet, cached; raises RefusedError if its files are missing."""
    return nn_weights.read(NAME, folder, lambda _, files: Learnet(*files))
