# SPDX-License-Identifier: GPL-3.0-or-later
"""Array files that anybody may have written: read exactly, or refused before they are unpacked."""

import io
import tracemalloc
import zipfile

import numpy as np
import pytest

from motion_addon.files.arrays import read_arrays
from tests.cases import each

MOST = 1_000_000


def stored(**arrays: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def member(content: bytes, name: str = "a.npy", times: int = 1) -> bytes:
    """Return a zip file with one member."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file, file.open(name, "w") as one:
        for _ in range(times):
            one.write(content)
    return out.getvalue()


def header(descr: object, shape: tuple[int, ...]) -> bytes:
    out = io.BytesIO()
    values = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(out, values)
    return out.getvalue()


def patched(data: bytes, signatures: dict[bytes, int], value: int) -> bytes:
    """Return a zip file with two bytes after each of some signatures changed."""
    out = bytearray(data)
    for signature, offset in signatures.items():
        at = out.find(signature)
        out[at + offset : at + offset + 2] = value.to_bytes(2, "little")
    return bytes(out)


def test_arrays_read_back_exactly() -> None:
    arrays = {
        "half": np.arange(6, dtype=np.float16).reshape(2, 3),
        "order": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "whole": np.arange(3),
        "flags": np.array([True, False]),
        "names": np.array(["bone", "é"]),
        "text": np.array("description"),
        "none": np.zeros((0, 3), np.float32),
    }
    back = read_arrays(stored(**arrays), MOST)
    assert set(back) == set(arrays)
    for name, array in arrays.items():
        assert back[name].dtype == array.dtype
        np.testing.assert_array_equal(back[name], array)


GOOD = stored(a=np.arange(100.0))


@each(
    "data",
    [
        b"",
        b"PK\x03\x04",
        GOOD[:-30],
        GOOD[: len(GOOD) // 2],
        patched(GOOD, {b"PK\x03\x04": 8, b"PK\x01\x02": 10}, 99),
        patched(GOOD, {b"PK\x03\x04": 6, b"PK\x01\x02": 8}, 1),
        GOOD[:60] + b"\xff" * 20 + GOOD[80:],
        stored(a=np.array([np.nan])),
        stored(a=np.array([np.inf], np.float16)),
        stored(a=np.array([1e9])),
        stored(a=np.array([1 + 2j])),
        stored(**{f"a{i}": np.zeros(1) for i in range(100)}),
        stored(a=np.zeros(1, dtype=[("x", "f4")])),
        member(header("<f8", (10**13,))),
        member(header("|O", (1,)) + b"\x80\x04N."),
        member(header("<f8", (3,)) + b"\0" * 8),
        member(header("<U1", (1,)) + b"\xff\xff\xff\x7f"),
        member(b"no array"),
        member(b"\x93NUMPY\x01\0\x10\0__import__('os')"),
        member(b"", "../evil.txt"),
    ],
)
def test_bad_arrays_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_arrays(data, MOST)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = member(bytes(1_000_000), times=300)
    lying = bytearray(bomb)
    at = lying.find(b"PK\x01\x02") + 24
    lying[at : at + 4] = (1_000).to_bytes(4, "little")
    tracemalloc.start()
    for data in (bomb, bytes(lying)):
        with pytest.raises(ValueError, match=r"\w"):
            read_arrays(data, MOST)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * MOST
