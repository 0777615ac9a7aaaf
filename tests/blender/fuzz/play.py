# SPDX-License-Identifier: GPL-3.0-or-later
"""One random scene: artist's acts and calls of operators in random order, checked after each."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy

from tests.blender.subjects import addon

from . import checks, gentle_acts, rough_acts, scenes
from .calls import CALLS, Call, current
from .image import Image, changed, image

MODULE = "bl_ext.user_default.footfall"
SPOILED = 0.08
"""Share of the calls that are made although their button is gray."""
REPAIRED = 0.7
"""Chance that the artist repairs the scene after a refusal."""
EXPLICIT = {"key_footfalls", "reset_footprints", "clear_edits", "merge_down"}
"""Calls that may write to an accepted take, as the artist asks for that take."""
KEPT = ("footfall", "action", "object")
"""Kinds of keys that undo, redo, and saving with loading must bring back."""
FILE_ACTS = {"undo": 5, "redo": 2, "save_and_open": 4, "toggle_addon": 1, "flight": 3, "land": 4}

Log = Callable[[str], None]
Errors = Callable[[], str]
"""Returns what was written to the error stream since the last call."""


@dataclass
class Outcome:
    """What happened in one scene."""

    seed: int
    faults: list[str] = field(default_factory=list)
    step: str = ""
    """Name of the step at which a fault was found."""
    calls: Counter = field(default_factory=Counter)
    finished: Counter = field(default_factory=Counter)
    worked: Counter = field(default_factory=Counter)
    """Calls that finished and changed or wrote something."""
    refusals: Counter = field(default_factory=Counter)
    """Calls that were refused, by operator and sentence."""
    seconds: float = 0.0


class Play:
    """A scene in the making, with all that later checks compare with."""

    def __init__(self, seed: int, log: Log, errors: Errors) -> None:
        self.rng = random.Random(seed)
        self.outcome = Outcome(seed)
        self._log, self._errors = log, errors
        self._reviews: dict[str, Image] = {}
        """Rig to its state before its review, while only gentle acts happened since."""
        self._history: list[Image] = []
        self._now = 0
        self._refused = False
        self._renamed = False
        """Whether a bone was renamed, so that Reject renames it in the action before as well."""
        self._flight: tuple[Any, bpy.types.Object] | None = None

    def run(self) -> Outcome:
        """Build the scene and take all steps, up to the first fault."""
        began = time.monotonic()
        scenes.forget_files()
        bpy.ops.wm.read_homefile(use_empty=True)
        if MODULE not in bpy.context.preferences.addons:
            bpy.ops.preferences.addon_enable(module=MODULE)
        scenes.build(self.rng)
        self._push()
        for number in range(self.rng.randint(5, 25)):
            name, faults = self._step(number)
            faults = [*faults, *self._written()]
            if faults:
                self.outcome.faults, self.outcome.step = faults, name
                break
        self._drop_flight()
        self.outcome.seconds = time.monotonic() - began
        return self.outcome

    def _written(self) -> list[str]:
        text = self._errors()
        return [f"traceback: {checks.signature(text)}"] if "Traceback" in text else []

    def _step(self, number: int) -> tuple[str, list[str]]:
        kind = self.rng.choices(("call", "gentle", "rough", "file"), (55, 12, 16, 10))[0]
        if self._refused and self.rng.random() < REPAIRED:
            kind, name = "gentle", "repair"
        elif kind == "call":
            name = self._pick_call()
        else:
            table = {"gentle": gentle_acts.GENTLE, "rough": rough_acts.ROUGH, "file": FILE_ACTS}[
                kind
            ]
            name = self.rng.choices(list(table), table.values())[0]
        self._refused = False
        self._log(f"{number} {name}")
        if kind == "call":
            faults = self._call(name, CALLS[name])
        elif kind == "file":
            faults = getattr(self, f"do_{name}")()
        else:
            faults = self._act(name, kind == "gentle")
        if name not in {"undo", "redo", "save_and_open"}:
            self._push()
        return name, faults

    def _pick_call(self) -> str:
        able = list(CALLS)
        if self.rng.random() > SPOILED:
            able = [name for name, call in CALLS.items() if call.poll()] or able
        return self.rng.choices(able, [CALLS[name].weight for name in able])[0]

    def _act(self, name: str, gentle: bool) -> list[str]:
        if not gentle:
            self._reviews.clear()
        self._renamed |= name == "rename_bone"
        if name in {"delete_object", "delete_scene", "append_rig", "switch_scene"}:
            self._drop_flight()
        getattr(gentle_acts if gentle else rough_acts, name)(self.rng)
        bpy.context.view_layer.update()
        return []

    def _call(self, name: str, call: Call) -> list[str]:
        count = self.outcome.calls
        count[name] += 1
        before, rigs = image(), self._rigs(name)
        own = checks.owned_actions(rigs)
        users = checks.users_of_actions()
        rewritable = checks.free_to_write(rigs, accepted=name in EXPLICIT)
        if name == "reject_take" and self._renamed:
            kept = [rig.footfall.before_action for rig in rigs]
            rewritable |= {action.name_full for action in kept if action is not None}
        reviewed = {rig.name for rig in rigs if _in_review(rig)}
        try:
            result = call.run(self.rng)
        except RuntimeError as error:
            self._refused = True
            self._log(f"  refused: {str(error).strip()}")
            self.outcome.refusals[f"{name}: {str(error).strip()[:90]}"] += 1
            after = image()
            return [*checks.refusal_faults(str(error)), *checks.refused_faults(before, after)]
        after = image()
        own |= checks.owned_actions(rigs)
        if "CANCELLED" in result:
            return checks.refused_faults(before, after) if name != "live" else []
        self.outcome.finished[name] += 1
        writes = name.endswith("_export") or name == "examine"
        self.outcome.worked[name] += bool(writes or changed(before, after))
        names = {rig.name_full for rig in rigs}
        return [
            *checks.is_finite(after),
            *checks.change_faults(before, after, call, names, own, rewritable),
            *checks.orphan_faults(users, own),
            *self._review_faults(name, rigs, reviewed, before, after),
        ]

    def _rigs(self, name: str) -> list[bpy.types.Object]:
        """Return the rigs that a call works on."""
        rig = current()
        if name in {"bake_herd", "creature_share"}:
            return [o for o in bpy.context.selected_objects if o.type == "ARMATURE"]
        return [rig] if rig is not None and rig.type == "ARMATURE" else []

    def _review_faults(
        self, name: str, rigs: list, reviewed: set[str], before: Image, after: Image
    ) -> list[str]:
        """Store the state before reviews that began, and compare with it after a Reject."""
        faults = []
        for rig in rigs:
            begun = _in_review(rig)
            scrubbed = bool(before[("footfall", rig.name_full, "")]["scrub_before"])
            if begun and rig.name not in reviewed and not scrubbed:
                self._reviews[rig.name] = {
                    key: value
                    for key, value in before.items()
                    if key[:2] == ("object", rig.name_full)
                }
            elif name == "reject_take" and not scrubbed and rig.name in self._reviews and not begun:
                faults += checks.restored_faults(self._reviews.pop(rig.name), after)
            elif not begun or name == "scrub_end":
                self._reviews.pop(rig.name, None)
        return faults

    def _push(self) -> None:
        """Push an undo step and store the image to which undo leads back."""
        bpy.ops.ed.undo_push(message="fuzz")
        if _in_edit_mode():  # its undo steps hold the edited object alone
            self._history, self._now = [], -1
            return
        del self._history[self._now + 1 :]
        self._history.append(_kept(image()))
        self._now = len(self._history) - 1

    def do_undo(self) -> list[str]:
        """Undo one step."""
        return self._travel(-1, bpy.ops.ed.undo)

    def do_redo(self) -> list[str]:
        """Redo one step."""
        return self._travel(1, bpy.ops.ed.redo)

    def _travel(self, by: int, step: Callable[[], set]) -> list[str]:
        if _in_edit_mode() or not 0 <= self._now + by < len(self._history) or not step.poll():
            return []
        self._drop_flight()
        self._reviews.clear()
        step()
        self._now += by
        expected, found = self._history[self._now], _kept(image())
        return [
            f"undo: {key} {checks.difference(key, expected, found)}"
            for key in changed(expected, found)
        ][:5]

    def do_save_and_open(self) -> list[str]:
        """Save the file and open it again."""
        self._drop_flight()
        self._reviews.clear()
        users, expected = checks.users_of_actions(), _kept(image())
        file = Path(scenes.FOLDER.name) / "shot.blend"
        bpy.ops.wm.save_as_mainfile(filepath=str(file), check_existing=False)
        bpy.ops.wm.open_mainfile(filepath=str(file))
        found = _kept(image())
        lost = [name for name, count in users.items() if count and name not in bpy.data.actions]
        kept = [key for key in expected if key in found and key[0] != "object"]
        differing = [key for key in kept if expected[key] != found[key]]
        self._history.clear()
        self._push()
        return [
            *[f"lost on save and reload: '{name}'" for name in lost],
            *[f"reload: {key} {checks.difference(key, expected, found)}" for key in differing][:5],
        ]

    def do_toggle_addon(self) -> list[str]:
        """Disable the add-on and enable it again."""
        self._drop_flight()
        self._reviews.clear()
        bpy.ops.preferences.addon_disable(module=MODULE)
        bpy.ops.preferences.addon_enable(module=MODULE)
        return []

    def do_flight(self) -> list[str]:
        """Begin a bake as the button does, and leave it in the middle of its work."""
        rig = current()
        operator = bpy.ops.footfall.bake
        if rig is None or self._flight is not None or not operator.poll():
            return []
        settings = bpy.context.scene.footfall
        wanted = addon("blender.bake.scene_request").from_settings(settings, rig)
        self._flight = (addon("blender.bake.job").bake_steps(bpy.context, rig, wanted), rig)
        return self._advance(self.rng.choice((1, 2, 5)))

    def do_land(self) -> list[str]:
        """Finish the bake that was begun, after whatever the artist did meanwhile."""
        return self._advance(100_000) if self._flight is not None else []

    def _advance(self, most: int) -> list[str]:
        assert self._flight is not None
        steps, rig = self._flight
        before, users = image(), checks.users_of_actions()
        try:
            for _ in range(most):
                next(steps)
        except StopIteration:
            self._flight = None
            after = image()
            own = checks.owned_actions([rig])
            return [
                *checks.is_finite(after),
                *checks.change_faults(before, after, CALLS["bake"], {rig.name_full}, own, set()),
                *checks.orphan_faults(users, own),
            ]
        except addon("errors").RefusedError as error:
            self._flight = None
            return [
                *checks.refusal_faults(f"Error: {error}"),
                *checks.refused_faults(before, image()),
            ]
        return checks.refused_faults(before, image())

    def _drop_flight(self) -> None:
        if self._flight is not None:
            self._flight[0].close()
            self._flight = None


def _kept(found: Image) -> Image:
    """Return what undo and loading bring back: takes, local actions, and what objects play."""
    return {
        key: value
        for key, value in found.items()
        if key[0] in KEPT
        and not (key[0] == "object" and key[2] not in {"animation", "tracks", "properties"})
        and ".blend" not in key[1]
    }


def _in_edit_mode() -> bool:
    active = bpy.context.view_layer.objects.active
    return active is not None and active.mode == "EDIT"


def _in_review(rig: bpy.types.Object) -> bool:
    return bool(addon("blender.keys.takes").in_review(rig))
