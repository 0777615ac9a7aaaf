# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for the source itself that ruff and import-linter cannot check."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("motion_addon", "training", "benchmarks", "examples", "tests", "farm")
SOURCES = sorted(
    [*ROOT.glob("*.py"), *(path for name in FOLDERS for path in (ROOT / name).rglob("*.py"))]
)
ADDON = [path for path in SOURCES if path.is_relative_to(ROOT / "motion_addon")]
BLENDER = [path for path in ADDON if path.is_relative_to(ROOT / "motion_addon" / "blender")]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("models/*/*.md")])
MANIFEST = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50
MAX_EXECUTE_LINES = 20
MAX_MODELS_BYTES = 40 * 1024 * 1024


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def class_values(node: ast.ClassDef) -> dict[str, ast.expr]:
    """Return the plain assignments of a class body, by name."""
    values = {}
    for line in node.body:
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            values[line.targets[0].id] = line.value
        elif isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and line.value:
            values[line.target.id] = line.value
    return values


def text_of(node: ast.expr | None) -> str | None:
    """Return a string constant (or joined constants), or None if it is computed or absent."""
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else None


each_source = pytest.mark.parametrize("path", SOURCES, ids=name_of)
each_addon_source = pytest.mark.parametrize("path", ADDON, ids=name_of)


@each_source
def test_starts_with_license(path: Path) -> None:
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    assert first == "# SPDX-License-Identifier: GPL-3.0-or-later"


@each_source
def test_size(path: Path) -> None:
    tree = tree_of(path)
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MAX_FILE_LINES, f"{lines} lines; split the file by noun"
    for node in functions(tree):
        length = node.end_lineno - node.lineno + 1
        limit = MAX_EXECUTE_LINES if node.name == "execute" else MAX_FUNCTION_LINES
        assert length <= limit, f"line {node.lineno}: {node.name} has {length} lines, over {limit}"


@each_source
def test_handlers_name_their_errors(path: Path) -> None:
    for node in ast.walk(tree_of(path)):
        if not isinstance(node, ast.ExceptHandler):
            continue
        broad = node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"}
        raises = any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
        assert not broad or raises, f"line {node.lineno}: swallows every error"


@each_source
def test_no_leftovers(path: Path) -> None:
    assert path.name not in {"utils.py", "util.py", "helpers.py", "misc.py"}, "name it by its noun"
    source = path.read_text(encoding="utf-8")
    mark = re.search(r"#.*\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b", source)
    assert not mark, f"unfinished: {mark and mark.group()}"
    banner = re.search(r"^\s*#\s*[-=#*~_]{4,}", source, re.MULTILINE)
    assert not banner, f"banner comment: {banner and banner.group()}"


@each_addon_source
def test_addon_source(path: Path) -> None:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print":
            pytest.fail(f"line {node.lineno}: print")
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            modules.append(node.module)
        own = [name for name in modules if name.split(".")[0] == "motion_addon"]
        assert not own, f"line {node.lineno}: import {own[0]} relatively"


def operators_and_panels() -> list[tuple[str, ast.ClassDef]]:
    return [
        (f"{name_of(path)}:{node.name}", node)
        for path in BLENDER
        for node in tree_of(path).body
        if isinstance(node, ast.ClassDef) and re.match(r"FOOTFALL_(OT|PT|MT|UL)_", node.name)
    ]


def test_class_names_follow_blender() -> None:
    kinds = {"Operator": "OT", "Panel": "PT", "Menu": "MT", "UIList": "UL"}
    for path in BLENDER:
        for node in tree_of(path).body:
            bases = (
                [ast.unparse(base).split(".")[-1] for base in node.bases]
                if isinstance(node, ast.ClassDef)
                else []
            )
            for kind in set(bases) & set(kinds):
                prefix = f"FOOTFALL_{kinds[kind]}_"
                assert node.name.startswith(prefix), f"{name_of(path)}: {node.name}"


def test_operators_have_tooltips() -> None:
    for where, node in operators_and_panels():
        if "_OT_" not in node.name:
            continue
        values = class_values(node)
        assert text_of(values.get("bl_label")), f"{where}: no bl_label"
        expected = "footfall." + node.name.removeprefix("FOOTFALL_OT_")
        assert text_of(values.get("bl_idname")) == expected, f"{where}: bl_idname"
        tip = text_of(values.get("bl_description")) or ast.get_docstring(node)
        assert tip, f"{where}: no tooltip"
        if "bl_description" in values:
            assert not tip.endswith("."), f"{where}: Blender adds the period"


def test_properties_have_names() -> None:
    kinds = {"Bool", "Int", "Float", "String", "Enum"}
    names = {f"{kind}{form}Property" for kind in kinds for form in ("", "Vector")}
    for path in BLENDER:
        for node in ast.walk(tree_of(path)):
            if not isinstance(node, ast.Call):
                continue
            if ast.unparse(node.func).split(".")[-1] not in names:
                continue
            given = {keyword.arg: keyword.value for keyword in node.keywords}
            where = f"{name_of(path)}:{node.lineno}"
            options = ast.unparse(given["options"]) if "options" in given else ""
            if "HIDDEN" in options or None in given:
                continue
            assert "name" in given, f"{where}: property without a name"
            tip = text_of(given.get("description")) or ""
            assert not tip.endswith("."), f"{where}: Blender adds the period"


def test_version_has_one_source() -> None:
    version = MANIFEST["version"]
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" not in settings.get("project", {})
    for path in ADDON:
        source = path.read_text(encoding="utf-8")
        assert f'"{version}"' not in source, f"{name_of(path)} repeats the version"
        assert "bl_info" not in source, f"{name_of(path)}: the manifest says it"
    for page in PAGES:
        repeats = page.name != "CHANGELOG.md" and version in page.read_text(encoding="utf-8")
        assert not repeats, f"{name_of(page)} repeats the version"
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {re.escape(version)}\b", changes, re.MULTILINE)


def test_models_stay_small() -> None:
    total = sum(path.stat().st_size for path in (ROOT / "models").rglob("*") if path.is_file())
    assert total <= MAX_MODELS_BYTES


def test_paths_of_one_machine_stay_out() -> None:
    outside = re.compile(r"\.\./" + r"shared|(?<![\w.])/(work|root|home/\w+)/")
    for path in [*SOURCES, *PAGES]:
        if path.is_relative_to(ROOT / "training"):
            continue
        hit = outside.search(path.read_text(encoding="utf-8"))
        assert not hit, f"{name_of(path)} names {hit.group()}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_of_a_page_resolve(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) + re.findall(r'src="([^"]+)"', text)
    for target in targets:
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), f"{name_of(page)} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_of_a_page_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"@[A-Z]+@", text), f"{name_of(page)} has a place left to fill"
    tasks = {node.name for node in functions(tree_of(ROOT / "noxfile.py"))}
    for task in re.findall(r"dev\.py ([a-z]\w*)", text):
        assert task in tasks, f"{name_of(page)} runs the task {task}"
    for module in re.findall(r"-m ((?:motion_addon|training|examples|benchmarks)[\w.]*)", text):
        place = ROOT / module.replace(".", "/")
        found = place.with_suffix(".py").exists() or (place / "__main__.py").exists()
        assert found, f"{name_of(page)} runs the module {module}"
    operators = {node.name for _, node in operators_and_panels()}
    for verb in re.findall(r"bpy\.ops\.footfall\.(\w+)\(", text):
        assert f"FOOTFALL_OT_{verb}" in operators, f"{name_of(page)} calls {verb}"
