# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold after a call of an operator; each check returns faults as sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable

import bpy
import numpy as np

from .calls import Call
from .image import Image, Key, changed

MAPPED = ("bones", "kind", "hip_height", "family", "confidence", "notes", "active_bone")
"""Properties of a rig that its first detection fills, which a refused bake may leave behind."""
TEMPORARY = ("Footfall Rig Copy", "Footfall Path Reader")
LANE = " Lane"
"""Part of the names of the curves that a herd goes along; Reject deletes them with their takes."""
STRENGTHS = "SceneAction"
"""Name that Blender gives to a scene's action, which holds the keyed strengths of styles."""
LONGEST_SENTENCE = 400


def owned_actions(rigs: Iterable[bpy.types.Object]) -> set[str]:
    """Return the names of the actions of the takes of rigs."""
    return {t.action.name_full for rig in rigs for t in rig.footfall.takes if t.action is not None}


def users_of_actions() -> dict[str, int]:
    """Return the number of users of each local action that is no take's."""
    local = [action for action in bpy.data.actions if action.library is None]
    return {action.name_full: action.users for action in local if not action.footfall.take}


def free_to_write(rigs: list[bpy.types.Object], accepted: bool = False) -> set[str]:
    """Return the actions that a call on these rigs may rewrite: of takes, not shared.

    Those of accepted takes are left out, unless ``accepted``.
    An action is shared if another object plays it, or has it in its list or on an NLA track.
    """
    own = {
        take.action.name_full
        for rig in rigs
        for take in rig.footfall.takes
        if take.action is not None and (accepted or not take.accepted)
    }
    for other in bpy.data.objects:
        if other in rigs:
            continue
        data = other.animation_data
        used = [data.action] if data is not None else []
        used += [s.action for t in data.nla_tracks for s in t.strips] if data is not None else []
        used += [take.action for take in other.footfall.takes]
        own -= {action.name_full for action in used if action is not None}
    return own


def refusal_faults(text: str) -> list[str]:
    """Return what is wrong with the error of a call that was refused."""
    if "Traceback" in text:
        return [f"traceback: {signature(text)}"]
    if "poll()" in text:
        return []
    errors = [line for line in text.splitlines() if line.startswith("Error:")]
    if len(errors) != 1 or len(text) > LONGEST_SENTENCE:
        return [f"not one plain sentence: {text!r}"]
    sentence = errors[0].removeprefix("Error: ").strip()
    if not re.match(r"""["'/\w]""", sentence) or re.search(r"<bpy|0x[0-9a-f]{6}", sentence):
        return [f"not a plain sentence: {sentence!r}"]
    return []


def signature(text: str) -> str:
    """Return where in the add-on a traceback ends, and its last line."""
    places = re.findall(r'File "[^"]*motion_addon/([^"]+)", line (\d+), in (\w+)', text)
    errors = re.findall(r"^(?:\w+\.)*\w*(?:Error|Exception|Interrupt|Iteration)\b.*", text, re.M)
    where = ":".join(places[-1]) if places else "outside the add-on"
    return f"{where} {errors[-1] if errors else text.strip().splitlines()[-1]}"


def is_finite(image: Image) -> list[str]:
    """Return the actions with a key that is not finite."""
    return [
        f"key that is not finite in '{key[1]}' {row[0]}"
        for key, rows in image.items()
        if key[0] == "action" and key[2] == "keys"
        for row in rows
        if not np.isfinite(np.frombuffer(row[3], np.float32)).all()
    ]


def change_faults(
    before: Image, after: Image, call: Call, rigs: set[str], own: set[str], rewritable: set[str]
) -> list[str]:
    """Return the changes that a finished call may not make, as sentences.

    ``rigs`` are the names of the rigs that it works on, ``own`` the actions of their takes before
    or after, ``rewritable`` those that it may write to.
    """
    faults = []
    for key in changed(before, after):
        if not _may_change(key, before, after, call, rigs, own, rewritable):
            text = difference(key, before, after)
            faults.append(f"changed {key[0]}.{key[2]} of '{key[1]}': {text}")
    return faults


def _may_change(
    key: Key,
    before: Image,
    after: Image,
    call: Call,
    rigs: set[str],
    own: set[str],
    rewritable: set[str],
) -> bool:
    kind, name, part = key
    may = set(call.may.split())
    if kind == "footfall":
        return bool(may) and (name in rigs or "others" in may)
    if kind == "object" and name in rigs and key in before:
        return "takes" in may and part in {"transform", "pose", "animation"}
    if kind == "action" and name.startswith(STRENGTHS):
        return "panel" in may
    if kind == "action":
        if part == "fake user" or key not in before or key not in after:
            return "takes" in may
        return "takes" in may and name in rewritable
    if kind == "scene":
        made = {"lanes", "path", "takes"} & may and part == "objects"
        return (
            bool(made)
            or ("range" in may and part == "range")
            or ("panel" in may and part == "action")
        )
    if kind == "blocks":
        return _new_blocks_are_ours(name, set(before[key]), set(after[key]), may, own)
    if kind in {"object", "curve"} and key not in before:
        return bool({"lanes", "path"} & may)
    if kind in {"object", "curve"} and key not in after:
        return "takes" in may and LANE in name
    return (kind == "panel" and bool({"panel", "path"} & may)) or (
        kind == "context" and "path" in may
    )


def _new_blocks_are_ours(
    kind: str, was: set[str], now: set[str], may: set[str], own: set[str]
) -> bool:
    if kind == "actions":
        strengths = {name for name in now - was if name.startswith(STRENGTHS)}
        return now ^ was <= own | (strengths if "panel" in may else set())
    lanes = all(LANE in name for name in was - now) and "takes" in may
    drawn = was <= now and bool({"lanes", "path"} & may)
    return kind in {"objects", "curves"} and (drawn or (lanes and now <= was))


def refused_faults(before: Image, after: Image) -> list[str]:
    """Return what a refused call changed, other than the bone map of a rig without one."""
    faults = []
    for key in changed(before, after):
        if key[0] == "footfall" and not before[key]["bones"]:
            without = [
                {part: value for part, value in image[key].items() if part not in MAPPED}
                for image in (before, after)
            ]
            if without[0] == without[1]:
                continue
        text = difference(key, before, after)
        faults.append(f"refused, but changed {key[0]}.{key[2]} of '{key[1]}': {text}")
    return faults


def orphan_faults(before: dict[str, int], own: set[str]) -> list[str]:
    """Return the artist's actions that lost their last user, or went away."""
    now = users_of_actions()
    return [
        f"the artist's action '{name}' has {now.get(name, 'gone')} users, had {users}"
        for name, users in before.items()
        if users > 0 and name not in own and now.get(name, 0) == 0
    ]


def restored_faults(expected: Image, after: Image) -> list[str]:
    """Return what Reject did not restore of the rig's state before its review."""
    return [
        f"reject left {key[0]}.{key[2]}: {difference(key, expected, after)}"
        for key, value in expected.items()
        if after.get(key) != value
    ]


def difference(key: Key, before: Image, after: Image) -> str:
    """Return how the values of a key differ, as a short text."""
    was, now = before.get(key), after.get(key)
    if isinstance(was, dict) and isinstance(now, dict):
        names = sorted(n for n in {**was, **now} if was.get(n) != now.get(n))
        return ", ".join(f"{n}: {_apart(was.get(n), now.get(n))}" for n in names)
    if isinstance(was, list) and isinstance(now, list) and key[0] == "blocks":
        return f"-{sorted(set(was) - set(now))} +{sorted(set(now) - set(was))}"
    return _apart(was, now)


def _apart(was: object, now: object) -> str:
    """Return two values as a text, of arrays and lists only what differs."""
    if isinstance(was, bytes) and isinstance(now, bytes) and len(was) == len(now):
        pair = np.frombuffer(was, np.float32), np.frombuffer(now, np.float32)
        rows = np.flatnonzero(pair[0] != pair[1])[:4]
        return ", ".join(f"[{row}] {pair[0][row]:g} -> {pair[1][row]:g}" for row in rows)
    if isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        rows = [row for row, (a, b) in enumerate(zip(was, now, strict=True)) if a != b][:2]
        return ", ".join(f"[{row}] {was[row]!s:.120} -> {now[row]!s:.120}" for row in rows)
    return f"{was!s:.160} -> {now!s:.160}"
