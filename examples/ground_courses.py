# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge of feet on real ground: bakes characters over courses and measures their skin.

    python -m examples.ground_courses
    python -m examples.ground_courses --course stairs up --rig person --json out/ground.json
    python -m examples.ground_courses --course bumps --pictures out/ground --plain

The courses are slopes of 20 degrees, a cross slope of 15, bumps of 10 cm, stairs and rubble of
instances. Rows of the table are sorted by their worst figure over its target.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import bpy
import numpy as np

from examples import animal, character, courses, ground_figures, ground_pictures
from examples.character import Character
from examples.ground_figures import Figures, Foot
from examples.plain_projection import projected
from examples.process import redirected_output, run
from motion_addon.blender.keys import key_plan
from motion_addon.blender.rig import character_size
from motion_addon.blender.scene import armature
from motion_addon.motion import rigs
from motion_addon.motion.bake.bake import bake
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.bake.result import BakeResult
from motion_addon.motion.body.body import Body
from motion_addon.motion.plan.ground_mesh import GroundMesh

ASSETS: Final = Path(__file__).with_name("assets")
GRAVITY: Final = 9.81


@dataclass(frozen=True)
class Subject:
    """A character and its speeds."""

    build: Callable[[], Character]
    model: str
    speeds: tuple[tuple[str, float], ...]
    """Gait and speed: m/s of people, Froude numbers of animals."""
    length: float
    """Meters of its courses."""


_PEOPLE: Final = (("auto", 0.8), ("auto", 1.4), ("auto", 2.5))
_ANIMALS: Final = (("walk", 0.15), ("trot", 0.7))
SUBJECTS: Final = {
    "person": Subject(character.mixamo_human, "biped", _PEOPLE, 8.0),
    "rigify": Subject(character.rigify_human, "biped", _PEOPLE, 8.0),
    "dog": Subject(
        lambda: animal.gltf_animal(ASSETS / "mesh2motion-fox.glb", 0.5), "quadruped", _ANIMALS, 7.0
    ),
    "horse": Subject(
        lambda: animal.gltf_animal(ASSETS / "mesh2motion-horse.glb", 1.3),
        "quadruped",
        _ANIMALS,
        11.0,
    ),
    "wolf": Subject(lambda: animal.rigify_animal("wolf"), "quadruped", _ANIMALS, 8.0),
}
USUAL: Final = ("person", "dog", "horse")
TARGETS: Final = {
    "median": 0.3,
    "most": 1.0,
    "stance": 1.5,
    "swing": 1.5,
    "slip": 0.5,
    "skate": 1.2,
    "pops": 1.3,
    "jerk": 1.3,
}
"""Most of each figure: centimeters; skate, pops and jerk are ratios to the flat course."""


@dataclass(frozen=True)
class Row:
    """One motion on one course."""

    rig: str
    course: str
    gait: str
    speed: float
    plain: bool
    figures: Figures
    scores: dict[str, float]
    """Each figure of TARGETS, ratios as such."""
    rate: float
    """Frames of the bake and its keys a second."""
    frames: int
    missed: float
    """Centimeters by which legs are too short for a footprint, at most."""

    @property
    def worst(self) -> float:
        """The worst figure over its target."""
        return max(self.scores[name] / target for name, target in TARGETS.items())


def main(arguments: list[str] | None = None) -> int:
    """Bake, measure and print; return the exit status."""
    options = _parser().parse_args(arguments)
    rows: list[Row] = []
    for name in options.rig:
        rows += judged(name, options)
    rows.sort(key=lambda row: -row.worst)
    print(table(rows))
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1))
    return 0


def judged(name: str, options: argparse.Namespace) -> list[Row]:
    """Return the rows of one character."""
    subject = SUBJECTS[name]
    bpy.ops.wm.read_homefile(use_empty=True)
    with redirected_output():
        creature = subject.build()
    bpy.context.scene.render.fps = round(options.fps)
    bpy.context.view_layer.update()
    body = ground_figures.body_of(creature.rig)
    feet = ground_figures.feet_of(creature, body)
    out: list[Row] = []
    known: dict[tuple[str, float], Figures] = {}
    for course in ["flat", *(one for one in options.course if one != "flat")]:
        ground = courses.build(course, subject.length)
        for gait, speed in subject.speeds:
            if options.speed and speed not in options.speed:
                continue
            request = _request(creature, subject, gait, speed, options.fps)
            for plain in [False, True] if options.plain and course != "flat" else [False]:
                row = _judged(name, course, creature, body, feet, request, ground, plain, known)
                if course in options.course:
                    out.append(row)
                    print(line(row), flush=True)
                if options.pictures and course in options.course:
                    kind = "plain" if plain else "laid"
                    title = f"{name}-{course}-{gait}-{speed:g}-{kind}"
                    last = (row.frames - 1, body.leg_length, subject.length)
                    ground_pictures.draw(creature, title, last, options.pictures, options.gif)
    return out


def _request(
    creature: Character, subject: Subject, gait: str, speed: float, fps: float
) -> BakeRequest:
    found = rigs.detect(armature.read_rig(creature.rig))
    model = character_size.load_model(subject.model)
    size = character_size.measure(creature.rig, found, model, bpy.context.scene)
    path = tuple((0.0, 0.0, z) for z in np.linspace(0.0, subject.length, 30).tolist())
    if size.hip_height is None:
        return BakeRequest(path, speed=speed, height=size.height, fps=fps)
    pace = float(np.sqrt(speed * GRAVITY * size.hip_height))
    return BakeRequest(
        path, model=subject.model, speed=pace, gait=gait, hip_height=size.hip_height, fps=fps
    )


def _judged(
    name: str,
    course: str,
    creature: Character,
    body: Body,
    feet: list[Foot],
    request: BakeRequest,
    ground: courses.Ground,
    plain: bool,
    known: dict[tuple[str, float], Figures],
) -> Row:
    """Bake one motion, key it and return its row; the flat one is kept in ``known``."""
    began = time.process_time()
    result, missed = put(creature, request, None if course == "flat" else ground.mesh, plain)
    rate = result.clip.frames / (time.process_time() - began)
    motion = ground_figures.sample(creature, body, feet, result.clip.frames)
    footing = result.footing
    assert footing is not None and isinstance(request.speed, float)
    found = ground_figures.figures(motion, feet, footing, ground, body)
    flat = known.setdefault((request.gait, request.speed), found)
    scores = {part: getattr(found, part) for part in TARGETS}
    scores["skate"] = found.skate / max(flat.skate, 0.02)
    scores["pops"] = found.pops / max(flat.pops, 10.0)
    scores["jerk"] = found.jerk / max(flat.jerk, 1e-6)
    frames = result.clip.frames
    return Row(
        name, course, request.gait, request.speed, plain, found, scores, rate, frames, missed
    )


def put(
    creature: Character, request: BakeRequest, ground: GroundMesh | None, plain: bool = False
) -> tuple[BakeResult, float]:
    """Bake a motion on a ground, key it from frame 0, and return it and its worst miss (cm)."""
    values: dict[str, Any] = {**vars(request), "ground": ground}
    result = bake(BakeRequest(**values))
    rig = creature.rig
    found = rigs.detect(armature.read_rig(rig))
    clip, footing = result.level_clip, result.footing
    if plain:
        assert ground is not None
        clip, footing = projected(clip, ground), None
    plan = key_plan.plan_keys(rig, found, clip, key_plan.KeySettings(), None, footing)
    rig.animation_data_clear()
    key_plan.write(plan, rig, frame_start=0.0)
    missed = 100.0 * max(plan.prints.laid.missed, default=0.0) if plan.prints else 0.0
    return result, missed


HEADER: Final = (
    f"{'rig':8s}{'course':8s}{'gait':6s}{'m/s':>5s}{'':6s}{'median':>8s}{'95 %':>8s}{'stance':>8s}"
    f"{'swing':>8s}{'slip':>8s}{'skate':>8s}{'pops':>8s}{'jerk':>8s}{'missed':>8s}{'fps':>7s} worst"
)


def line(row: Row) -> str:
    """Return a row as text; figures beyond their target have a mark."""
    cells = "".join(
        f"{row.scores[name]:7.2f}{'!' if row.scores[name] > target else ' '}"
        for name, target in TARGETS.items()
    )
    worst = row.figures.worst[0] if row.figures.worst else ("", 0, 0.0)
    way = " plain" if row.plain else ""
    return (
        f"{row.rig:8s}{row.course:8s}{row.gait:6s}{row.speed:5.2f}{way:6s}"
        f"{cells}{row.missed:8.1f}{row.rate:7.0f}  {worst[0]} {worst[2]:+.1f} at {worst[1]}"
    )


def table(rows: list[Row]) -> str:
    """Return the whole table, worst first, with the targets."""
    wanted = "".join(f"{target:7.2f} " for target in TARGETS.values())
    title = f"{'target':33s}{wanted}{'':8s}{600:7d}"
    return "\n".join(["", HEADER, title, *map(line, rows)])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="examples.ground_courses", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    names = list(courses.COURSES)
    parser.add_argument("--course", nargs="+", choices=names, default=names)
    parser.add_argument("--rig", nargs="+", choices=list(SUBJECTS), default=list(USUAL))
    parser.add_argument("--speed", nargs="+", type=float, help="only these, as in SUBJECTS")
    parser.add_argument("--fps", type=float, default=30.0)
    parser.add_argument("--plain", action="store_true", help="also the plain projection")
    parser.add_argument("--json", type=Path, help="file for all figures")
    parser.add_argument("--pictures", type=Path, help="folder for contact sheets")
    parser.add_argument("--gif", action="store_true", help="also moving pictures")
    return parser


if __name__ == "__main__":
    run(main)
