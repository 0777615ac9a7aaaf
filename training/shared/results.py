# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON files of measured figures."""

import argparse
import json
from pathlib import Path


def add_argument(parser: argparse.ArgumentParser) -> None:
    """Declare the option for the file of the figures."""
    parser.add_argument("--json", type=Path, help="file to write the figures to")


def write(path: Path | None, found: object) -> None:
    """Write figures as JSON, numpy numbers as floats; do nothing without a path."""
    if path is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1, default=float) + "\n", encoding="utf-8")
