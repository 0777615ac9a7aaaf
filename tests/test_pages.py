# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of the pages and the manifest: what they name exists, and each fact has one source."""

import re
import tomllib
from collections.abc import Iterable

from tests.sources import (
    ADDON,
    PAGES,
    ROOT,
    SCRIPTS,
    SOURCES,
    blender_classes,
    functions,
    name_of,
    refuse,
    text_of,
    tree_of,
)

MANIFEST = tomllib.loads(text_of(ROOT / "blender_manifest.toml"))
MAX_MODELS_BYTES = 40 * 1024 * 1024
COMMAND = re.compile(r"-m\s+((?:motion_addon|training|examples|benchmarks)(?:\.\w+)*)")


def found_in_pages(pattern: str) -> Iterable[tuple[str, str]]:
    """Return the page and the first group of each match."""
    return [(name_of(page), hit) for page in PAGES for hit in re.findall(pattern, text_of(page))]


def test_version_has_one_source() -> None:
    version = MANIFEST["version"]
    settings = tomllib.loads(text_of(ROOT / "pyproject.toml"))
    assert "version" not in settings.get("project", {})
    repeats = [path for path in ADDON if f'"{version}"' in text_of(path)]
    repeats += [path for path in ADDON if "bl_info" in text_of(path)]
    repeats += [page for page in PAGES if page.name != "CHANGELOG.md" and version in text_of(page)]
    refuse(name_of(path) for path in repeats)
    changes = text_of(ROOT / "CHANGELOG.md")
    assert re.search(rf"^## {re.escape(version)}\b", changes, re.MULTILINE)


def test_zip_stays_small() -> None:
    total = sum(path.stat().st_size for path in (ROOT / "models").rglob("*") if path.is_file())
    assert total <= MAX_MODELS_BYTES


def test_paths_of_one_machine_stay_out() -> None:
    outside = re.compile(r"\.\./" + r"shared|(?<![\w.])/(work|root|home/\w+)/")
    offenders = []
    for path in [*SOURCES, *PAGES, *SCRIPTS]:
        hit = outside.search(text_of(path))
        if hit and not path.is_relative_to(ROOT / "training"):
            offenders.append(f"{name_of(path)} names {hit.group()}")
    refuse(offenders)


def test_links_resolve() -> None:
    offenders = []
    for page in PAGES:
        text = re.sub(r"```.*?```", "", text_of(page), flags=re.DOTALL)
        targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) + re.findall(r'src="([^"]+)"', text)
        own = [target for target in targets if not re.match(r"[a-z]+:", target)]
        offenders += [f"{name_of(page)}: {t}" for t in own if not (page.parent / t).exists()]
    refuse(offenders)


def test_pages_are_filled_in() -> None:
    refuse(f"{page}: {hit}" for page, hit in found_in_pages(r"(@[A-Z]+@)"))


def test_named_tasks_exist() -> None:
    tasks = {node.name for node in functions(tree_of(ROOT / "noxfile.py"))}
    named = found_in_pages(r"dev\.py ([a-z]\w*)")
    refuse(f"{page}: dev.py {task}" for page, task in named if task not in tasks)


def test_named_operators_exist() -> None:
    operators = {node.name.removeprefix("FOOTFALL_OT_") for _, node in blender_classes()}
    named = found_in_pages(r"bpy\.ops\.footfall\.(\w+)\(")
    refuse(f"{page}: {verb}" for page, verb in named if verb not in operators)


def can_run(module: str) -> bool:
    """Return whether ``python -m`` finds something to run in a module."""
    place = ROOT / module.replace(".", "/")
    script = place.with_suffix(".py")
    is_script = script.is_file() and 'if __name__ == "__main__":' in text_of(script)
    return is_script or (place / "__main__.py").is_file()


def test_named_modules_run() -> None:
    refuse(
        f"{name_of(path)}: python -m {module}"
        for path in [*PAGES, *SOURCES, *SCRIPTS]
        for module in COMMAND.findall(text_of(path))
        if not can_run(module)
    )
