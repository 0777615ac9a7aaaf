# SPDX-License-Identifier: GPL-3.0-or-later
"""Time herds: animals on a winding path, all steps from the paths to planted paws and reports.

    python -m benchmarks.herd [--model quadruped] [--counts 1 10 100]

Each animal has about 250 frames at 30 fps. Seconds are those of the processor, on one thread; they
should grow no faster than the number of animals.
"""

import argparse
import time

import numpy as np

from benchmarks.one_core import restart_on_one_thread
from motion_addon.motion.bake.bake import bake_many
from motion_addon.motion.bake.herd import Herd, members
from motion_addon.motion.bake.request import BakeRequest

SECONDS = 250.0 / 30.0
SPEED = 1.2
TARGET = 30.0
"""Most seconds for 100 animals."""


def herd_of(count: int, model: str) -> Herd:
    """Return a herd of ``count`` on a path of about SECONDS."""
    z = np.linspace(0.0, (SECONDS - 2.6) * SPEED, 40)
    points = np.stack([np.sin(z / 4.0), 0.0 * z, z], axis=-1)
    request = BakeRequest(path=tuple(map(tuple, points.tolist())), speed=SPEED, model=model)
    return Herd(request, count=count, seed=1)


def main() -> None:
    """Measure and print seconds and frames."""
    restart_on_one_thread()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="quadruped")
    parser.add_argument("--counts", type=int, nargs="+", default=[1, 10, 100])
    options = parser.parse_args()
    bake_many([m.request for m in members(herd_of(1, options.model))])
    for count in options.counts:
        begun = time.process_time()
        requests = [m.request for m in members(herd_of(count, options.model))]
        placed = time.process_time()
        results = bake_many(requests)
        taken = time.process_time() - begun
        frames = sum(result.clip.frames for result in results)
        print(f"{count:4} animals, {frames:6} frames  {taken:6.2f} s", end="")
        print(f"  ({placed - begun:.2f} s to place them)  {1e3 * taken / count:5.0f} ms each")
        if count == 100:
            print(f"target ({TARGET:g} s for 100):", "met" if taken <= TARGET else "missed")


if __name__ == "__main__":
    main()
