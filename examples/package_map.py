# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw the packages and their imports, as they are in the code, for ``docs/architecture.md``.

    python -m examples.package_map            write docs/images/packages.svg
    python -m examples.package_map --check    exit with 1 where that picture is out of date

Rows are the layers of the import contracts in ``pyproject.toml``; an arrow is an import that no
chain of other arrows implies.
"""

import argparse
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import grimp

ROOT: Final = Path(__file__).resolve().parents[1]
PICTURE: Final = ROOT / "docs" / "images" / "packages.svg"
STACKS: Final = {
    "motion_addon.blender": "in Blender: the only code that imports bpy",
    "motion_addon.motion": "the motion core: numpy alone",
    "training": "training: torch; imports the core, never Blender",
}
"""Packages to draw as stacks of layers, from left to right, with captions."""

BOX_WIDTH, BOX_HEIGHT = 104, 34
GAP, ROW = 36, 66
"""Pixels between boxes of a row, and from one row to the next."""
MARGIN, TOP = 28, 64
COLORS: Final = ("#dbe9f6", "#fbe3cf", "#dff0d8")

Point = tuple[float, float]


@dataclass(frozen=True)
class Stack:
    """One package: its parts in rows, and which part imports which."""

    name: str
    rows: tuple[tuple[str, ...], ...]
    edges: tuple[tuple[str, str], ...]
    """(importer, imported), without those that a chain of others implies."""

    @property
    def width(self) -> float:
        """Width in pixels."""
        most = max(len(row) for row in self.rows)
        return most * BOX_WIDTH + (most - 1) * GAP

    def places(self, left: float) -> dict[str, Point]:
        """Return the upper left corner of each part's box, in pixels."""
        out: dict[str, Point] = {}
        for number, row in enumerate(self.rows):
            wide = len(row) * BOX_WIDTH + (len(row) - 1) * GAP
            start = left + 0.5 * (self.width - wide)
            for i, name in enumerate(row):
                out[name] = (start + i * (BOX_WIDTH + GAP), TOP + number * ROW)
        return out


def contract_rows(settings: dict[str, Any], package: str) -> tuple[tuple[str, ...], ...] | None:
    """Return the rows of a package's layer contract, top first; None if it has none."""
    for contract in settings["tool"]["importlinter"]["contracts"]:
        if contract["type"] == "layers" and contract.get("containers") == [package]:
            return tuple(
                tuple(part.strip(" ()") for part in layer.replace(":", "|").split("|"))
                for layer in contract["layers"]
            )
    return None


def imports_between(graph: grimp.ImportGraph, package: str) -> dict[str, set[str]]:
    """Return which parts of a package import which others, directly."""
    parts = {child.removeprefix(f"{package}.") for child in graph.find_children(package)}
    found: dict[str, set[str]] = {part: set() for part in sorted(parts)}
    for importer in graph.modules:
        if not importer.startswith(f"{package}."):
            continue
        source = importer.removeprefix(f"{package}.").split(".")[0]
        for imported in graph.find_modules_directly_imported_by(importer):
            target = imported.removeprefix(f"{package}.").split(".")[0]
            if imported.startswith(f"{package}.") and target != source:
                found[source].add(target)
    return found


def depths(imports: dict[str, set[str]]) -> dict[str, int]:
    """Return how many layers lie under each part. Raises ValueError where imports form a circle."""
    known: dict[str, int] = {}

    def depth(part: str, above: tuple[str, ...]) -> int:
        if part in above:
            raise ValueError(f"Imports form a circle: {' > '.join((*above, part))}")
        if part not in known:
            under = [depth(other, (*above, part)) for other in sorted(imports[part])]
            known[part] = 1 + max(under, default=-1)
        return known[part]

    return {part: depth(part, ()) for part in imports}


def reduced(imports: dict[str, set[str]]) -> tuple[tuple[str, str], ...]:
    """Return the imports that no chain of other imports implies."""
    order = depths(imports)
    below: dict[str, set[str]] = {}
    for part in sorted(imports, key=order.__getitem__):
        below[part] = imports[part].union(*(below[other] for other in imports[part]))
    return tuple(
        (part, other)
        for part in sorted(imports)
        for other in sorted(imports[part])
        if not any(other in below[third] for third in imports[part] - {other})
    )


def stacks() -> list[Stack]:
    """Return the stacks as the code and the contracts have them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    graph = grimp.build_graph("motion_addon", "training", cache_dir=None)
    out = []
    for package in STACKS:
        imports = imports_between(graph, package)
        rows = contract_rows(settings, package)
        if rows is None:
            order = depths(imports)
            levels = sorted(set(order.values()), reverse=True)
            rows = tuple(tuple(p for p in imports if order[p] == level) for level in levels)
        rows = tuple(tuple(part for part in row if part in imports) for row in rows)
        out.append(Stack(package, rows, reduced(imports)))
    return out


def drawn(found: Sequence[Stack]) -> str:
    """Return the picture as SVG."""
    height = TOP + ROW * max(len(stack.rows) for stack in found) + MARGIN
    body: list[str] = []
    left = float(MARGIN)
    for stack, color in zip(found, COLORS, strict=True):
        places = stack.places(left)
        middle = left + 0.5 * stack.width
        body.append(_text((middle, 24), stack.name, "bold 15px"))
        body.append(_text((middle, 44), STACKS[stack.name], "12px"))
        body += [_arrow(places[a], places[b]) for a, b in stack.edges]
        body += [_box(place, name, color) for name, place in places.items()]
        left += stack.width + 3 * MARGIN
    width = left - 2 * MARGIN
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}">\n<defs><marker id="tip" viewBox="0 0 8 8" '
        'refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8z" fill="#667"/></marker></defs>\n'
        '<rect width="100%" height="100%" fill="#ffffff"/>\n'
    )
    return head + "\n".join(body) + "\n</svg>\n"


def _text(place: Point, text: str, font: str) -> str:
    x, y = place
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="middle" fill="#223" '
        f'style="font: {font} sans-serif">{text}</text>'
    )


def _box(place: Point, name: str, color: str) -> str:
    x, y = place
    box = (
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="6" '
        f'fill="{color}" stroke="#667"/>'
    )
    return box + _text((x + 0.5 * BOX_WIDTH, y + 22), name, "13px")


def _arrow(start: Point, end: Point) -> str:
    """Return a curve from the bottom of one box to the top of another."""
    x, y = start[0] + 0.5 * BOX_WIDTH, start[1] + BOX_HEIGHT
    to_x, to_y = end[0] + 0.5 * BOX_WIDTH, end[1]
    rows = round((end[1] - start[1]) / ROW)
    side = 0.0 if rows < 2 else (0.8 * BOX_WIDTH + 9.0 * rows) * (1 if to_x >= x else -1)
    bend = 0.5 * (to_y - y)
    return (
        f'<path d="M{x:.0f} {y:.0f}C{x + side:.0f} {y + bend:.0f} {to_x + side:.0f} '
        f'{to_y - bend:.0f} {to_x:.0f} {to_y - 1:.0f}" fill="none" stroke="#667" '
        'stroke-width="1.2" marker-end="url(#tip)"/>'
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the picture, or compare it with the code; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if out of date")
    options = parser.parse_args(arguments)
    picture = drawn(stacks())
    if not options.check:
        PICTURE.write_text(picture, encoding="utf-8")
        return 0
    if not PICTURE.is_file() or PICTURE.read_text(encoding="utf-8") != picture:
        sys.stderr.write("docs/images/packages.svg is out of date; draw it again\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
