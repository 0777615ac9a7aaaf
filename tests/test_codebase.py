# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of the source that ruff and import-linter cannot check; each lists all its offenders."""

import ast
import re
from collections import Counter
from pathlib import Path

from tests.cases import each
from tests.sources import (
    ADDON,
    BLENDER,
    CLASS_KINDS,
    ROOT,
    SOURCES,
    blender_classes,
    functions,
    name_of,
    refuse,
    text_of,
    tree_of,
)

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50
MAX_EXECUTE_LINES = 20
MAX_PACKAGE_FILES = 15
MAX_FILES = {"motion_addon/motion": 8, "motion_addon/blender": 6}
VAGUE_NAMES = {"utils.py", "util.py", "helpers.py", "misc.py"}
PUBLIC_ANYWAY = {"_exit", "_replace"}
MIRRORED = {
    "tests/motion": "motion_addon/motion",
    "tests/files": "motion_addon/files",
    "tests/options": "motion_addon/options",
    "tests/blender": "motion_addon/blender",
    "tests/training": "training",
}


def class_values(node: ast.ClassDef) -> dict[str, ast.expr]:
    """Return the plain assignments of a class body, by name."""
    values = {}
    for line in node.body:
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            values[line.targets[0].id] = line.value
        elif isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and line.value:
            values[line.target.id] = line.value
    return values


def string_of(node: ast.expr | None) -> str | None:
    """Return a string constant (or joined constants), or None if it is computed or absent."""
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else None


def test_files_start_with_the_license() -> None:
    first = "# SPDX-License-Identifier: GPL-3.0-or-later\n"
    refuse(name_of(path) for path in SOURCES if not text_of(path).startswith(first))


def test_files_are_short() -> None:
    lengths = {name_of(path): len(text_of(path).splitlines()) for path in SOURCES}
    refuse(
        f"{name}: {n} lines; split it by noun" for name, n in lengths.items() if n > MAX_FILE_LINES
    )


def test_functions_are_short() -> None:
    offenders = []
    for path in SOURCES:
        for node in functions(tree_of(path)):
            length = node.end_lineno - node.lineno + 1
            limit = MAX_EXECUTE_LINES if node.name == "execute" else MAX_FUNCTION_LINES
            if length > limit:
                offenders.append(f"{name_of(path)}:{node.lineno} {node.name}: {length} lines")
    refuse(offenders)


def test_packages_are_small() -> None:
    shipped = [path for path in SOURCES if name_of(path).startswith(("motion_addon/", "training/"))]
    counts = Counter(name_of(path.parent) for path in shipped)
    limits = {name: MAX_FILES.get(name, MAX_PACKAGE_FILES) for name in counts}
    refuse(f"{name}: {n} files" for name, n in counts.items() if n > limits[name])


def test_test_folders_mirror_packages() -> None:
    offenders = []
    for tests, package in MIRRORED.items():
        for folder in {path.parent for path in (ROOT / tests).rglob("test_*.py")}:
            mirrored = ROOT / package / folder.relative_to(ROOT / tests)
            if not (mirrored / "__init__.py").is_file():
                offenders.append(f"{name_of(folder)}: {name_of(mirrored)} is no package")
    refuse(offenders)


def test_modules_that_tests_ask_of_the_addon_exist() -> None:
    offenders = []
    for path in SOURCES:
        for module in re.findall(r"\baddon\(\s*\"([\w.]+)\"", text_of(path)):
            place = ROOT / "motion_addon" / module.replace(".", "/")
            if not (place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()):
                offenders.append(f"{name_of(path)}: {module}")
    refuse(offenders)


def private_names(node: ast.AST) -> list[str]:
    """Return the private names of others that a node reaches for."""
    names = []
    if isinstance(node, ast.Attribute) and ast.unparse(node.value) not in {"self", "cls"}:
        names = [node.attr]
    elif isinstance(node, ast.ImportFrom):
        names = [alias.name for alias in node.names]
    return [name for name in names if re.match(r"_[a-z]", name) and name not in PUBLIC_ANYWAY]


def test_tests_reach_for_public_names() -> None:
    refuse(
        f"{name_of(path)}:{node.lineno} {name}"
        for path in SOURCES
        if path.is_relative_to(ROOT / "tests")
        for node in ast.walk(tree_of(path))
        for name in private_names(node)
    )


def test_handlers_name_their_errors() -> None:
    offenders = []
    for path in SOURCES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ExceptHandler):
                broad = node.type is None or ast.unparse(node.type) in {
                    "Exception",
                    "BaseException",
                }
                raises = any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
                if broad and not raises:
                    offenders.append(f"{name_of(path)}:{node.lineno} swallows every error")
    refuse(offenders)


def test_files_are_named_by_their_noun() -> None:
    refuse(name_of(path) for path in SOURCES if path.name in VAGUE_NAMES)


def test_no_leftovers() -> None:
    mark = r"#.*\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b"
    banner = r"^\s*#\s*[-=#*~_]{4,}"
    offenders = []
    for path in SOURCES:
        for pattern in (mark, banner):
            found = re.finditer(pattern, text_of(path), re.MULTILINE)
            offenders += [f"{name_of(path)}: {hit.group().strip()}" for hit in found]
    refuse(offenders)


def test_addon_does_not_print() -> None:
    refuse(
        f"{name_of(path)}:{node.lineno}"
        for path in ADDON
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print"
    )


def imported_modules(node: ast.AST) -> list[str]:
    """Return the modules that a statement imports by their full names."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    absolute = isinstance(node, ast.ImportFrom) and node.level == 0 and node.module
    return [node.module] if absolute else []


def test_addon_imports_itself_relatively() -> None:
    refuse(
        f"{name_of(path)}:{node.lineno} {module}"
        for path in ADDON
        for node in ast.walk(tree_of(path))
        for module in imported_modules(node)
        if module.split(".")[0] == "motion_addon"
    )


def test_class_names_follow_blender() -> None:
    offenders = []
    for path in BLENDER:
        for node in tree_of(path).body:
            if isinstance(node, ast.ClassDef):
                bases = {ast.unparse(base).split(".")[-1] for base in node.bases}
                prefixes = [f"FOOTFALL_{CLASS_KINDS[kind]}_" for kind in bases & set(CLASS_KINDS)]
                if not all(node.name.startswith(prefix) for prefix in prefixes):
                    offenders.append(f"{name_of(path)}:{node.lineno} {node.name}")
    refuse(offenders)


def operator_faults(node: ast.ClassDef) -> list[str]:
    """Return what an operator lacks for Blender's search and tooltips."""
    values = class_values(node)
    tip = string_of(values.get("bl_description")) or ast.get_docstring(node)
    identifier = "footfall." + node.name.removeprefix("FOOTFALL_OT_")
    ends = "bl_description" in values and tip and tip.endswith(".")
    faults = {
        "no bl_label": not string_of(values.get("bl_label")),
        f"bl_idname is not {identifier}": string_of(values.get("bl_idname")) != identifier,
        "no tooltip": not tip,
        "Blender adds the period": ends,
    }
    return [fault for fault, stands in faults.items() if stands]


def test_operators_have_tooltips() -> None:
    refuse(
        f"{where}: {fault}"
        for where, node in blender_classes()
        if "_OT_" in node.name
        for fault in operator_faults(node)
    )


def property_calls(path: Path) -> list[ast.Call]:
    """Return the declarations of Blender properties that an artist sees."""
    kinds = {"Bool", "Int", "Float", "String", "Enum"}
    names = {f"{kind}{form}Property" for kind in kinds for form in ("", "Vector")}
    calls = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    declared = [node for node in calls if ast.unparse(node.func).split(".")[-1] in names]
    return [node for node in declared if not is_hidden(node)]


def is_hidden(node: ast.Call) -> bool:
    """Return whether a property is hidden, or declared from a table of keywords."""
    values = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
    return None in values or "HIDDEN" in values.get("options", "")


def test_properties_have_names() -> None:
    offenders = []
    for path in BLENDER:
        for node in property_calls(path):
            values = {keyword.arg: keyword.value for keyword in node.keywords}
            where = f"{name_of(path)}:{node.lineno}"
            if "name" not in values:
                offenders.append(f"{where}: property without a name")
            if (string_of(values.get("description")) or "").endswith("."):
                offenders.append(f"{where}: Blender adds the period")
    refuse(offenders)


@each("layout", ["lib/python3.11/site-packages", "Lib/site-packages"])
def test_packaging_finds_blender_in_environments_of_all_systems(
    tmp_path: Path, layout: str
) -> None:
    wanted = tmp_path / layout / "bpy" / "4.5" / "scripts"
    wanted.mkdir(parents=True)
    tasks = functions(tree_of(ROOT / "noxfile.py"))
    found: list[ast.stmt] = [node for node in tasks if node.name == "_blender_scripts"]
    tree = ast.Module(found, type_ignores=[])
    known: dict = {"Path": Path}
    exec(compile(tree, "noxfile.py", "exec"), known)
    assert known["_blender_scripts"](tmp_path) == wanted
