# SPDX-License-Identifier: GPL-3.0-or-later
"""One Shot in Blender: examine, adapt, store with the rig, drive, save, share and export."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender import animals, rigs, subjects
from tests.blender.panels.test_panels import draw
from tests.blender.subjects import addon
from tests.cases import each

LIMIT = 200_000  # bytes of a stored creature


def clip_on(rig: bpy.types.Object, gait: str = "walk", seconds: float = 2.8) -> None:
    """Key the paper dog's gait on a rig."""
    key_plan = addon("blender.keys.key_plan")
    bpy.context.scene.render.fps = 30
    rig_map = rigs.detected(rig)
    clip = animals.sized(rig, rig_map, animals.step(gait, seconds=seconds))
    key_plan.write(key_plan.plan_keys(rig, rig_map, clip), rig).name = gait.title()


@pytest.fixture(scope="module")
def adapted_file(installed: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a dog that has learned from its walk, and a path."""
    bpy.ops.wm.read_homefile(use_empty=True)
    rig = animals.deform_rig()
    clip_on(rig)
    subjects.ready(rig, subjects.path((0, 0, 0), (0, -3, 0)))
    assert bpy.ops.footfall.adapt() == {"FINISHED"}
    file = tmp_path_factory.mktemp("oneshot") / "dog.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(file))
    return file


@pytest.fixture
def dog(adapted_file: Path) -> bpy.types.Object:
    """The dog of that file, opened anew."""
    bpy.ops.wm.open_mainfile(filepath=str(adapted_file))
    bpy.context.scene.footfall.speed = 0.9
    return bpy.data.objects["Dog"]


def keys(rig: bpy.types.Object) -> list:
    curves = addon("blender.keys.takes").curves(rig.animation_data.action)
    return [[tuple(key.co) for key in curve.keyframe_points] for curve in curves]


def test_a_creature_is_saved_with_its_rig_and_shown(dog: bpy.types.Object) -> None:
    (kept,) = dog.footfall.creatures
    assert (kept.name, dog.footfall.creature, dog.footfall.manner) == ("Walk", "Walk", 1.0)
    assert len(kept.data) < LIMIT
    assert dog.animation_data.action.name == "Walk"
    assert bpy.context.scene.footfall.oneshot.action == dog.animation_data.action
    assert "Moves like: Walk" in draw("character").texts()
    assert "manner" in draw("motion").names("prop")
    assert "Learned from a walk at" in draw("creature").texts()


def test_examining_shows_what_was_found_and_changes_nothing(installed: str) -> None:
    rig = animals.deform_rig()
    clip_on(rig)
    assert "Gait" not in draw("oneshot").texts()
    bpy.context.scene.frame_set(7)
    rig.footfall.kind = "quadruped"
    addon("blender.rig.character").detect(rig)
    before = subjects.everything(rig)
    assert bpy.ops.footfall.examine() == {"FINISHED"}
    assert subjects.everything(rig) == before
    assert bpy.context.scene.frame_current == 7
    text = draw("oneshot").texts()
    assert "Gait" in text
    assert "walk" in text
    assert "LH" in text
    assert bpy.ops.footfall.adapt.poll()
    rig.pose.bones["Tail1"].keyframe_insert("location", frame=400)
    assert "Gait" not in draw("oneshot").texts(), "of a clip that has changed since"


def test_a_faulty_clip_holds_adapt_back_and_says_why(installed: str) -> None:
    rig = animals.deform_rig()
    clip_on(rig)
    settings = bpy.context.scene.footfall.oneshot
    settings.part, settings.frame_start, settings.frame_end = True, 200, 240
    assert bpy.ops.footfall.adapt.poll()
    assert bpy.ops.footfall.examine() == {"FINISHED"}
    said = addon("blender.creature.one_shot").fault(
        addon("blender.creature.one_shot").shown(bpy.context)
    )
    assert said
    assert not bpy.ops.footfall.adapt.poll()
    assert said.split()[-1] in draw("oneshot").texts()
    with pytest.raises(RuntimeError) as refusal:
        bpy.ops.footfall.adapt()
    assert said in str(refusal.value)
    assert len(rig.footfall.creatures) == 0
    settings.part = False
    assert bpy.ops.footfall.adapt.poll(), "another clip has not been examined yet"


def test_a_jump_is_told_by_its_frame_in_the_scene(installed: str) -> None:
    rig = animals.deform_rig()
    clip_on(rig)
    path = 'pose.bones["Pelvis"].location'
    for curve in addon("blender.keys.takes").curves(rig.animation_data.action):
        for key in curve.keyframe_points if curve.data_path == path else ():
            key.co[1] += 0.4 if round(key.co[0]) == 40 else 0.0
    bpy.ops.footfall.examine()
    found = addon("blender.creature.one_shot").shown(bpy.context).findings
    (said,) = [finding.text for finding in found if finding.code == "jump"]
    assert any(f"frame {frame}" in said for frame in (39, 40, 41)), said


def test_who_has_no_clip_or_two_legs_is_told(installed: str) -> None:
    assert "Pick the armature that plays the clip" in draw("oneshot").texts()
    hero = subjects.mixamo("Hero")
    bpy.context.scene.footfall.character = hero
    assert "'Hero' walks on two legs; One Shot learns from" in draw("oneshot").texts()
    assert "walks on two legs; creatures walk on four" in draw("creature").texts()
    rig = animals.deform_rig()
    clip_on(rig)
    settings = bpy.context.scene.footfall.oneshot
    settings.rig = rig
    assert bpy.ops.footfall.examine.poll()
    assert not bpy.ops.footfall.adapt.poll()
    assert "'Hero' walks on two legs; creatures walk on four" in draw("oneshot").texts()


def test_adapting_is_one_undo_step(dog: bpy.types.Object) -> None:
    dog.footfall.creatures.clear()
    dog.footfall.creature = ""
    bpy.ops.ed.undo_push(message="before")
    before = subjects.everything(dog)
    bpy.ops.footfall.adapt()
    bpy.ops.ed.undo_push(message="Adapt")
    bpy.ops.ed.undo()
    dog = bpy.data.objects["Dog"]
    assert subjects.everything(dog) == before
    assert (len(dog.footfall.creatures), dog.footfall.creature) == (0, "")
    bpy.ops.ed.redo()
    assert bpy.data.objects["Dog"].footfall.creature == "Walk"


def test_takes_are_baked_again_after_the_file_was_opened_anew(
    dog: bpy.types.Object, tmp_path: Path
) -> None:
    assert bpy.ops.footfall.bake() == {"FINISHED"}
    recipe = json.loads(dog.footfall.takes[0].recipe)
    assert recipe["creature"] == "Walk"
    assert recipe["creature_digest"] == dog.footfall.creatures[0].digest
    first = keys(dog)
    dog.footfall.creature = ""
    file = str(tmp_path / "shot.blend")
    bpy.ops.wm.save_as_mainfile(filepath=file)
    bpy.ops.wm.open_mainfile(filepath=file)
    dog = bpy.data.objects["Dog"]
    assert bpy.ops.footfall.rebake_take(stored=True) == {"FINISHED"}
    assert keys(dog) == first
    assert bpy.ops.footfall.load_recipe() == {"FINISHED"}
    assert dog.footfall.creature == "Walk"
    dog.footfall.manner = 0.0
    bpy.ops.footfall.rebake_take()
    assert keys(dog) != first


def test_a_take_whose_creature_changed_says_so(dog: bpy.types.Object) -> None:
    bpy.ops.footfall.bake()
    take = dog.footfall.takes[0]
    recipe = json.loads(take.recipe)
    take.recipe = json.dumps({**recipe, "creature_digest": "older"})
    bpy.ops.footfall.rebake_take(stored=True)
    assert any("made anew" in note for note in json.loads(take.report)["notes"])
    bpy.ops.footfall.creature_remove()
    assert (len(dog.footfall.creatures), dog.footfall.creature) == (0, "")
    with pytest.raises(RuntimeError, match="There is no creature 'Walk' with 'Dog'"):
        bpy.ops.footfall.rebake_take(stored=True)
    assert not bpy.ops.footfall.creature_export.poll()


def test_a_request_far_from_the_clip_is_warned_of(dog: bpy.types.Object) -> None:
    settings = bpy.context.scene.footfall
    settings.animal_gait, settings.speed = "gallop", 5.0
    bpy.ops.footfall.bake()
    report = json.loads(dog.footfall.takes[0].report)
    assert any("extrapolated" in text for text in report["warnings"])
    assert bpy.ops.footfall.key_footfalls.poll()
    assert "extrapolated" in draw("bake").texts()


def test_a_recipe_of_the_command_line_names_a_creature(dog: bpy.types.Object) -> None:
    recipe, job = addon("blender.bake.scene_request"), addon("blender.bake.job")
    given = {"model": "quadruped", "curve": "Path", "speed": 0.9, "creature": "Walk"}
    take = job.run(job.bake_steps(bpy.context, dog, recipe.Recipe.from_json(given)))
    assert json.loads(take.recipe)["creature_digest"] == dog.footfall.creatures[0].digest
    with pytest.raises(addon("errors").RefusedError, match="There is no creature 'Cat'"):
        job.run(
            job.bake_steps(bpy.context, dog, recipe.Recipe.from_json({**given, "creature": "Cat"}))
        )
    with pytest.raises(addon("errors").RefusedError, match="manner"):
        job.run(job.bake_steps(bpy.context, dog, recipe.Recipe.from_json({**given, "manner": 2.0})))


def test_cycle_scrub_and_turn_know_the_creature(dog: bpy.types.Object) -> None:
    assert bpy.ops.footfall.scrub(phase=0.3) == {"FINISHED"}
    assert bpy.ops.footfall.bake_cycle() == {"FINISHED"}
    bpy.context.scene.footfall.way = "spot"
    assert bpy.ops.footfall.bake() == {"FINISHED"}
    recipes = [json.loads(take.recipe) for take in dog.footfall.takes]
    assert [one["creature"] for one in recipes] == ["Walk", "Walk"]


def test_a_creature_goes_to_a_file_and_to_other_rigs(dog: bpy.types.Object, tmp_path: Path) -> None:
    file = tmp_path / "walk.footfall"
    assert bpy.ops.footfall.creature_export(filepath=str(file)) == {"FINISHED"}
    digest = dog.footfall.creatures[0].digest
    other = animals.deform_rig("Other")
    bpy.context.scene.footfall.character = other
    assert bpy.ops.footfall.creature_import(filepath=str(file)) == {"FINISHED"}
    assert other.footfall.creature == "Walk"
    assert other.footfall.creatures[0].digest == digest
    bpy.ops.footfall.creature_remove()
    bpy.context.scene.footfall.character = dog
    dog.footfall.manner = 0.5
    dog.select_set(True)
    other.select_set(True)
    assert bpy.ops.footfall.creature_share() == {"FINISHED"}
    assert (other.footfall.creature, other.footfall.manner) == ("Walk", 0.5)
    assert bpy.ops.footfall.bake_herd() == {"FINISHED"}
    recipes = [json.loads(rig.footfall.takes[0].recipe) for rig in (dog, other)]
    assert [one["creature_digest"] for one in recipes] == [digest, digest]


def cow(**changes: Any) -> bytes:
    """Return a creature that ships with some arrays changed, as the contents of a file."""
    file = addon("blender.creature.stored_creatures").ready()["Cow"]
    with np.load(file) as known:
        arrays = {name: known[name] for name in known.files}
    out = io.BytesIO()
    np.savez_compressed(out, **(arrays | changes))
    return out.getvalue()


BAD_STATES = (np.zeros(3, np.float32), np.full(128, np.nan, np.float32))


def test_a_damaged_creature_file_is_refused_at_import(
    dog: bpy.types.Object, tmp_path: Path
) -> None:
    file = tmp_path / "bad.footfall"
    for data in (*(cow(state=state) for state in BAD_STATES), cow()[:4_000]):
        file.write_bytes(data)
        with pytest.raises(RuntimeError, match=r"damaged") as refusal:
            bpy.ops.footfall.creature_import(filepath=str(file))
        assert len(str(refusal.value).strip().splitlines()) == 1
    assert [one.name for one in dog.footfall.creatures] == ["Walk"]


def test_a_stored_creature_with_wrong_contents_is_refused(dog: bpy.types.Object) -> None:
    (kept,) = dog.footfall.creatures
    for state in BAD_STATES:
        data = cow(state=state)
        kept.data = base64.b64encode(data).decode("ascii")
        kept.digest = hashlib.sha256(data).hexdigest()[:12]
        with pytest.raises(RuntimeError, match="damaged") as refusal:
            bpy.ops.footfall.bake()
        assert len(str(refusal.value).strip().splitlines()) == 1
    kept.about = "[1"
    assert "Learned" not in draw("creature").texts()
    assert len(dog.footfall.takes) == 0


@each("content", [b"", b"PK\x03\x04 not a file", b"BVH"])
def test_a_file_without_a_creature_is_refused(
    dog: bpy.types.Object, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "bad.footfall"
    file.write_bytes(content)
    with pytest.raises(RuntimeError, match=r"bad\.footfall") as refusal:
        bpy.ops.footfall.creature_import(filepath=str(file))
    assert len(str(refusal.value).strip().splitlines()) == 1
    assert len(dog.footfall.creatures) == 1


def test_ready_creatures_move_any_animal(dog: bpy.types.Object) -> None:
    names = list(addon("blender.creature.stored_creatures").ready())
    assert {"Horse", "Wolf"} <= set(names)
    assert bpy.ops.footfall.creature_ready(name="Horse") == {"FINISHED"}
    assert dog.footfall.creature == "Horse"
    assert [one.name for one in dog.footfall.creatures] == ["Walk", "Horse"]
    assert "CC0" in draw("creature").texts()
    assert bpy.ops.footfall.bake() == {"FINISHED"}
    report = json.loads(dog.footfall.takes[0].report)
    assert report["exemplar"]["name"].lower() == "horse"
    with pytest.raises(RuntimeError, match="No creature 'Dragon' ships"):
        bpy.ops.footfall.creature_ready(name="Dragon")


def test_a_damaged_creature_is_refused(dog: bpy.types.Object) -> None:
    dog.footfall.creatures[0].data = "AAAA" + dog.footfall.creatures[0].data[4:]
    with pytest.raises(RuntimeError, match="The creature 'Walk' is damaged; adapt it again"):
        bpy.ops.footfall.bake()
    assert len(dog.footfall.takes) == 0


def test_the_bones_of_the_clip_are_edited_in_their_own_list(dog: bpy.types.Object) -> None:
    other = animals.deform_rig("Other")
    bpy.context.scene.footfall.oneshot.rig = other
    assert other.footfall.kind == "quadruped"
    rows = [(row.name, row.bone) for row in dog.footfall.bones]
    assert "FOOTFALL_UL_bones" in draw("oneshot_bones").names("template_list")
    with bpy.context.temp_override(footfall_mapped=other):
        other.footfall.active_bone = next(
            i for i, row in enumerate(other.footfall.bones) if row.name == "head"
        )
        assert bpy.ops.footfall.map_clear() == {"FINISHED"}
    assert "head" not in {row.name for row in other.footfall.bones if row.bone}
    assert [(row.name, row.bone) for row in dog.footfall.bones] == rows


def test_a_rigify_animal_learns_from_its_controls(installed: str) -> None:
    rig: Any = rigs.rigify("basic_quadruped")
    clip_on(rig)
    subjects.ready(rig, subjects.path((0, 0, 0), (0, -2, 0)))
    assert bpy.ops.footfall.adapt() == {"FINISHED"}
    assert len(rig.footfall.creatures[0].data) < LIMIT
    assert bpy.ops.footfall.bake() == {"FINISHED"}
    take = rig.footfall.takes[0]
    curves = addon("blender.keys.takes").curves(take.action)
    assert any('"foot_ik.L"' in curve.data_path for curve in curves)
    assert np.isfinite([key.co[1] for curve in curves for key in curve.keyframe_points]).all()


def test_a_damaged_creature_is_not_given_to_others(dog: bpy.types.Object) -> None:
    other = animals.deform_rig()
    addon("blender.rig.character").detect(other)
    dog.select_set(True)
    dog.footfall.creatures[0].data = "damaged"
    with pytest.raises(RuntimeError) as refusal:
        bpy.ops.footfall.creature_share()
    assert str(refusal.value).strip().endswith("The creature 'Walk' is damaged; adapt it again")
    assert "Traceback" not in str(refusal.value)
    assert len(other.footfall.creatures) == 0
