# SPDX-License-Identifier: GPL-3.0-or-later
"""Seeded damage to files and plain values, for tests of what reads them."""

from collections.abc import Iterator
from typing import Any

import numpy as np

_ODD = (None, True, -1, 0, 1e300, -1e9, 10**30, float("nan"), "", "x", [], {}, [[]], {"a": [1]})


def damaged(data: bytes, count: int, seed: int = 0) -> Iterator[bytes]:
    """Yield ``count`` copies of a file with bytes changed, cut out, repeated or moved."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        out = bytearray(data)
        for _ in range(int(rng.integers(1, 4))):
            at, size = int(rng.integers(len(out) + 1)), int(rng.integers(1, 40))
            kind = rng.integers(5)
            if kind == 0:
                out[at : at + size] = rng.bytes(min(size, len(out) - at))
            elif kind == 1:
                del out[at : at + size]
            elif kind == 2:
                out[at:at] = out[at : at + size]
            elif kind == 3:
                out[at:at] = bytes(rng.choice(list(b'0123456789-+.eE{}[],: \n"')) for _ in range(3))
            else:
                del out[at + size * 40 :]
        yield bytes(out)


def changed(values: Any, count: int, seed: int = 0) -> Iterator[Any]:
    """Yield ``count`` copies of plain JSON values with one value in them replaced."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        yield _changed(values, rng)


def _changed(values: Any, rng: np.random.Generator) -> Any:
    if isinstance(values, dict) and values and rng.random() < 0.9:
        key = list(values)[int(rng.integers(len(values)))]
        return {**values, key: _changed(values[key], rng)}
    if isinstance(values, list | tuple) and len(values) and rng.random() < 0.7:
        at = int(rng.integers(len(values)))
        return [*values[:at], _changed(values[at], rng), *values[at + 1 :]]
    return _ODD[int(rng.integers(len(_ODD)))]
