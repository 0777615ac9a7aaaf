# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads ``.npz`` files that anybody may have written. Nothing is unpickled or evaluated.

Only the few kinds of arrays that Footfall stores are read. Sizes are checked against the headers
before anything is unpacked, and numbers must be finite.
"""

from __future__ import annotations

import math
import re
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

MOST_ARRAYS: Final = 64
"""Arrays in one file."""
LARGEST: Final = 1e6
"""Bound of the size of every number."""
_HEADER: Final = re.compile(
    r"\{'descr': '([<|](?:f2|f4|f8|i4|i8|b1|U\d{1,7}))', 'fortran_order': (True|False), "
    r"'shape': \(((?:\d{1,9}, ?)*\d{0,9})\), \}\s*"
)
_MAGIC: Final = b"\x93NUMPY"


@dataclass(frozen=True)
class Form:
    """Expected form of one array."""

    kind: str
    """``f`` numbers, ``i`` whole numbers, ``b`` flags or ``U`` text."""
    shape: tuple[int | str, ...]
    """Its size along each axis; axes of one name have the same size in all arrays."""


def read_arrays(data: bytes, most: int) -> dict[str, Array]:
    """Return the arrays of an ``.npz`` file by name, of at most ``most`` bytes unpacked.

    Raises ValueError with the reason in a few words.
    """
    try:
        with ZipFile(BytesIO(data)) as file:
            return _members(file, most)
    except (
        *(BadZipFile, zlib.error, struct.error, EOFError, OSError, OverflowError),
        *(KeyError, IndexError, RuntimeError),
    ) as error:
        raise ValueError("it is no zip file of arrays, or a damaged one") from error


def _members(file: ZipFile, most: int) -> dict[str, Array]:
    infos = file.infolist()
    names = [info.filename for info in infos]
    if len(infos) > MOST_ARRAYS or len(set(names)) < len(names):
        raise ValueError("it has too many parts")
    if sum(info.file_size for info in infos) > most:
        raise ValueError(f"it unpacks to more than {most / 1e6:g} MB")
    out = {}
    for info in infos:
        if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED) or info.flag_bits & 1:
            raise ValueError("it is packed in another way")
        if not info.filename.endswith(".npy"):
            raise ValueError("it holds other files than arrays")
        with file.open(info) as member:
            content = member.read(info.file_size + 1)
        if len(content) != info.file_size:
            raise ValueError("a part has another size than its directory says")
        out[info.filename.removesuffix(".npy")] = _array(content)
    return out


def _array(content: bytes) -> Array:
    """Return the array of an ``.npy`` file; raises ValueError for any other kind."""
    wide = content[6:7] == b"\x02"
    start = 12 if wide else 10
    if not content.startswith(_MAGIC) or len(content) < start:
        raise ValueError("a part is no array")
    stop = start + int.from_bytes(content[8:start], "little")
    found = _HEADER.fullmatch(content[start:stop].decode("latin-1"))
    if found is None:
        raise ValueError("a part is an array of another kind")
    dtype = np.dtype(found[1])
    shape = tuple(int(n) for n in found[3].replace(" ", "").split(",") if n)
    if (
        len(shape) > 8
        or max(shape, default=0) > len(content)
        or math.prod(shape) * dtype.itemsize != len(content) - stop
    ):
        raise ValueError("an array has another size than its header says")
    if stop == len(content):
        return np.zeros(shape, dtype)
    flat = np.frombuffer(bytearray(content[stop:]), dtype)
    _check_contents(flat)
    return flat.reshape(shape, order="F" if found[2] == "True" else "C")


def _check_contents(flat: Array) -> None:
    """Raise ValueError for numbers that are not finite or too large, and for broken text."""
    kind = flat.dtype.kind
    if kind == "U":
        codes = flat.view(np.uint32)
        if np.any(codes > 0x10FFFF) or np.any((codes >= 0xD800) & (codes < 0xE000)):
            raise ValueError("a text has characters that are none")
    elif kind == "b":
        if np.any(flat.view(np.uint8) > 1):
            raise ValueError("a flag is neither true nor false")
    elif not np.isfinite(flat).all() or np.any((flat > LARGEST) | (flat < -LARGEST)):
        raise ValueError("a number is not finite or too large")


def check_forms(arrays: Mapping[str, Array], forms: Mapping[str, Form]) -> dict[str, int]:
    """Return the size of each named axis; raises ValueError if an array has another form.

    Every form must be present; arrays without a form are not checked.
    """
    sizes: dict[str, int] = {}
    for name, form in forms.items():
        array = arrays.get(name)
        if array is None:
            raise ValueError(f"it has no {name}")
        if array.dtype.kind != form.kind or array.ndim != len(form.shape):
            raise ValueError(f"its {name} is an array of another kind")
        for length, wanted in zip(array.shape, form.shape, strict=True):
            known = sizes.setdefault(wanted, length) if isinstance(wanted, str) else wanted
            if length != known:
                raise ValueError(f"its {name} has another size than the other arrays")
    return sizes
