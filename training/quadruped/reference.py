# SPDX-License-Identifier: GPL-3.0-or-later
"""Balance of the dog's mocap in each gait."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from motion_addon.motion.body import quadruped, quadruped_gaits
from motion_addon.motion.metrics.balance import balance_of

from ..data.labrador_clips import labrador_clips
from ..shared.balance import GaitErrors
from . import prepare

SURE = 0.85
"""Weight of a gait from which a frame counts for it."""


def balance(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the figures of balance of the clips of ``folder``, captured or completed, by gait."""
    errors = GaitErrors()
    for source in labrador_clips(folder):
        contacts = quadruped.paw_contacts(quadruped.paw_points(source.clip), source.clip.fps)
        clip = replace(source.clip, contacts=contacts)
        found, gait = balance_of(clip, contacts), prepare.cleaned(source.clip)[1]
        for column, name in enumerate(quadruped_gaits.GAITS):
            frames = np.asarray((gait[:, column] > SURE) & source.good)
            if frames.any():
                errors.add(name, found, frames, clip.fps)
    return errors.table()
