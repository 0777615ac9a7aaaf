# SPDX-License-Identifier: GPL-3.0-or-later
"""Models that fill gaps with nothing learned: random weights, or none at all."""

import numpy as np

from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.inbetween import gap
from motion_addon.motion.inbetween.model import Filler
from motion_addon.motion.nn.transformer import Encoder


def arrays(
    inputs: int, outputs: int, *, width: int = 12, heads: int = 3, layers: int = 2, seed: int = 0
) -> dict[str, np.ndarray]:
    """Return the arrays of a weights file of a small network, at random."""
    rng = np.random.default_rng(seed)
    wide, reach = 2 * width, 8
    shapes = {
        "embed": (width, inputs),
        "embed_bias": (width,),
        "cls": (width,),
        "bias": (heads, 2 * reach + 1),
        "cls_bias": (heads, 2),
        "norm": (layers, 2, 2, width),
        "final_norm": (2, width),
        "qkv": (layers, 3 * width, width),
        "qkv_bias": (layers, 3 * width),
        "merge": (layers, width, width),
        "merge_bias": (layers, width),
        "widen": (layers, wide, width),
        "widen_bias": (layers, wide),
        "narrow": (layers, width, wide),
        "narrow_bias": (layers, width),
        "head": (outputs, width),
        "head_bias": (outputs,),
    }
    return {
        name: (rng.normal(size=shape) * shape[-1] ** -0.5).astype(np.float32)
        for name, shape in shapes.items()
    }


def filler(skeleton: Skeleton, *, size: float = 0.02, seed: int = 0) -> Filler:
    """Return a model of random weights whose corrections are small, or nothing at size 0."""
    layout = gap.GapLayout(len(skeleton))
    return Filler(
        "none",
        skeleton,
        Encoder(arrays(layout.inputs, layout.outputs, seed=seed)),
        np.zeros(layout.inputs, dtype=np.float32),
        np.ones(layout.inputs, dtype=np.float32),
        np.full(layout.outputs, size, dtype=np.float32),
        {"root_height": -float(skeleton.rest_positions()[:, 1].min()), "longest_gap": 60},
        "0" * 12,
    )
