# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of the repository, for the tests that read them as text."""

import ast
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("motion_addon", "training", "benchmarks", "examples", "tests")
SOURCES = sorted([*ROOT.glob("*.py"), *(p for f in FOLDERS for p in (ROOT / f).rglob("*.py"))])
ADDON = [path for path in SOURCES if path.is_relative_to(ROOT / "motion_addon")]
BLENDER = [path for path in ADDON if path.is_relative_to(ROOT / "motion_addon" / "blender")]
SCRIPTS = sorted((ROOT / "training" / "runs").glob("*.sh"))
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "models").rglob("*.md"),
        *(ROOT / "training").rglob("*.md"),
    ]
)
CLASS_KINDS = {"Operator": "OT", "Panel": "PT", "Menu": "MT", "UIList": "UL"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(text_of(path))


def functions(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def blender_classes() -> list[tuple[str, ast.ClassDef]]:
    """Return the operators, panels, menus and lists with the place of each."""
    return [
        (f"{name_of(path)}:{node.lineno} {node.name}", node)
        for path in BLENDER
        for node in tree_of(path).body
        if isinstance(node, ast.ClassDef) and re.match(r"FOOTFALL_(OT|PT|MT|UL)_", node.name)
    ]


def refuse(offenders: Iterable[str]) -> None:
    """Fail with every offender, one a line."""
    lines = list(offenders)
    assert not lines, "\n".join(["", *lines])
