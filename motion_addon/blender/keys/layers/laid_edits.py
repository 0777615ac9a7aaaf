# SPDX-License-Identifier: GPL-3.0-or-later
"""The edits that lie on a take, as compressed bytes that are stored with its action.

They are stored as the artist made them, with the phases of the take that they were made in, so
that bakes there and back give the same keys. Bytes that are damaged count as no edits.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ....motion.maths import quat
from ....motion.retarget.edits import Edit, StanceClock
from . import stored_keys
from .stored_keys import Channel, Keys, Stored

Loose = dict[Channel, tuple[Keys, StanceClock]]
"""Keys of curves that are the artist's own, with the clock of the take they were made in."""


@dataclass(frozen=True, eq=False)
class Laid:
    """The edits on a take."""

    edits: list[Edit] = field(default_factory=list)
    loose: Loose = field(default_factory=dict)
    between: dict[str, list[int]] = field(default_factory=dict)
    """Frames of the generated keys that were laid between and beside edits, by bone."""


def packed(laid: Laid) -> bytes:
    """Return edits as compressed bytes; none without edits."""
    if not laid.edits and not laid.loose:
        return b""
    table, arrays = [], []
    for edit in laid.edits:
        rows = (edit.phases[:, None], edit.turns, edit.moves, edit.keyed[:, None])
        arrays.append(np.concatenate(rows, axis=1))
        table.append([edit.bone, edit.leg, edit.by_end, edit.open_end, len(edit.phases)])
    clocks: list[list[Any]] = []
    for _, clock in laid.loose.values():
        arrays.append(np.stack([clock.frames, clock.phases], axis=1))
        clocks.append([clock.last, len(clock.frames)])
    keys: Stored = {channel: keys for channel, (keys, _) in laid.loose.items()}
    parts = [
        json.dumps([table, clocks, laid.between]).encode(),
        b"".join(array.astype("<f8").tobytes() for array in arrays),
        stored_keys.packed(keys),
    ]
    sizes = b"".join(len(part).to_bytes(8, "little") for part in parts)
    return zlib.compress(sizes + b"".join(parts), stored_keys.LEVEL)


def unpacked(data: bytes) -> Laid:
    """Return the edits in bytes of ``packed``; none if the bytes are damaged."""
    try:
        return _unpacked(data) if data else Laid()
    except (
        zlib.error,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        RecursionError,
        AttributeError,
    ):
        return Laid()


def _unpacked(data: bytes) -> Laid:
    plain = zlib.decompressobj().decompress(data, stored_keys.MOST)
    ends = 24 + np.cumsum([int.from_bytes(plain[i : i + 8], "little") for i in (0, 8, 16)])
    table, clocks, between = json.loads(plain[24 : ends[0]])
    numbers = np.frombuffer(plain[ends[0] : ends[1]], dtype="<f8")
    if not np.isfinite(numbers).all():
        raise ValueError("Edits that are not numbers")
    laid, start = Laid(between={str(bone): list(frames) for bone, frames in between.items()}), 0
    for bone, leg, by_end, open_end, count in table:
        rows = numbers[start : (start := start + 9 * count)].reshape(count, 9)
        turns = quat.normalize(rows[:, 1:5])
        laid.edits.append(
            Edit(bone, leg, rows[:, 0], turns, rows[:, 5:8], rows[:, 8] > 0.5, by_end, open_end)
        )
    keys = stored_keys.unpacked(plain[ends[1] : ends[2]])
    for (channel, own), (last, count) in zip(keys.items(), clocks, strict=True):
        knots = numbers[start : (start := start + 2 * count)].reshape(count, 2)
        laid.loose[channel] = own, StanceClock(knots[:, 0], knots[:, 1], last)
    return laid
