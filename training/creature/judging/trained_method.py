# SPDX-License-Identifier: GPL-3.0-or-later
"""Any trained method of adapting as the runtime's learnet, so that the same code measures all.

FiLM's scales and shifts, and constant inputs, fold into weights and biases, so every method gives
a plain mixture of experts.
"""

from pathlib import Path

import numpy as np
import torch

from motion_addon.motion.body import quadruped
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.creature.adaptation.clip_tokens import Posture
from motion_addon.motion.creature.adaptation.learnet import Adapted, Learnet, folded, footfalls
from motion_addon.motion.maths.quat import Array

from .. import export
from ..dataset import posed
from ..model import Factored, Learner


class TrainedMethod(Learnet):
    """A trained learner with any of the methods ``model.WAYS``."""

    def __init__(self, checkpoint: Path) -> None:
        """Read a checkpoint of ``train``."""
        self._twin, settings = export.restored(checkpoint)
        arrays = export.arrays(dict(self._twin.state_dict()))
        wide = {key: value.astype(np.float32) for key, value in arrays.items()}
        super().__init__(export.describe(self._twin, settings), wide, f"{settings['way']}")

    def adapt(self, cls: Array, posture: Posture, bones: Array) -> Adapted:
        """Return the controller of a creature, as ``Learnet.adapt``."""
        twin = self._twin
        if twin.way == "none":
            skeleton = Skeleton(quadruped.JOINTS, quadruped.parents(), bones)
            posture, cls = Posture.rest(skeleton), self.nothing
        state = torch.from_numpy(np.asarray(cls, dtype=np.float32))[None]
        with torch.no_grad():
            given = twin.adapt(state, posed([posture]), torch.from_numpy(bones)[None])
            layers = [_layer(twin, i, given.diagonals[i], given.shifts[i][0, 0]) for i in range(3)]
        if given.z is not None:
            weight, bias = layers[0]
            own = weight.shape[-1] - given.z.shape[-1]
            layers[0] = weight[..., :own], bias + weight[..., own:] @ given.z[0, 0].numpy()
        for i, scale in enumerate(given.scales or []):
            row = scale[0, 0].numpy()
            layers[i] = layers[i][0] * row[:, None], layers[i][1] * row
        gate = [
            _product(layer, given.diagonals[3 + i])[0] for i, layer in enumerate(twin.parts()[1])
        ]
        change = (given.footfalls[0] - twin.usual).numpy()
        return folded(self.arrays, layers, gate, posture, footfalls(change))


def _product(layer: Factored, diagonal: torch.Tensor) -> Array:
    """Return (K, O, I) the matrices of a layer at diagonals (1, K, R)."""
    outer, inner = layer.outer.detach().numpy(), layer.inner.detach().numpy()
    return np.asarray((outer * diagonal[0, :, None].numpy()) @ inner)


def _layer(
    twin: Learner, i: int, diagonal: torch.Tensor, shift: torch.Tensor
) -> tuple[Array, Array]:
    layer = twin.parts()[0][i]
    return _product(layer, diagonal), layer.bias.detach().numpy() + shift.numpy()
