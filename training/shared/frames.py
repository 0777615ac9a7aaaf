# SPDX-License-Identifier: GPL-3.0-or-later
"""Labeled frames of clips of any body, joined into one dataset file."""

import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.maths.quat import Array

log = logging.getLogger(__name__)


class Joined:
    """The frames of many clips, concatenated."""

    def __init__(self) -> None:
        """Start without frames."""
        self._parts: dict[str, list[Array]] = {}
        self._names: list[str] = []

    def add(self, name: str, labels: Mapping[str, Array], usable: Array, held_out: bool) -> None:
        """Append a clip with its labels; ``usable`` (T,) bool marks the frames for training."""
        frames = len(usable)
        own = {
            "clip": np.full(frames, len(self._names)),
            "usable": usable,
            "held_out": np.full(frames, held_out),
        }
        for key, value in {**labels, **own}.items():
            self._parts.setdefault(key, []).append(value)
        self._names.append(name)

    def arrays(self, skeleton: Skeleton) -> dict[str, Array]:
        """Return all frames, float64 as float32, with the skeleton and the clips' names."""
        out = {key: np.concatenate(value) for key, value in self._parts.items()}
        out = {k: v.astype(np.float32) if v.dtype == np.float64 else v for k, v in out.items()}
        out |= {f"skeleton_{k}": v for k, v in skeleton.to_arrays().items()}
        return out | {"clip_names": np.array(self._names)}


def write(out: Path, arrays: Mapping[str, Array]) -> None:
    """Write a dataset as ``.npz``."""
    out.parent.mkdir(parents=True, exist_ok=True)
    np.savez(out, **arrays)
    log.info("%d frames in %s", len(arrays["clip"]), out)
