# SPDX-License-Identifier: GPL-3.0-or-later
r"""Compare the methods of using an exemplar, each trained by ``training/runs/ways.sh``.

    python -m training.creature.judging.compare_methods --data FOLDER \
        --ways build/oneshot/ways --json out/ways.json

The residual is left out, so that only the network is measured, on held-out creatures: on the
exemplar's own motion and on other motions of the creature.
"""

import argparse
import contextlib
import io
import logging
from pathlib import Path
from typing import Any, Final

import numpy as np

from motion_addon.motion.controller.model import Model
from motion_addon.motion.creature.adaptation.adapt import adapt
from motion_addon.motion.creature.adaptation.creature import model_of
from motion_addon.motion.creature.reading.exemplar import Exemplar

from ...shared import results
from .evaluate import Adapt, evaluate
from .tables import NO_SHOT, OURS
from .trained_method import TrainedMethod

log = logging.getLogger(__name__)

GROUPS: Final = ("held out", "made up")
COLUMNS: Final = {
    "own pose": ("own", "pose"),
    "own footfalls": ("own", "footfalls"),
    "other pose": ("other", "pose"),
    "other footfalls": ("other", "footfalls"),
    "other period": ("other", "period"),
}
"""Columns of the table: case and measure, before the clean-up."""


def learner(way: TrainedMethod) -> Adapt:
    """Return the adaptation by a trained method, without a residual."""

    def adapted(exemplar: Exemplar) -> Model:
        return model_of(adapt(exemplar, residual=False, own=way), own=way)

    return adapted


def figures(rows: list[dict[str, Any]], method: str) -> dict[str, float]:
    """Return the means of COLUMNS over the rows of a method."""
    out = {}
    for name, (case, measure) in COLUMNS.items():
        found = [r["raw"][measure] for r in rows if r["method"] == method and r["case"] == case]
        out[name] = float(np.mean(found))
    return out


def main() -> None:
    """Read the command line, measure every method and print the table."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with catalog.json")
    parser.add_argument("--ways", type=Path, required=True, help="folder of the trained methods")
    results.add_argument(parser)
    options = parser.parse_args()
    found: dict[str, dict[str, dict[str, float]]] = {}
    for file in sorted(options.ways.glob("*/checkpoint.pt")):
        way = file.parent.name
        with contextlib.redirect_stdout(io.StringIO()):
            rows = evaluate(
                options.data, learner(TrainedMethod(file)), groups=GROUPS, rivals=False
            )["rows"]
        for group in GROUPS:
            own = [row for row in rows if row["group"] == group]
            found.setdefault(group, {})[way] = figures(own, OURS)
            found[group][f"{way}, {NO_SHOT}"] = figures(own, NO_SHOT)
    for group, by_way in found.items():
        log.info("\n| %s | %s |\n|---|%s", group, " | ".join(COLUMNS), "---|" * len(COLUMNS))
        for way, values in by_way.items():
            log.info("| %s | %s |", way, " | ".join(f"{v:.3g}" for v in values.values()))
    results.write(options.json, found)


if __name__ == "__main__":
    main()
