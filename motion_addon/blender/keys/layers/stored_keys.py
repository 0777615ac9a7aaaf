# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of an action as arrays, and as compressed bytes that are stored with the action.

A take's action stores its keys as they were baked: its base. What differs from the base is the
artist's. Bytes that are damaged count as no base.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import Any, Final

import bpy
import numpy as np

from ....motion.maths.quat import Array
from ...scene import fcurves

LEVEL: Final = 1  # of the compression; more takes longer and saves little
MOST: Final = 1 << 30  # bytes of a base that is read
_SHAPES: Final = ("handle_left", "handle_right")
_ENUMS: Final = ("interpolation", "easing", "handle_left_type", "handle_right_type")
_NUMBERS: Final = ("back", "amplitude", "period")

Channel = tuple[str, int]
"""Data path and index of an F-curve."""


@dataclass(frozen=True, eq=False)
class Keys:
    """Keys of one F-curve."""

    frames: Array
    """(K,) float32."""
    values: Array
    """(K,) float32."""
    types: Array
    """(K,) int8, the keyframe types."""
    shape: dict[str, Array]
    """Handles (2 K,), and the settings of each key's interpolation (K,); empty for linear keys."""

    def same(self, other: Keys) -> bool:
        """Whether the keys give the same curve."""
        if not np.array_equal(self.frames, other.frames):
            return False
        if not np.array_equal(self.values, other.values):
            return False
        if self.shape.keys() != other.shape.keys():
            return False
        return all(_alike(self.shape[n], other.shape[n]) for n in self.shape)


def _alike(one: Array, other: Array) -> bool:
    return np.array_equal(one, other) or np.allclose(one, other, rtol=1e-5, atol=1e-5)


Stored = dict[Channel, Keys]


def read(bag: Any | None) -> Stored:
    """Return the keys of all F-curves of a channelbag."""
    return {} if bag is None else {(c.data_path, c.array_index): of(c) for c in bag.fcurves}


def is_untouched(curve: bpy.types.FCurve, keys: Keys) -> bool:
    """Whether an F-curve has the frames and values of keys; quicker than reading all of it."""
    return (
        not keys.shape
        and len(curve.keyframe_points) == len(keys.frames)
        and np.array_equal(_pairs(curve), np.stack([keys.frames, keys.values], axis=1).ravel())
    )


def _pairs(curve: bpy.types.FCurve) -> Array:
    """Return frames and values of an F-curve's keys in turn, (2 K,)."""
    pairs = np.empty(2 * len(curve.keyframe_points), dtype=np.float32)
    curve.keyframe_points.foreach_get("co", pairs)
    return pairs


def of(curve: bpy.types.FCurve) -> Keys:
    """Return the keys of an F-curve."""
    points, pairs = curve.keyframe_points, _pairs(curve)
    count = len(points)
    types, ways = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.int32)
    points.foreach_get("type", types)
    points.foreach_get("interpolation", ways)
    shape: dict[str, Array] = {}
    if (ways != fcurves.LINEAR).any():
        for name in _SHAPES:
            shape[name] = np.empty(2 * count, dtype=np.float32)
        for name in _ENUMS:
            shape[name] = np.empty(count, dtype=np.int32)
        for name in _NUMBERS:
            shape[name] = np.empty(count, dtype=np.float32)
        for name, values in shape.items():
            points.foreach_get(name, values)
    return Keys(pairs[0::2].copy(), pairs[1::2].copy(), types.astype(np.int8), shape)


def write(curve: bpy.types.FCurve, keys: Keys) -> None:
    """Write keys into an F-curve without keys."""
    points = curve.keyframe_points
    count = len(keys.frames)
    points.add(count)
    points.foreach_set("co", np.stack([keys.frames, keys.values], axis=1).ravel())
    points.foreach_set("type", keys.types.astype(np.int32))
    linear = np.full(count, fcurves.LINEAR, dtype=np.int32)
    points.foreach_set("interpolation", keys.shape.get("interpolation", linear).astype(np.int32))
    for name, values in keys.shape.items():
        points.foreach_set(name, values.astype(np.int32) if name in _ENUMS else values)
    curve.update()


def patched(keys: Keys, patch: Keys, beside: Array) -> Keys:
    """Return keys with those of a patch, which is linear, in place of others on its frames.

    Keys on the frames ``beside`` the patch keep their values. Curves outside of the patch and the
    frames beside it stay as they are.
    """
    inside = np.isin(keys.frames, patch.frames) & ~np.isin(keys.frames, beside)
    fresh = ~(np.isin(patch.frames, beside) & np.isin(patch.frames, keys.frames))
    frames = np.concatenate([keys.frames[~inside], patch.frames[fresh]])
    order = np.argsort(frames, kind="stable")
    frames = frames[order]

    def both(old: Array, new: Array) -> Array:
        width = len(old) // max(len(keys.frames), 1)
        rows = old.reshape(-1, width)[~inside], new.reshape(-1, width)[fresh].astype(old.dtype)
        return np.concatenate(rows)[order].ravel()

    shape = {n: both(old, _straight(n, old, patch)) for n, old in keys.shape.items()}
    if "interpolation" in shape:
        through = np.isin(frames, patch.frames) & np.isin(frames + 1.0, patch.frames)
        shape["interpolation"] = np.where(through, fcurves.LINEAR, shape["interpolation"])
    values, types = both(keys.values, patch.values), both(keys.types, patch.types)
    return Keys(frames, values, types, shape)


def _straight(name: str, old: Array, patch: Keys) -> Array:
    """Return the setting of a shape for all keys of a linear patch, or its handles."""
    count = len(patch.frames)
    if name in _SHAPES:
        side = -1.0 / 3.0 if name == "handle_left" else 1.0 / 3.0
        return np.stack([patch.frames + side, patch.values], axis=1).ravel()
    if name == "interpolation":
        return np.full(count, fcurves.LINEAR)
    if name in ("handle_left_type", "handle_right_type"):
        return np.full(count, fcurves.AUTO)
    return np.full(count, old[0])


def packed(stored: Stored) -> bytes:
    """Return keys as compressed bytes."""
    table: list[list[Any]] = []
    arrays: list[Array] = []
    before: Array | None = None
    for (path, index), keys in stored.items():
        again = before is not None and np.array_equal(before, keys.frames)
        columns = {} if again else {"frames": keys.frames}
        columns |= {"values": keys.values, "types": keys.types, **keys.shape}
        table.append([path, index, [[n, a.dtype.str, len(a)] for n, a in columns.items()]])
        arrays += columns.values()
        before = keys.frames
    head = json.dumps(table).encode()
    body = b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)
    return zlib.compress(len(head).to_bytes(8, "little") + head + body, LEVEL)


def unpacked(data: bytes) -> Stored:
    """Return the keys in bytes of ``packed``; none if the bytes are damaged."""
    try:
        return _unpacked(data)
    except (zlib.error, ValueError, KeyError, TypeError, RecursionError):
        return {}


def _unpacked(data: bytes) -> Stored:
    if not data:
        return {}
    plain = zlib.decompressobj().decompress(data, MOST)
    start = 8 + int.from_bytes(plain[:8], "little")
    stored: Stored = {}
    frames: Array = np.zeros(0, dtype=np.float32)
    for path, index, columns in json.loads(plain[8:start]):
        shape: dict[str, Array] = {}
        for name, kind, count in columns:
            shape[name] = np.frombuffer(plain, np.dtype(kind), count, start)
            start += shape[name].nbytes
        frames = shape.pop("frames", frames)
        keys = Keys(frames, shape.pop("values"), shape.pop("types"), shape)
        if not np.isfinite(frames).all() or not np.isfinite(keys.values).all():
            raise ValueError("Keys that are not numbers")
        stored[str(path), int(index)] = keys
    return stored


def sampled(stored: Stored, frames: Array) -> dict[Channel, Array]:
    """Return the values (N,) of channels at frames (N,), between keys as Blender interpolates."""
    values = {
        channel: np.interp(frames, keys.frames, keys.values)
        for channel, keys in stored.items()
        if not keys.shape and len(keys.frames)
    }
    shaped = {c: keys for c, keys in stored.items() if keys.shape and len(keys.frames)}
    if not shaped:
        return values
    action = bpy.data.actions.new("Footfall Keys")
    try:
        bag = fcurves.channelbag(action, action.slots.new(id_type="OBJECT", name="Keys"))
        for (path, index), keys in shaped.items():
            curve = bag.fcurves.new(path, index=index)
            write(curve, keys)
            values[path, index] = np.array([curve.evaluate(frame) for frame in frames])
    finally:
        bpy.data.actions.remove(action)
    return values
