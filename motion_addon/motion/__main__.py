# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line without Blender: ``python -m motion_addon.motion bake REQUEST.json``.

``herd`` bakes many animals of one request, ``inbetween`` fills the gaps of a motion, ``schema``
and ``options`` describe what a request may hold.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path as FilePath
from typing import Any, Final

from ..errors import RefusedError
from ..files.reading import MOST_JSON, decoded, read_bytes, read_json
from ..files.writing import check_places, write_files, write_text
from ..options import description
from ..options.herd import HerdOptions
from ..options.take import TakeOptions
from .bake.bake import bake, bake_many
from .bake.herd import Herd, members
from .bake.request import BakeRequest
from .clip import bvh
from .clip.clip import Clip
from .inbetween import animal_file, model, transition
from .inbetween.fill_gaps import fill
from .inbetween.request import FillRequest
from .metrics.report import format_report

GROUPS: Final[dict[str, type]] = {
    "request": BakeRequest, "herd": HerdOptions, "recipe": TakeOptions,
    "inbetween": FillRequest,
}  # fmt: skip
"""Files of options: requests to bake and to fill, the ``herd`` of one, and a recipe of Blender."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 2 the request cannot be met."""
    parser = argparse.ArgumentParser(prog="python -m motion_addon.motion")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("bake", help="bake a walk along a path to a BVH file")
    command.add_argument("request", type=FilePath, help="request as JSON")
    command.add_argument("--out", type=FilePath, required=True, help="BVH file to write")
    command.add_argument("--report", type=FilePath, help="report card to write, JSON")
    command.set_defaults(run=_bake)
    command = commands.add_parser("herd", help="bake many animals of one request to BVH files")
    command.add_argument("request", type=FilePath, help='request as JSON, and a "herd"')
    command.add_argument("--out", type=FilePath, required=True, help="folder to write")
    command.set_defaults(run=_herd)
    command = commands.add_parser("inbetween", help="fill the gaps between key poses of a BVH file")
    command.add_argument("request", type=FilePath, help='JSON: "clip", and frame ranges to "keep"')
    command.add_argument("--out", type=FilePath, required=True, help="BVH file to write")
    command.set_defaults(run=_inbetween)
    _add_descriptions(commands)
    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except RefusedError as error:
        sys.stderr.write(f"footfall: {error}\n")
        return 2
    return 0


def _add_descriptions(commands: Any) -> None:
    """Add the commands that describe options instead of baking."""
    command = commands.add_parser("schema", help="print the JSON schema of a file of options")
    command.add_argument("of", nargs="?", choices=GROUPS, default="request")
    command.set_defaults(run=_schema)
    command = commands.add_parser("options", help="print all options as Markdown tables")
    command.add_argument("--page", type=FilePath, help="page to write the tables into instead")
    command.set_defaults(run=_options)


def _schema(options: argparse.Namespace) -> None:
    described = description.schema(GROUPS[options.of], f"Footfall {options.of}")
    sys.stdout.write(json.dumps(described, indent=1) + "\n")


def _options(options: argparse.Namespace) -> None:
    """Print the tables, or write them between the marks of a page."""
    if options.page is None:
        sys.stdout.write("\n\n".join(option_tables().values()) + "\n")
        return
    text = decoded(read_bytes(options.page, MOST_JSON))
    page = description.page_with(text, option_tables())
    write_files({options.page: partial(write_text, text=page)})


def option_tables() -> dict[str, str]:
    """Return the Markdown tables of all options by the names of their groups."""
    return {name: description.table(group) for name, group in GROUPS.items()}


def _bake(options: argparse.Namespace) -> None:
    request = BakeRequest.from_json(_beside(options.request, read_json(options.request)))
    check_places([options.out, *([options.report] if options.report else [])])
    result = bake(request)
    files: dict[FilePath, Callable[[FilePath], None]] = {
        options.out: partial(bvh.write, clip=result.written_clip)
    }
    if options.report:
        files[options.report] = _json(result.report)
    write_files(files)
    sys.stdout.write(format_report(result.report) + "\n")


def _herd(options: argparse.Namespace) -> None:
    """Write a BVH file for each animal, and ``herd.json``: when each starts, and its report."""
    herd = Herd.from_json(_beside(options.request, read_json(options.request)))
    check_places([options.out / "herd.json"], make_folders=True)
    animals = members(herd)
    results = bake_many([animal.request for animal in animals])
    files: dict[FilePath, Callable[[FilePath], None]] = {}
    rows = []
    for i, (animal, result) in enumerate(zip(animals, results, strict=True), start=1):
        name = f"{i:0{len(str(len(animals)))}}.bvh"
        files[options.out / name] = partial(bvh.write, clip=result.written_clip)
        rows.append({"file": name, "start": animal.start, "report": result.report})
    files[options.out / "herd.json"] = _json({"animals": rows})
    write_files(files)
    last = max(a.start + r.clip.seconds for a, r in zip(animals, results, strict=True))
    sys.stdout.write(f"{len(animals)} animals, {last:.1f} s, in {options.out}\n")


def _inbetween(options: argparse.Namespace) -> None:
    request = FillRequest.from_json(read_json(options.request))
    check_places([options.out])
    filler = model.load_filler(request.model)
    clip = _clip(options.request, request.clip)
    ways: dict[str, Any] = {"seed": request.seed, "lock": request.lock}
    own = filler.kind.from_one_clip and not filler.kind.fits(clip.skeleton)
    if request.loop:
        loop = animal_file.loop if own else transition.loop
        done, new = loop(filler, clip, request.seam, **ways), request.seam
    elif request.then is not None:
        then = _clip(options.request, request.then)
        stitch = animal_file.stitch if own else transition.stitch
        done = stitch(filler, clip, then, request.seam, keep_place=request.stay, **ways)
        new = request.seam
    else:
        known = request.known(clip.frames)
        filled = animal_file.fill if own else fill
        done, new = filled(filler, clip, known, **ways), int((~known).sum())
    write_files({options.out: partial(bvh.write, clip=done)})
    sys.stdout.write(f"{new} of {done.frames} frames filled, in {options.out}\n")


def _clip(request: FilePath, name: str) -> Clip:
    """Read a BVH file beside the request, or where the command runs."""
    return bvh.read(_near(request, name))


def _beside(request: FilePath, data: Any) -> Any:
    """Return a request of JSON whose files, if they lie beside it, are named from here."""
    if not isinstance(data, Mapping):
        return data
    near = dict(data)
    for name in ("exemplar", "ground"):
        if isinstance(data.get(name), str):
            near[name] = _near(request, data[name])
    styles = data.get("style")
    several = styles if isinstance(styles, list) else [styles]
    for entry in several:
        if isinstance(entry, dict) and isinstance(entry.get("clip"), str):
            entry["clip"] = _near(request, entry["clip"])
    return near


def _near(request: FilePath, name: str) -> str:
    """Return the path of a file beside a request, or its name as it is."""
    beside = request.parent / name
    try:
        return str(beside) if beside.is_file() else name
    except (OSError, ValueError):
        return name


def _json(values: object) -> Callable[[FilePath], None]:
    """Return a function that writes plain values to a path as JSON."""
    return partial(write_text, text=json.dumps(values, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
