# SPDX-License-Identifier: GPL-3.0-or-later
"""All pictures of the motion in the documentation, from the requests in ``examples/requests``.

    python -m examples.gallery --out docs/images
    python -m examples.gallery --out out/look --only walk hairpin --close

One sheet of moments for each request, and a map of the footprints where the path turns. With
``--close`` the sheets also get rows for the feet and for the front, to judge a model by.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from . import contact_sheet
from .process import run

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
"""The moments shown of each request: about a stride, or the turn."""

MAPPED: Final = ("hairpin", "square", "start-stop")


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the pictures one after the other; return the exit status."""
    options = _parser().parse_args(arguments)
    for name in options.only:
        target = options.out / f"contact-{name}.png"
        line = [str(REQUESTS / f"{name}.json"), "--out", str(target), *SHOTS[name]]
        line += ["--size", str(options.size), "--count", str(options.count)]
        line += ["--views", "side", "front", *(["feet"] if options.close else [])]
        if name in MAPPED:
            line += ["--map", str(options.out / f"map-{name}.png")]
        line += ["--gif", str(options.out / f"moving-{name}.gif")] if options.moving else []
        status = contact_sheet.main(line)
        if status:
            return status
        print(f"{target}", flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="examples.gallery", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--out", type=Path, default=Path("out/gallery"))
    parser.add_argument("--only", nargs="+", choices=sorted(SHOTS), default=list(SHOTS))
    parser.add_argument("--close", action="store_true", help="rows for the feet, too")
    parser.add_argument("--moving", action="store_true", help="a GIF of each, too")
    parser.add_argument("--size", type=int, default=260, help="height of a picture in pixels")
    parser.add_argument("--count", type=int, default=9, help="moments of each request")
    return parser


if __name__ == "__main__":
    run(main)
