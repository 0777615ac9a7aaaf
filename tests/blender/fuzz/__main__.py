# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays random scenes in watched processes: `python -m tests.blender.fuzz --scenes 1000`.

A seed makes the same scene and the same steps again. A process that crashes or hangs is a fault of
its seed, and another process takes the next one. The results are lines of JSON in `out/fuzz/`.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
OUT = ROOT / "out" / "fuzz"
LAST_LINES = 12
"""Lines of the steps that are shown of a process that crashed."""


def scripts() -> Path:
    """Return the folder of Blender's scripts, without loading Blender."""
    found = importlib.util.find_spec("bpy")
    assert found is not None and found.origin is not None, "install bpy first"
    return next(Path(found.origin).parent.glob("*/scripts"))


def build(folder: Path) -> Path:
    """Build the extension's zip in a folder."""
    tool = scripts() / "addons_core/bl_pkg/cli/blender_ext.py"
    tags = scripts() / "modules/_bpy_internal/extensions/tags.py"
    line = [sys.executable, str(tool), "build", f"--valid-tags={tags}", f"--source-dir={ROOT}"]
    subprocess.run([*line, f"--output-dir={folder}"], check=True, capture_output=True)
    return next(folder.glob("footfall-*.zip"))


class Process:
    """One worker process, started again after a crash."""

    def __init__(self, archive: Path, folder: Path) -> None:
        self._archive, self._folder = archive, folder
        self._steps = folder / "steps.txt"
        folder.mkdir()
        self._worker: subprocess.Popen | None = None

    def play(self, seed: int) -> dict[str, Any]:
        """Return the outcome of a scene, or of the crash that it caused."""
        worker = self._worker or self._started()
        self._worker = worker
        assert worker.stdin is not None and worker.stdout is not None
        try:
            worker.stdin.write(f"{seed}\n")
            worker.stdin.flush()
            line = worker.stdout.readline()
        except BrokenPipeError:
            line = ""
        if line:
            outcome: dict[str, Any] = json.loads(line)
        else:
            status = worker.wait()
            self._worker = None
            outcome = {"seed": seed, "faults": [f"crash or hang: exit status {status}"]}
        if outcome["faults"]:
            text = self._steps.read_text(errors="replace")
            outcome["log"] = text.splitlines()[-LAST_LINES * 8 :]
        return outcome

    def _started(self) -> subprocess.Popen:
        environment = os.environ | {"TMPDIR": str(self._folder), "OMP_NUM_THREADS": "1"}
        line = [sys.executable, "-m", "tests.blender.fuzz.worker", str(self._archive)]
        return subprocess.Popen(
            [*line, str(self._steps)], cwd=ROOT, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def stop(self) -> None:
        """End the process."""
        if self._worker is not None and self._worker.stdin is not None:
            self._worker.stdin.close()
            self._worker.wait(30)


class Run:
    """The seeds of a run, shared by its processes, and the results so far."""

    def __init__(self, seeds: list[int], file: Path, past: list[dict[str, Any]]) -> None:
        self._seeds, self._file = iter(seeds), file
        self._lock = threading.Lock()
        self.outcomes = past

    def work(self, process: Process) -> None:
        """Play seeds until none is left."""
        while True:
            with self._lock:
                seed = next(self._seeds, None)
            if seed is None:
                break
            outcome = process.play(seed)
            with self._lock:
                self.outcomes.append(outcome)
                with self._file.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(outcome) + "\n")
                for fault in outcome["faults"]:
                    print(f"seed {seed}, {outcome.get('step', '')}: {fault[:300]}", flush=True)
        process.stop()


def summary(outcomes: list[dict[str, Any]]) -> str:
    """Return the figures of a run."""
    total: dict[str, Counter] = {name: Counter() for name in ("calls", "finished", "worked")}
    for outcome in outcomes:
        for name, counter in total.items():
            counter.update(outcome.get(name, {}))
    calls, worked = total["calls"].total(), total["worked"].total()
    failed = [outcome for outcome in outcomes if outcome["faults"]]
    lines = [
        f"{name:20} {count:6} calls {total['finished'][name]:6} finished"
        f" {total['worked'][name]:6} worked"
        for name, count in total["calls"].most_common()
    ]
    lines.append(
        f"{len(outcomes)} scenes, {calls} calls, {worked} ({worked / max(calls, 1):.0%}) did real"
        f" work, {len(failed)} scenes with faults"
    )
    return "\n".join(lines)


def killed(archive: Path, kills: int) -> int:
    """Kill Blender while it bakes and saves, in each of two ways; returns the exit status."""
    if not kills:
        return 0
    line = [sys.executable, "-m", "tests.blender.fuzz.kill", str(archive)]
    reply = subprocess.run([*line, "--kills", str(kills)], cwd=ROOT, capture_output=True, text=True)
    lines = (reply.stderr if reply.returncode else reply.stdout).strip().splitlines()
    print(lines[-1] if lines else f"the kills ended with exit status {reply.returncode}")
    return reply.returncode


def arguments() -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.blender.fuzz", description=__doc__)
    parser.add_argument("--scenes", type=int, default=1000, help="number of scenes")
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--resume", action="store_true", help="skip the seeds of the last run")
    parser.add_argument("--kills", type=int, default=0, help="kills of Blender while it saves")
    parser.add_argument("--seed", type=int, help="play one scene and show its steps")
    return parser.parse_args()


def main() -> int:
    """Play the scenes; returns 1 if there was a fault."""
    given = arguments()
    seeds = range(given.first, given.first + given.scenes)
    if given.seed is not None:
        seeds = range(given.seed, given.seed + 1)
    file = OUT / f"blender-{scripts().parent.name}.jsonl"
    OUT.mkdir(parents=True, exist_ok=True)
    past: list[dict[str, Any]] = []
    if given.resume and file.exists():
        past = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    elif given.seed is None:
        file.unlink(missing_ok=True)
    else:
        file = OUT / "one.jsonl"
    done = {outcome["seed"] for outcome in past}
    run = Run([seed for seed in seeds if seed not in done], file, past)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="footfall-fuzz-", ignore_cleanup_errors=True) as folder:
        archive = build(Path(folder))
        jobs = [Process(archive, Path(folder) / f"{n}") for n in range(min(given.jobs, len(seeds)))]
        threads = [threading.Thread(target=run.work, args=(job,)) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        kills = killed(archive, given.kills)
    print(summary(run.outcomes))
    print(f"{time.monotonic() - began:.0f} s in Blender {scripts().parent.name}")
    if given.seed is not None:
        print("\n".join(run.outcomes[-1].get("log", ())))
    return int(kills or any(outcome["faults"] for outcome in run.outcomes))


if __name__ == "__main__":
    sys.exit(main())
