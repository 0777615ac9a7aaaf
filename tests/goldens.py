# SPDX-License-Identifier: GPL-3.0-or-later
"""Golden bakes: stores results in ``tests/data`` and compares new results with them.

A golden holds a sample of the frames, for any machine, and a hash of every bit, for one machine.
``FOOTFALL_RENEW_GOLDENS=1`` stores the current results; ``=hash`` only adds the hash of this
Python and Blender. ``FOOTFALL_EXACT_GOLDENS=1`` compares the hashes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).resolve().parent / "data"
EVERY = 3
"""Step between stored frames; the last frame is stored, too."""
MOTION, FIGURES = 1e-4, 1e-3
"""Tolerances of arrays of frames and of arrays of one axis: absolute, and relative above one.

Measured against numpy 1.26.4 on one thread and AVX2, as (frames, figures): numpy 2.5.5 with
Blender 5.2 (2e-7, 2e-7) for people and animals and (2.4e-5, 5.4e-5) for creatures and gaps of
animals; two threads (2.6e-6, 1.1e-4); OpenBLAS and numpy without AVX2 (1.5e-5, 8.7e-5); a BVH
file rounds to 1e-5. The controllers feed their float32 rounding back to themselves."""
DIGEST = re.compile(r"[0-9a-f]{12}(-[0-9a-f]{12})?")
"""Digests of weights; those of an adapted creature change with every rounding."""
HASHED = "digests"
"""Name of the array that only the exact comparison covers."""
RENEW = os.environ.get("FOOTFALL_RENEW_GOLDENS", "")
EXACT = os.environ.get("FOOTFALL_EXACT_GOLDENS", "") == "1"


def check(name: str, arrays: dict[str, np.ndarray]) -> None:
    """Compare arrays with a golden; the first of two or more axes is of frames."""
    arrays = {key: np.asarray(value) for key, value in arrays.items()}
    place, digest, now = FOLDER / f"{name}.npz", _digest(arrays), environment(name)
    arrays.pop(HASHED, None)
    if RENEW == "1":
        _store(place, {key: _sampled(value) for key, value in arrays.items()}, {now: digest})
        return
    assert place.is_file(), f"{place.name} is missing; store it with FOOTFALL_RENEW_GOLDENS=1"
    stored, digests = _load(place)
    if not (EXACT and digests.get(now) == digest):
        faults = differences(stored, arrays)
        assert not faults, "\n".join([f"{name} differs from its golden:", *faults])
    if RENEW == "hash":
        _store(place, stored, {**digests, now: digest})
    elif EXACT:
        assert now in digests, f"{name} has no hash of {now}; FOOTFALL_RENEW_GOLDENS=hash adds it"
        assert digests[now] == digest, f"{name} is within tolerance, but not equal to the bit"


def differences(stored: dict[str, np.ndarray], arrays: dict[str, np.ndarray]) -> list[str]:
    """Return a line for each array that differs from the stored one."""
    faults = [f"{key} is {'gone' if key in stored else 'new'}" for key in stored.keys() ^ arrays]
    for key in sorted(stored.keys() & arrays):
        old, new = stored[key], _sampled(arrays[key])
        most = 0.0 if old.dtype.kind in "iu" else MOTION if old.ndim > 1 else FIGURES
        if old.shape != new.shape:
            faults.append(f"{key} has the shape {new.shape}, not {old.shape}")
        elif old.dtype.kind == "U":
            pairs = zip(old.ravel(), new.ravel(), strict=True)
            faults += [f"{key}: {b!r}, not {a!r}" for a, b in pairs if a != b]
        elif not np.allclose(new, old, rtol=most, atol=most, equal_nan=True):
            off = np.abs(new.astype(np.float64) - old)
            at = np.unravel_index(np.nanargmax(off), off.shape)
            faults.append(f"{key} is off by up to {off[at]:.3g}, at {tuple(map(int, at))}")
    return faults


def flat(values: Any) -> dict[str, np.ndarray]:
    """Return plain JSON values as arrays: their numbers, their other texts and their digests."""
    numbers: list[float] = []
    digests: list[str] = []

    def rest(value: Any) -> Any:
        if isinstance(value, dict):
            return {str(key): rest(value[key]) for key in sorted(value)}
        if isinstance(value, list | tuple):
            return [rest(one) for one in value]
        if isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool)):
            numbers.append(float(value))
            return 0
        if isinstance(value, str) and DIGEST.fullmatch(value):
            digests.append(value)
            return "digest"
        return value

    lines = json.dumps(rest(values), indent=0).splitlines()
    return {"numbers": np.array(numbers), "texts": np.array(lines), HASHED: np.array(digests, str)}


_YOUNGER = ("footprints", "outlines", "balance")


def figures(card: Any) -> Any:
    """Return report cards without footprints and balance, which repeat footfalls and motion.

    Edited footprints are named as in the stored cards.
    """
    if isinstance(card, dict):
        rest = {key: figures(value) for key, value in card.items() if key not in _YOUNGER}
        if "footprints_edited" in rest:
            rest["footfalls_moved"] = [_moved(edit) for edit in rest.pop("footprints_edited")]
        return rest
    return [figures(one) for one in card] if isinstance(card, list) else card


def _moved(edit: dict[str, Any]) -> dict[str, Any]:
    times = {"at": edit["at"], "to": edit.get("to"), "lift": edit.get("lift")}
    return {"paw": edit["foot"], **times, "optional": edit.get("optional", False)}


def environment(name: str) -> str:
    """Return the versions that the bits of a golden depend on, on one machine."""
    names = {"numpy": np.__version__}
    if name.startswith("blender-"):
        names["bpy"] = sys.modules["bpy"].app.version_string.split()[0]
    return ", ".join(f"{name} {version}" for name, version in names.items())


def _sampled(values: np.ndarray) -> np.ndarray:
    """Return the stored part of an array."""
    if values.ndim < 2:
        return values
    at = sorted({*range(0, len(values), EVERY), len(values) - 1})
    return values[at].astype(np.float32) if values.dtype == np.float64 else values[at]


def _digest(arrays: dict[str, np.ndarray]) -> str:
    """Return the hash of all bits."""
    total = hashlib.sha256()
    for key in sorted(arrays):
        value = arrays[key]
        wide = value if value.dtype.kind == "U" else value.astype(np.float64)
        content = "\n".join(wide.ravel()).encode() if wide.dtype.kind == "U" else wide.tobytes()
        total.update(f"{key} {value.shape}\n".encode() + content)
    return total.hexdigest()


def _store(place: Path, arrays: dict[str, np.ndarray], digests: dict[str, str]) -> None:
    place.parent.mkdir(exist_ok=True)
    np.savez_compressed(place, **arrays, sha256=np.array([f"{k}: {v}" for k, v in digests.items()]))


def _load(place: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    with np.load(place) as file:
        arrays = dict(file)
    return arrays, dict(line.split(": ") for line in arrays.pop("sha256"))
