# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a task of `noxfile.py` from a machine that has only Python and pip.

python3.11 dev.py demo      set up and run the main job
python3.11 dev.py test      set up and run every check
python3.11 dev.py           list the tasks

It owns one thing: the small environment that holds nox (`.nox/runner`).
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
NOX = "nox==2026.10.20"
RUNNER = ROOT / ".nox" / "runner"
SCRIPTS = RUNNER / ("Scripts" if os.name == "nt" else "bin")


def prepare() -> str:
    """Make the runner's environment if it is absent; return the path of its Python.

    `--without-pip` and `pip --python` work where Debian's `python3-venv` is missing, and leave
    the system's own packages alone.
    """
    python = str(SCRIPTS / ("python.exe" if os.name == "nt" else "python"))
    done = RUNNER / f"{NOX}.done"
    if not done.exists():
        print(f"Setting up {NOX} in {RUNNER.relative_to(ROOT)}", flush=True)
        subprocess.run(
            [sys.executable, "-m", "venv", "--clear", "--without-pip", str(RUNNER)], check=True
        )
        pip = [sys.executable, "-m", "pip", "--python", python]
        subprocess.run([*pip, "install", "--quiet", NOX], check=True)
        done.touch()
    return python


def main(arguments: list[str]) -> int:
    """Run `nox` with the named sessions; return its exit status."""
    if sys.version_info[:2] != (3, 11):
        print("Use Python 3.11: Blender 4.5's wheel exists for no other.", file=sys.stderr)
        return 2
    sessions, extra = arguments, []
    if "--" in arguments:
        split = arguments.index("--")
        sessions, extra = arguments[:split], arguments[split:]
    try:
        python = prepare()
    except subprocess.CalledProcessError as error:
        print(f"Setting up failed: {error}", file=sys.stderr)
        return 1
    environment = os.environ.copy()
    # nox looks for the interpreter by name: the one running this file shall be found first.
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])
    what = ["--session", *sessions] if sessions else ["--list"]
    command = [python, "-m", "nox", "--noxfile", str(ROOT / "noxfile.py"), *what, *extra]
    return subprocess.run(command, cwd=ROOT, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
