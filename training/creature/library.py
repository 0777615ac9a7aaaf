# SPDX-License-Identifier: GPL-3.0-or-later
"""Adapt the creatures that ship, each from one walk with a free license.

    python -m training.creature.library --data FOLDER --out models/creatures

They depend on the weights in ``models/creature``; adapt them again after training.
"""

import argparse
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from motion_addon.motion.body import quadruped_gaits
from motion_addon.motion.clip import bvh
from motion_addon.motion.creature.adaptation.adapt import adapt
from motion_addon.motion.creature.adaptation.creature import Creature
from motion_addon.motion.creature.reading import exemplar

from ..data.people import catalog_of

log = logging.getLogger(__name__)

CREDITS: Final = {
    "quaternius": "Animal: Quaternius. CC0.",
    "mesh2motion": "Animation: Mesh2Motion. CC0.",
}
"""Credits of sources with free licenses, by the first part of a rig's name."""


def made(entry: dict[str, Any], folder: Path) -> Creature:
    """Return the creature of a clip of the catalog, without its own rig."""
    source, name = entry["rig"].split("/")
    clip = bvh.read(folder / entry["path"])
    found = adapt(exemplar.of_clip(clip, name=name.lower()), credit=CREDITS[source])
    return replace(found, own_motion=None)


def main() -> None:
    """Read the command line and write the creatures."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with catalog.json")
    parser.add_argument("--out", type=Path, default=Path("models/creatures"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    catalog = catalog_of(options.data)
    for entry in catalog["clips"]:
        source = entry["rig"].split("/")[0]
        if source not in CREDITS or not entry["path"].endswith("/Walk.bvh"):
            continue
        creature = made(entry, options.data)
        name = creature.name if source == "quaternius" else f"{creature.name} 2"
        file = options.out / f"{name.replace(' ', '_')}.npz"
        replace(creature, name=name).save(file)
        log.info(
            "%s: %s at Froude %.2f",
            file,
            creature.gait,
            quadruped_gaits.froude(creature.speed, quadruped_gaits.HIP_HEIGHT),
        )


if __name__ == "__main__":
    main()
