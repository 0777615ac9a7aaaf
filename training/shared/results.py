# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures that were measured, as files."""

import argparse
import json
from pathlib import Path


def add_argument(parser: argparse.ArgumentParser) -> None:
    """Let a command line name the file that figures go to."""
    parser.add_argument("--json", type=Path, help="file to write the figures to")


def write(path: Path | None, found: object) -> None:
    """Write figures, numpy's numbers as plain ones; without a path nothing happens."""
    if path is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1, default=float) + "\n", encoding="utf-8")
