# SPDX-License-Identifier: GPL-3.0-or-later
"""Creatures that are stored with rigs: their data, the chosen one of each rig, and their files.

A creature is stored as the motion core's file in text form, so that it is saved, appended, copied
and undone with its rig. The ready creatures that ship are copied to a rig when they are chosen.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from ...errors import RefusedError
from ...files.writing import write_files
from ..keys.recipe import Recipe
from ..rig import character, character_size

if TYPE_CHECKING:
    from ...motion.bake.request import BakeRequest
    from ...motion.bake.result import BakeResult
    from ...motion.clip.clip import Clip
    from ...motion.controller.model import Model
    from ...motion.creature.adaptation.creature import Creature
    from ...motion.creature.adaptation.creature_files import LoadedCreature
    from ...motion.creature.own_rig.own_pose import OwnPose
    from ...motion.rigs import RigMap

ENDING = ".footfall"
DIGITS = 12


def refusal(context: bpy.types.Context) -> str:
    """Return in one plain sentence why the character cannot have creatures; else empty."""
    rig = character.current(context)
    problem = character.refusal(rig, context.view_layer)
    if problem or rig is None:
        return problem
    if rig.footfall.bones and not character.has_creatures(rig):
        return f"'{rig.name}' walks on two legs; creatures walk on four"
    return ""


def chosen(rig: bpy.types.Object) -> bpy.types.PropertyGroup | None:
    """Return the creature that moves a rig, or None."""
    return find(rig, rig.footfall.creature)


def find(rig: bpy.types.Object, name: str) -> bpy.types.PropertyGroup | None:
    """Return the creature of a name that is stored with a rig, or None."""
    return next((one for one in rig.footfall.creatures if one.name == name), None)


def store(rig: bpy.types.Object, creature: Creature) -> bpy.types.PropertyGroup:
    """Store a creature with a rig, replacing one of its name, and choose it."""
    return _keep(rig, creature.name, creature.to_bytes(), _about(creature))


def _keep(rig: bpy.types.Object, name: str, data: bytes, about: str) -> bpy.types.PropertyGroup:
    kept = find(rig, name) or rig.footfall.creatures.add()
    kept.name, kept.about = name, about
    kept.digest = hashlib.sha256(data).hexdigest()[:DIGITS]
    kept.data = base64.b64encode(data).decode("ascii")
    rig.footfall.creature = name
    return kept


def copy(kept: bpy.types.PropertyGroup, rig: bpy.types.Object) -> None:
    """Store a creature with another rig as well."""
    _keep(rig, kept.name, contents(kept), kept.about)


def share(context: bpy.types.Context) -> list[str]:
    """Store the character's creature with the other selected animals; returns their names."""
    rig = character.current(context)
    kept = None if rig is None else chosen(rig)
    others = [thing for thing in context.selected_objects if thing.type == "ARMATURE"]
    animals = [
        other
        for other in others
        if other != rig and character.has_creatures(other) and not character.own_refusal(other)
    ]
    for other in animals if kept is not None else ():
        copy(kept, other)
        other.footfall.manner = rig.footfall.manner
    return [other.name for other in animals]


def remove(rig: bpy.types.Object, name: str) -> None:
    """Delete a creature from a rig; the rig then moves as the usual model does."""
    rig.footfall.creatures.remove(rig.footfall.creatures.find(name))
    rig.footfall.creature = ""


def contents(kept: bpy.types.PropertyGroup) -> bytes:
    """Return the file of a stored creature. Raises RefusedError if it is damaged."""
    try:
        data = base64.b64decode(kept.data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RefusedError(f"The creature '{kept.name}' is damaged; adapt it again") from error
    if hashlib.sha256(data).hexdigest()[:DIGITS] != kept.digest:
        raise RefusedError(f"The creature '{kept.name}' is damaged; adapt it again")
    return data


def about(kept: bpy.types.PropertyGroup) -> dict[str, Any]:
    """Return gait, speed, hip height and credit of a stored creature; {} if they are damaged."""
    try:
        facts: dict[str, Any] = json.loads(kept.about)
        return {**facts, "gait": str(facts["gait"]), "speed": float(facts["speed"])}
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}


def summary(kept: bpy.types.PropertyGroup) -> list[str]:
    """Return sentences on the clip of a stored creature: its gait, speed and credit."""
    facts = about(kept)
    if not facts:
        return []
    learned = f"Learned from a {facts['gait']} at {facts['speed']:.2f} m/s"
    credit = str(facts.get("credit") or "").rstrip(".")
    return [learned, credit] if credit else [learned]


def _about(creature: Creature) -> str:
    from ...motion.body.quadruped_gaits import HIP_HEIGHT

    hips = creature.hip_height
    speed = creature.speed * math.sqrt(hips / HIP_HEIGHT)
    facts = {"gait": creature.gait, "speed": speed, "hip_height": hips, "credit": creature.credit}
    return json.dumps(facts)


def read(file: Path) -> Creature:
    """Return the creature in a file, checked whole. Raises RefusedError."""
    from ...motion.creature.adaptation import creature_files
    from ...motion.creature.adaptation.creature import Creature

    found = Creature.load(file)
    creature_files.check(found)
    return found


def write(kept: bpy.types.PropertyGroup, file: Path) -> None:
    """Write a stored creature to a file. Raises RefusedError."""
    data = contents(kept)
    write_files({file: lambda part: part.write_bytes(data)})


def ready() -> dict[str, Path]:
    """Return the files of the creatures that ship, by name."""
    from ...motion.nn.weights import FOLDER

    files = sorted((FOLDER / "creatures").glob("*.npz"))
    return {file.stem.replace("_", " ").title(): file for file in files}


def wanted(rig: bpy.types.Object, recipe: Recipe) -> bpy.types.PropertyGroup | None:
    """Return the creature that a recipe names; None if it names none. Raises RefusedError."""
    if not recipe.creature:
        return None
    same = (one for one in rig.footfall.creatures if one.digest == recipe.creature_digest)
    kept = next(same, None) or find(rig, recipe.creature)
    if kept is None:
        raise RefusedError(
            f"There is no creature '{recipe.creature}' with '{rig.name}'; adapt it again or import"
            " its file"
        )
    return kept


def named(rig: bpy.types.Object, recipe: Recipe) -> Recipe:
    """Return a recipe with the digest of its creature; stores a ready creature with the rig.

    Raises RefusedError.
    """
    if recipe.creature and not find(rig, recipe.creature) and recipe.creature in ready():
        bring(rig, recipe.creature)
    kept = wanted(rig, recipe)
    return recipe if kept is None else replace(recipe, creature_digest=kept.digest)


def remarks(rig: bpy.types.Object, recipe: Recipe) -> list[str]:
    """Return a sentence if the creature of a recipe has been made anew since; else none."""
    if not recipe.creature or not recipe.creature_digest:
        return []
    kept = wanted(rig, recipe)
    if kept is None or kept.digest == recipe.creature_digest:
        return []
    return [f"The creature '{kept.name}' was made anew since this take was baked."]


def bring(rig: bpy.types.Object, name: str) -> bpy.types.PropertyGroup:
    """Store one of the ready creatures with a rig, and choose it. Raises RefusedError."""
    file = ready().get(name)
    if file is None:
        raise RefusedError(f"No creature '{name}' ships with this copy of Footfall")
    return _keep(rig, name, file.read_bytes(), _about(read(file)))


def choose(rig: bpy.types.Object, recipe: Recipe) -> None:
    """Choose the creature and manner of a recipe for a rig."""
    rig.footfall.creature, rig.footfall.manner = recipe.creature, recipe.manner


def file_of(kept: bpy.types.PropertyGroup) -> Path:
    """Return a temporary file of a stored creature, for the motion core. Raises RefusedError."""
    from ...motion.creature.adaptation.creature import Creature

    data, place = contents(kept), Path(bpy.app.tempdir) / f"{kept.digest}.npz"
    if not place.is_file():
        Creature.from_bytes(data, f"The stored creature '{kept.name}'")
        place.write_bytes(data)
    return place


def _loaded(rig: bpy.types.Object, recipe: Recipe) -> LoadedCreature | None:
    """Return the creature of a recipe at its manner; None if it names none. Raises RefusedError."""
    from ...motion.creature.adaptation.creature_files import load_creature

    kept = wanted(rig, recipe)
    return None if kept is None else load_creature(str(file_of(kept)), None, recipe.manner)


def model(rig: bpy.types.Object, recipe: Recipe) -> Model:
    """Return the model of a recipe: its creature's or a shipped one. Raises RefusedError."""
    loaded = _loaded(rig, recipe)
    return character_size.load_model(recipe.model) if loaded is None else loaded.model


def size(
    rig: bpy.types.Object, rig_map: RigMap, recipe: Recipe, scene: bpy.types.Scene
) -> character_size.CharacterSize:
    """Return the size of a rig against the model of a recipe; a creature's own rig by its bones.

    Raises RefusedError.
    """
    from ...motion.creature.own_rig.own_pose import size_ratio
    from ..scene import armature

    loaded = _loaded(rig, recipe)
    driver = character_size.load_model(recipe.model) if loaded is None else loaded.model
    found = character_size.measure(rig, rig_map, driver, scene)
    own = None if loaded is None else loaded.own_motion
    ratio = None if own is None else size_ratio(own, armature.read_rig(rig))
    if loaded is None or ratio is None:
        return found
    return replace(found, hip_height=loaded.creature.hip_height * ratio * found.meters)


def own_pose(result: BakeResult, clip: Clip) -> OwnPose | None:
    """Return the motion of the bones of a creature's own rig in its bake; None for other bakes.

    ``clip`` is the bake's clip in Blender units. Raises RefusedError.
    """
    match = result.exemplar_match
    return None if match is None else match.own_pose(clip, result.phase)


def applied(asked: BakeRequest, rig: bpy.types.Object, recipe: Recipe) -> BakeRequest:
    """Return a request with the creature that a recipe names. Raises RefusedError."""
    kept = wanted(rig, recipe)
    if kept is None:
        return asked
    return replace(asked, model="creature", exemplar=str(file_of(kept)), manner=recipe.manner)
