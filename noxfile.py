# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks for developers and CI: each makes its own environment and runs one tier.

Owns the tiers and their order, fastest first; `pyproject.toml` pins the versions that they
install, as dependency groups. Start it through `dev.py`.
"""

import os
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import nox

ROOT = Path(__file__).resolve().parent
REPORTS = ROOT / "out" / "reports"
RULES = ("tests/test_codebase.py", "tests/test_pages.py", "tests/test_words.py")
# The core's tests that run on numpy 2 too: the arithmetic, the files, and a golden of each kind of
# bake. The tests of Blender 5.2 run the rest of the core on numpy 2 through the operators.
NUMPY_2 = (
    *("tests/options", "tests/files", "tests/motion/test_goldens.py"),
    *("tests/motion/test_damaged_requests.py", "tests/motion/test_cli.py"),
    "tests/motion/footing/test_lay.py",
    *("tests/motion/maths", "tests/motion/nn", "tests/motion/clip", "tests/motion/body"),
    *("tests/motion/rigs", "tests/motion/plan", "tests/motion/creature"),
)
TIERS = ("lint", "core", "blender311", "blender313", "training", "summary")
GROUPS = nox.project.load_toml(ROOT / "pyproject.toml")
# Pytest runs in two processes of one thread: the small arrays of the tests gain nothing from
# threads, and contiguous halves keep the fixtures of a file together.
PARALLEL = ("--numprocesses=2", "--dist=worksteal")
ONE_THREAD = {"OMP_NUM_THREADS": "1"}
# Shared libraries the bpy wheel opens, beyond a bare Debian; the last three are for rendering.
SYSTEM_PACKAGES = (
    *("libx11-6", "libxext6", "libxrender1", "libxfixes3", "libxi6", "libxkbcommon0"),
    *("libsm6", "libice6", "libgl1", "libxxf86vm1", "libgomp1"),
    *("libegl1", "libegl-mesa0", "libgl1-mesa-dri"),
)

nox.needs_version = ">=2025.2.9"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["test"]
nox.options.error_on_missing_interpreters = True


def _is_python(path: Path, version: str) -> bool:
    """Return whether `path` runs as that Python; a pyenv shim may exist and still fail."""
    try:
        reply = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=30)
    except OSError:
        return False
    return reply.returncode == 0 and f"Python {version}." in reply.stdout


def _find_python(version: str) -> Path | None:
    """Return a working interpreter from PATH, else from pyenv, else None."""
    name = f"python{version}"
    found = shutil.which(name)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [Path(found)] if found else []
    candidates += sorted(pyenv.glob(f"{version}*/bin/{name}"), reverse=True)
    return next((path for path in candidates if _is_python(path, version)), None)


PYTHON_313 = _find_python("3.13")
if PYTHON_313 is not None:
    # nox takes the first python3.13 of PATH, which may be a shim that does not run.
    os.environ["PATH"] = os.pathsep.join([str(PYTHON_313.parent), os.environ["PATH"]])


def _install(session: nox.Session, group: str) -> None:
    """Install a dependency group, unless this environment already holds exactly that."""
    requirements = nox.project.dependency_groups(GROUPS, group)
    stamp = Path(session.virtualenv.location) / "installed.txt"
    wanted = "\n".join(requirements)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    session.install(*requirements)
    stamp.write_text(wanted)


def _missing_system_packages() -> list[str]:
    """Return the Debian packages that are absent; none where dpkg is not in use."""
    if not shutil.which("dpkg-query") or not shutil.which("apt-get"):
        return []
    query = ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n"]
    reply = subprocess.run([*query, *SYSTEM_PACKAGES], capture_output=True, text=True)
    installed = {
        line.split()[0] for line in reply.stdout.splitlines() if line.endswith(" installed")
    }
    return [name for name in SYSTEM_PACKAGES if name not in installed]


def _install_system_packages(session: nox.Session) -> None:
    """Install the shared libraries of the bpy wheel, as root or through sudo."""
    missing = _missing_system_packages()
    if not missing:
        return
    is_root = os.geteuid() == 0
    if not is_root and not shutil.which("sudo"):
        session.error(f"Blender needs: apt-get install {' '.join(missing)} (run it as root)")
    prefix = [] if is_root else ["sudo"]
    environment = {"DEBIAN_FRONTEND": "noninteractive"}
    session.run(*prefix, "apt-get", "update", "-q", external=True, env=environment)
    install = ["apt-get", "install", "-q", "-y", "--no-install-recommends", *missing]
    session.run(*prefix, *install, external=True, env=environment)


def _pytest(session: nox.Session, name: str, *paths: str) -> None:
    """Run pytest on some folders; `summary` adds up its counts."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    report = REPORTS / f"{name}.xml"
    report.unlink(missing_ok=True)
    options = [*PARALLEL, f"--junitxml={report}", "--durations=5"]
    session.run("pytest", *options, *paths, *session.posargs, env=ONE_THREAD)


@nox.session(python=False)
def test(session: nox.Session) -> None:
    """Run every check, fastest first."""
    shutil.rmtree(REPORTS, ignore_errors=True)
    for tier in TIERS:
        session.notify(tier)


@nox.session(python="3.11")
def lint(session: nox.Session) -> None:
    """Check style, spelling, layers, and the types of all but `training`."""
    _install(session, "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("codespell")
    session.run("lint-imports", "--no-cache", env={"PYTHONPATH": str(ROOT)})
    session.run("python", "-m", "examples.package_map", "--check")
    session.run("mypy")


@nox.session(python="3.11")
def core(session: nox.Session) -> None:
    """Test the motion core and the source rules, with numpy alone."""
    _install(session, "core")
    _pytest(session, "core", "tests/motion", "tests/options", "tests/files", *RULES)


@nox.session(python="3.11")
def blender311(session: nox.Session) -> None:
    """Test the installed extension in Blender 4.5."""
    _install_system_packages(session)
    _install(session, "blender311")
    _pytest(session, "blender311", "tests/blender")


@nox.session(python="3.13" if PYTHON_313 else False)
def blender313(session: nox.Session) -> None:
    """Test the installed extension in Blender 5.2, and the core's arithmetic on numpy 2."""
    if PYTHON_313 is None:
        session.skip("Python 3.13 is not installed, so Blender 5.2 is not tested")
    _install_system_packages(session)
    _install(session, "blender313")
    _pytest(session, "blender313", *NUMPY_2, "tests/blender")


@nox.session(python="3.11")
def training(session: nox.Session) -> None:
    """Check the types of the training code and test it end to end, on a tiny set."""
    _install(session, "training")
    session.run("mypy", "--package", "training")
    _pytest(session, "training", "tests/training")


@nox.session(python=False, default=False)
def summary(session: nox.Session) -> None:
    """Add up the counts of the pytest runs above."""
    total = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for report in sorted(REPORTS.glob("*.xml")):
        for suite in ElementTree.parse(report).iter("testsuite"):
            for key in total:
                total[key] += int(suite.get(key, 0))
    failed = total["failures"] + total["errors"]
    passed = total["tests"] - failed - total["skipped"]
    print(f"{passed} passed, {failed} failed, {total['skipped']} skipped", flush=True)
    if failed or not passed:
        session.error("tests failed" if failed else "no test ran")


def _blender_scripts(environment: Path) -> Path:
    """Return the folder of Blender's scripts in a virtual environment, on any system."""
    packages = [*environment.glob("lib/*/site-packages"), environment / "Lib" / "site-packages"]
    return next(found for place in packages for found in place.glob("bpy/*/scripts"))


def _fuzz(session: nox.Session, group: str) -> None:
    """Play random scenes in one Blender; arguments are those of `tests/blender/fuzz`."""
    _install_system_packages(session)
    _install(session, group)
    session.run("python", "-m", "tests.blender.fuzz", *session.posargs, env=ONE_THREAD)


@nox.session(python="3.11", default=False)
def fuzz311(session: nox.Session) -> None:
    """Play random scenes in Blender 4.5, with every operator in random order."""
    _fuzz(session, "blender311")


@nox.session(python="3.13" if PYTHON_313 else False, default=False)
def fuzz313(session: nox.Session) -> None:
    """Play random scenes in Blender 5.2, with every operator in random order."""
    if PYTHON_313 is None:
        session.skip("Python 3.13 is not installed, so Blender 5.2 is not tested")
    _fuzz(session, "blender313")


@nox.session(python=False, default=False)
def fuzz(session: nox.Session) -> None:
    """Play random scenes in both Blenders; `-- --scenes 1000` gives their number."""
    for name in ("fuzz311", "fuzz313"):
        session.notify(name, session.posargs)


@nox.session(python="3.11", default=False)
def package(session: nox.Session) -> None:
    """Build and validate the extension zip in `dist/`."""
    _install_system_packages(session)
    _install(session, "blender311")
    scripts = _blender_scripts(Path(session.virtualenv.location))
    tool = scripts / "addons_core/bl_pkg/cli/blender_ext.py"
    tags = f"--valid-tags={scripts / 'modules/_bpy_internal/extensions/tags.py'}"
    dist = ROOT / "dist"
    dist.mkdir(exist_ok=True)
    session.run("python", str(tool), "build", "--source-dir=.", f"--output-dir={dist}", tags)
    for archive in sorted(dist.glob("footfall-*.zip")):
        session.run("python", str(tool), "validate", tags, str(archive))


@nox.session(python="3.11", default=False)
def demo(session: nox.Session) -> None:
    """Bake a walk onto a Rigify human and save a scene and a preview in `out/`."""
    _install_system_packages(session)
    _install(session, "demo")
    session.run("python", "-m", "examples.walk", *session.posargs)


@nox.session(python="3.11", default=False)
def docs(session: nox.Session) -> None:
    """Render the pictures of the pages again, into `docs/images`."""
    _install_system_packages(session)
    _install(session, "demo")
    gallery = ["--out", "docs/images", "--moving"]
    session.run("python", "-m", "examples.gallery", *gallery, *session.posargs)
