# SPDX-License-Identifier: GPL-3.0-or-later
"""Baseline: the shipped quadruped, retargeted onto the creature's skeleton."""

import numpy as np

from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.controller import model as controller_model
from motion_addon.motion.controller.blending import GaitOptions
from motion_addon.motion.controller.controller import Controller
from motion_addon.motion.controller.model import Model
from motion_addon.motion.plan.trajectory import Trajectory
from motion_addon.motion.retarget import retarget


def driven(model: Model, plan: Trajectory, lead: str = "auto") -> Clip:
    """Return a model's raw motion along a plan of its size, 60 Hz, with contacts in 0..1."""
    steps = Controller(model).run([plan], np.zeros(1), np.ones(1), [GaitOptions(lead)])
    for given in steps:
        if not isinstance(given, float):
            return given[0].clip
    raise RuntimeError("The controller ended without a result")


def retargeted(exemplar: Clip, plan: Trajectory, model: str = "quadruped") -> Clip:
    """Return the shipped model's raw motion along a plan on the exemplar's skeleton."""
    clip = driven(controller_model.load(model), plan)
    return retarget.to_skeleton(clip, exemplar.skeleton, keep="path")
