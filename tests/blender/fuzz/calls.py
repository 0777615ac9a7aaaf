# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls of Footfall's operators on the scene as it is, with random arguments."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from tests.blender.subjects import addon

from . import scenes

Result = set[str]


@dataclass(frozen=True)
class Call:
    """An operator with the parts of the file that it may change when it succeeds."""

    weight: int
    may: str
    """Words out of: takes range lanes path panel map clip."""
    run: Callable[[random.Random], Result]
    poll: Callable[[], bool]


def operator(name: str) -> Any:
    """Return an operator of Footfall."""
    return getattr(bpy.ops.footfall, name)


def _plain(name: str) -> Callable[[random.Random], Result]:
    return lambda _rng: operator(name)()


def _poll(name: str) -> Callable[[], bool]:
    return lambda: bool(operator(name).poll())


def current() -> bpy.types.Object | None:
    """Return the character that operators work on."""
    found: bpy.types.Object | None = addon("blender.rig.character").current(bpy.context)
    return found


def takes() -> list[bpy.types.PropertyGroup]:
    """Return the takes of the character."""
    rig = current()
    return list(rig.footfall.takes) if rig is not None else []


def _has_takes() -> bool:
    return bool(takes())


def _file(rng: random.Random, ending: str) -> Path:
    return Path(scenes.FOLDER.name) / f"file{rng.randrange(3)}{ending}"


def _rebake(rng: random.Random) -> Result:
    result: Result = operator("rebake_take")(stored=rng.random() < 0.4)
    return result


def _remove(rng: random.Random) -> Result:
    result: Result = operator("remove_take")(index=rng.randrange(len(takes()) + 1))
    return result


def _can_remove() -> bool:
    return len(takes()) > 1


def _pick_take(rng: random.Random) -> Result:
    """Click a row of the list of takes."""
    rig = current()
    if rig is None or not takes():
        return {"CANCELLED"}
    rig.footfall.active_take = rng.randrange(len(takes()))
    return {"FINISHED"}


def _scrub(rng: random.Random) -> Result:
    result: Result = operator("scrub")(phase=rng.random())
    return result


def _draw_path(rng: random.Random) -> Result:
    points = ("", "[[0,0,0],[0,-0.6,0],[0.1,-1.2,0]]", "[[0,0,0]]", "[[0,0", '[["x"]]', "7")
    chosen = rng.choices(points, (6, 10, 1, 1, 1, 1))[0]
    result: Result = operator("draw_path")(points=chosen, smooth=rng.random() < 0.5)
    return result


def _on_file(name: str, ending: str) -> Callable[[random.Random], Result]:
    """Return a call of an operator that reads or writes a file."""

    def run(rng: random.Random) -> Result:
        result: Result = operator(name)(filepath=str(_file(rng, ending)))
        return result

    return run


def _any_file(ending: str) -> Callable[[], bool]:
    return lambda: any(Path(scenes.FOLDER.name).glob(f"file*{ending}"))


def _ready_creature(rng: random.Random) -> Result:
    result: Result = operator("creature_ready")(name=rng.choice(("Horse", "Horse", "No such")))
    return result


def _style_remove(rng: random.Random) -> Result:
    count = len(bpy.context.scene.footfall.styles.mix)
    result: Result = operator("style_remove")(index=rng.randrange(count + 1))
    return result


def _key_style(rng: random.Random) -> Result:
    """Key the strength of a style, as with I over the slider."""
    mix = bpy.context.scene.footfall.styles.mix
    if not len(mix):
        return {"CANCELLED"}
    row = rng.randrange(len(mix))
    mix[row].strength = rng.random()
    bpy.context.scene.keyframe_insert(f"footfall.styles.mix[{row}].strength", frame=1)
    return {"FINISHED"}


def _has_styles() -> bool:
    return len(bpy.context.scene.footfall.styles.mix) > 0


def _live(_rng: random.Random) -> Result:
    """Bake as live mode does after a pause."""
    settings = bpy.context.scene.footfall
    settings.live = True
    live = addon("blender.bake.live")
    return {"CANCELLED"} if live.rebake(bpy.context) else {"FINISHED"}


def _tick(_rng: random.Random) -> Result:
    """Let live mode work for a slice, as its timer does; the rest waits for later ticks."""
    live = addon("blender.bake.live")
    live.PAUSE = 0.0
    live.touch(bpy.context.scene)
    live.tick()
    return {"FINISHED"}


def _can_tick() -> bool:
    return bpy.context.scene.footfall.live and _can_live()


def _can_live() -> bool:
    return bool(addon("blender.bake.live").has_take(bpy.context))


def _between(name: str) -> Callable[[random.Random], Result]:
    def run(rng: random.Random) -> Result:
        settings = bpy.context.scene.footfall_between
        settings.seam = rng.choice((2, 4, 4, 6, 15))
        settings.span = rng.choice(("all",) * 6 + ("selected", "frames"))
        settings.first, settings.last = rng.choice(((1, 20), (1, 60), (30, 10)))
        settings.place = rng.choice(("follow", "keep"))
        if name == "stitch" and len(bpy.data.actions):
            settings.action = rng.choice(list(bpy.data.actions))
        result: Result = operator(name)()
        return result

    return run


def _can_stitch() -> bool:
    return len(bpy.data.actions) > 1 and bool(operator("fill_between").poll())


def _clip(name: str) -> Callable[[random.Random], Result]:
    def run(_rng: random.Random) -> Result:
        result: Result = operator(name)()
        return result

    return run


def _preset(rng: random.Random) -> Result:
    result: Result = operator("speed_preset")(preset=rng.choice(("stroll", "walk", "brisk")))
    return result


def _map_row(name: str) -> Callable[[random.Random], Result]:
    def run(rng: random.Random) -> Result:
        rig = current()
        if rig is not None and len(rig.footfall.bones):
            rig.footfall.active_bone = rng.randrange(len(rig.footfall.bones))
        result: Result = operator(name)()
        return result

    return run


TAKES = "takes range"
CALLS: dict[str, Call] = {
    "bake": Call(16, TAKES, _plain("bake"), _poll("bake")),
    "bake_cycle": Call(4, TAKES, _plain("bake_cycle"), _poll("bake_cycle")),
    "bake_herd": Call(6, TAKES + " lanes", _plain("bake_herd"), _poll("bake_herd")),
    "rebake_take": Call(14, TAKES, _rebake, _poll("rebake_take")),
    "accept_take": Call(8, "takes", _plain("accept_take"), _poll("accept_take")),
    "reject_take": Call(14, TAKES, _plain("reject_take"), _poll("reject_take")),
    "remove_take": Call(4, "takes", _remove, _can_remove),
    "load_recipe": Call(4, "takes panel", _plain("load_recipe"), _poll("load_recipe")),
    "pick_take": Call(8, TAKES, _pick_take, _has_takes),
    "live": Call(6, TAKES + " panel", _live, _can_live),
    "tick": Call(3, TAKES, _tick, _can_tick),
    "scrub": Call(5, "takes", _scrub, _poll("scrub")),
    "scrub_end": Call(8, "takes", _plain("scrub_end"), _poll("scrub_end")),
    "key_footfalls": Call(8, "takes", _plain("key_footfalls"), _poll("key_footfalls")),
    "reset_footprints": Call(2, "takes", _plain("reset_footprints"), _poll("reset_footprints")),
    "show_footprints": Call(6, "takes panel", _plain("show_footprints"), _poll("show_footprints")),
    "use_nearest_place": Call(1, TAKES, _plain("use_nearest_place"), _poll("use_nearest_place")),
    "clear_edits": Call(4, "takes", _plain("clear_edits"), _poll("clear_edits")),
    "merge_down": Call(1, "takes", _plain("merge_down"), _poll("merge_down")),
    "fill_between": Call(3, TAKES, _between("fill_between"), _poll("fill_between")),
    "stitch": Call(2, TAKES, _between("stitch"), _can_stitch),
    "close_loop": Call(3, TAKES, _between("close_loop"), _poll("close_loop")),
    "detect_rig": Call(3, "map", _plain("detect_rig"), _poll("detect_rig")),
    "map_add": Call(1, "map", _map_row("map_add"), _poll("map_add")),
    "map_fill": Call(1, "map", _map_row("map_fill"), _poll("map_fill")),
    "map_clear": Call(1, "map", _map_row("map_clear"), _poll("map_clear")),
    "map_export": Call(2, "", _on_file("map_export", ".json"), _poll("map_export")),
    "map_import": Call(2, "map", _on_file("map_import", ".json"), _any_file(".json")),
    "draw_path": Call(4, "path", _draw_path, _poll("draw_path")),
    "edit_path": Call(1, "path", _plain("edit_path"), _poll("edit_path")),
    "style_add": Call(2, "panel", _plain("style_add"), _poll("style_add")),
    "key_style": Call(1, "panel", _key_style, _has_styles),
    "style_remove": Call(3, "panel", _style_remove, _has_styles),
    "speed_preset": Call(1, "panel", _preset, _poll("speed_preset")),
    "speed_point_add": Call(2, "panel", _plain("speed_point_add"), _poll("speed_point_add")),
    "speed_point_remove": Call(
        2, "panel", _plain("speed_point_remove"), _poll("speed_point_remove")
    ),
    "creature_ready": Call(4, "map", _ready_creature, _poll("creature_ready")),
    "creature_export": Call(
        2, "", _on_file("creature_export", ".footfall"), _poll("creature_export")
    ),
    "creature_import": Call(
        2, "map", _on_file("creature_import", ".footfall"), _any_file(".footfall")
    ),
    "creature_share": Call(1, "map others", _plain("creature_share"), _poll("creature_share")),
    "creature_remove": Call(1, "map", _plain("creature_remove"), _poll("creature_remove")),
    "examine": Call(1, "map", _clip("examine"), _poll("examine")),
    "adapt": Call(2, "map panel", _clip("adapt"), _poll("adapt")),
}
