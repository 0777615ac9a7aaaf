# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line without Blender: ``python -m motion_addon.motion bake REQUEST.json``."""

import argparse
import json
import sys
from pathlib import Path as FilePath

from . import bvh
from .bake import BakeResult, bake
from .report import format_report
from .request import BakeRequest, RequestError


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 2 the request cannot be met."""
    parser = argparse.ArgumentParser(prog="python -m motion_addon.motion")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("bake", help="bake a walk along a path to a BVH file")
    command.add_argument("request", type=FilePath, help="request as JSON")
    command.add_argument("--out", type=FilePath, required=True, help="BVH file to write")
    command.add_argument("--report", type=FilePath, help="report card to write, JSON")
    options = parser.parse_args(arguments)
    try:
        request = _read(options.request)
        result = bake(request)
        _write(result, options.out, options.report)
    except (RequestError, OSError) as error:
        sys.stderr.write(f"footfall: {error}\n")
        return 2
    sys.stdout.write(format_report(result.report) + "\n")
    return 0


def _read(path: FilePath) -> BakeRequest:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise RequestError(f"{path.name} is not JSON: {error}") from error
    return BakeRequest.from_json(data)


def _write(result: BakeResult, out: FilePath, report: FilePath | None) -> None:
    """Write the motion and the report, if one is wanted; both whole or neither."""
    parts = {path: path.with_name(path.name + ".part") for path in (out, report) if path}
    for path in parts:
        if path.exists() and not path.is_file():
            raise OSError(f"{path} is there already and no file")
    try:
        bvh.write(parts[out], result.clip)
        if report:
            text = json.dumps(result.report, indent=1)
            parts[report].write_text(text + "\n", encoding="utf-8")
        for path, part in parts.items():
            part.replace(path)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
