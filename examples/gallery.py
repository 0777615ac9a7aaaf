# SPDX-License-Identifier: GPL-3.0-or-later
"""All pictures of motion in the documentation: people, from ``examples/requests``, and animals.

    python -m examples.gallery --out docs/images
    python -m examples.gallery --out out/look --only walk hairpin horse --close

One sheet of moments for each request, and a map of the footprints where the path turns; one sheet
for each animal, with its gaits and a turn, and a table of its paws' figures. With ``--close`` the
sheets also get rows of the feet and from the front.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from examples import contact_sheet
from examples.process import run

REQUESTS: Final = Path(__file__).with_name("requests")

SHOTS: Final = {
    "walk": ("--start", "3.0", "--end", "4.1"),
    "jog": ("--start", "3.5", "--end", "4.2"),
    "run": ("--start", "4.0", "--end", "4.6"),
    "crouch": ("--start", "3.5", "--end", "4.8"),
    "hairpin": ("--start", "3.0", "--end", "6.0"),
    "square": ("--start", "3.2", "--end", "5.6"),
    "start-stop": ("--start", "0.6", "--end", "4.6"),
}
"""Seconds of each request to render: about a stride, or the turn."""

ANIMALS: Final = ("horse", "wolf", "cat", "quaternius-cow", "mesh2motion-fox", "mesh2motion-horse")
MOVING: Final = ("horse", "wolf", "mesh2motion-fox")
"""Animals with a GIF of their second shot."""

MAPPED: Final = ("hairpin", "square", "start-stop")


def main(arguments: Sequence[str] | None = None) -> int:
    """Render all pictures; return the exit status."""
    options = _parser().parse_args(arguments)
    for name in options.only:
        target = options.out / f"contact-{name}.png"
        status = (animal if name in ANIMALS else person)(name, target, options)
        if status:
            return status
        print(f"{target}", flush=True)
    return 0


def person(name: str, target: Path, options: argparse.Namespace) -> int:
    """Render the pictures of one request; return the exit status."""
    line = [str(REQUESTS / f"{name}.json"), "--out", str(target), *SHOTS[name]]
    line += ["--size", str(options.size), "--count", str(options.count)]
    line += ["--views", "side", "front", *(["feet"] if options.close else [])]
    if name in MAPPED:
        line += ["--map", str(options.out / f"map-{name}.png")]
    line += ["--gif", str(options.out / f"moving-{name}.gif")] if options.moving else []
    return contact_sheet.main(line)


def animal(name: str, target: Path, options: argparse.Namespace) -> int:
    """Render the pictures of one animal; return the exit status.

    Runs in its own process, because Rigify may hang when it generates several animals.
    """
    line = [sys.executable, "-m", "examples.animal_sheet", name, "--out", str(target)]
    line += ["--views", "side", "front", "paws"] if options.close else []
    if options.moving and name in MOVING:
        line += ["--gif", str(options.out / f"moving-{name}.gif")]
    return subprocess.run(line, check=False).returncode


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="examples.gallery", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--out", type=Path, default=Path("out/gallery"))
    parser.add_argument("--only", nargs="+", choices=[*SHOTS, *ANIMALS], default=[*SHOTS, *ANIMALS])
    parser.add_argument("--close", action="store_true", help="rows for the feet, too")
    parser.add_argument("--moving", action="store_true", help="a GIF of each, too")
    parser.add_argument("--size", type=int, default=260, help="height of a picture in pixels")
    parser.add_argument("--count", type=int, default=9, help="moments of each request")
    return parser


if __name__ == "__main__":
    run(main)
