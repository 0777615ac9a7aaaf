# SPDX-License-Identifier: GPL-3.0-or-later
"""Time a whole bake of one character on one core: network, clean-up, retarget and keys.

    python -m benchmarks.bake [--seconds 60] [--rig rigify]

Keys are written into Blender where the bpy module is installed; without it the time up to the
channels is measured. Seconds are those of the processor, on one thread.
"""

import argparse
import importlib
import importlib.util
import time
from collections.abc import Callable

import numpy as np

from benchmarks.one_core import restart_on_one_thread
from examples.process import redirected_output, run
from motion_addon.motion import rigs
from motion_addon.motion.bake.bake import bake
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.body.rig_bones import RigBones
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.controller import model
from motion_addon.motion.retarget import channels, retarget
from motion_addon.motion.rigs.measure import measure

FPS = 30.0
SPEED = 1.3
TARGET = 1000.0


def request_of(seconds: float) -> BakeRequest:
    """Return the request of a winding walk of about `seconds`."""
    z = np.arange(0.0, seconds * SPEED, 0.2)
    points = np.stack([2.0 * np.sin(z / 3.0), 0.0 * z, z], axis=-1)
    return BakeRequest(path=tuple(map(tuple, points.tolist())), speed=SPEED, fps=FPS)


def keys_without_blender() -> Callable[[Clip], object]:
    """Return the step from a clip to channels of a rig of the model's own bones."""
    rig = RigBones.from_skeleton(model.load("biped").skeleton)
    body = measure(rig, rigs.detect(rig))

    def write(clip: Clip) -> object:
        return channels.channels(retarget.pose(clip, retarget.source_body(clip), body))

    return write


def keys_in_blender(kind: str) -> Callable[[Clip], object]:
    """Return the step from a clip to F-curves on a generated character."""
    importlib.import_module("bpy")
    from examples import character
    from motion_addon.blender.keys import key_plan
    from motion_addon.blender.scene import armature

    with redirected_output():
        made = character.rigify_human() if kind == "rigify" else character.mixamo_human()
    found = rigs.detect(armature.read_rig(made.rig))

    def write(clip: Clip) -> object:
        return key_plan.write(key_plan.plan_keys(made.rig, found, clip), made.rig)

    return write


def main() -> int:
    """Measure and print frames per second of each part and of the whole."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rig", choices=["rigify", "mixamo", "none"], default="rigify")
    options = parser.parse_args()
    blender = options.rig != "none" and importlib.util.find_spec("bpy") is not None
    write = keys_in_blender(options.rig) if blender else keys_without_blender()
    bake(request_of(2.0))
    parts = {"bake": np.inf, "retarget and keys": np.inf}
    for _ in range(3):
        begun = time.process_time()
        made = bake(request_of(options.seconds))
        baked = time.process_time()
        write(made.clip)
        parts["bake"] = min(parts["bake"], baked - begun)
        parts["retarget and keys"] = min(parts["retarget and keys"], time.process_time() - baked)
    frames = made.clip.frames
    print(f"{frames} frames at {FPS:g} fps, keys {'on ' + options.rig if blender else 'as arrays'}")
    for name, seconds in parts.items():
        print(f"{name:<18} {seconds:6.2f} s  {frames / seconds:7.0f} frames/s")
    whole = frames / sum(parts.values())
    print(f"whole              {sum(parts.values()):6.2f} s  {whole:7.0f} frames/s", end="  ")
    print(f"target {TARGET:g}:", "met" if whole >= TARGET else "missed")
    return 0


if __name__ == "__main__":
    restart_on_one_thread()
    run(main)
