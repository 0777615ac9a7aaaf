# SPDX-License-Identifier: GPL-3.0-or-later
"""The baselines that one-shot adaptation is compared with, as methods."""

from collections.abc import Callable

from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.creature.reading.exemplar import Exemplar
from motion_addon.motion.plan.trajectory import Trajectory

from . import looped_clip, patch_matching, shipped_model

Method = Callable[[Exemplar, Trajectory], Clip]
"""Computes the raw motion of a creature along a plan from its exemplar."""

BASELINES: dict[str, Method] = {
    "loop": lambda shown, plan: looped_clip.looped(shown.clip, plan),
    "re-mixed": lambda shown, plan: patch_matching.remixed(shown.clip, plan),
    "un-adapted": lambda shown, plan: shipped_model.retargeted(shown.clip, plan),
}
"""Baselines by name; ``training.creature.judging.finetune`` is one more."""
