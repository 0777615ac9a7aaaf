# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads model folders: ``model.json`` and ``weights.safetensors``. Nothing is unpickled."""

import hashlib
from collections.abc import Callable
from pathlib import Path as FilePath
from typing import Any, Final, TypeVar

import numpy as np

from ...errors import RefusedError
from ...files.reading import decoded, parsed, read_bytes, read_json
from ..clip.skeleton import Skeleton
from ..maths.quat import Array

FOLDER = FilePath(__file__).resolve().parents[3] / "models"

LARGEST: Final = 1_000_000_000
"""Largest file of weights that is read, bytes."""
_KINDS = {"F16": np.float16, "F32": np.float32, "F64": np.float64, "I64": np.int64}
Files = tuple[dict[str, Any], dict[str, Array], str]
"""Description, weights and digest."""


Kind = TypeVar("Kind")


def read_safetensors(path: FilePath) -> dict[str, Array]:
    """Return the arrays of a ``.safetensors`` file; halves are widened to float32.

    Format: 8 bytes little-endian header length, JSON header, raw little-endian data. Raises
    ValueError, KeyError or TypeError for anything else.
    """
    data = read_bytes(path, LARGEST)
    start = 8 + int.from_bytes(data[:8], "little")
    header = parsed(decoded(data[8:start]), path.name)
    if not isinstance(header, dict):
        raise ValueError("The header of the weights is no JSON object")
    out = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        first, last = entry["data_offsets"]
        flat = np.frombuffer(data[start + first : start + last], dtype=_KINDS[entry["dtype"]])
        array = flat.reshape(entry["shape"])
        out[name] = array.astype(np.float32) if array.dtype == np.float16 else array
    return out


def read(name: str, folder: FilePath, build: Callable[[str, Files], Kind]) -> Kind:
    """Return a model built from its name and its files; raises RefusedError."""
    place = folder / name
    if not name.isidentifier() or not (place / "model.json").is_file():
        raise RefusedError(f"There is no model named {name!r}; choose another model")
    try:
        files = _files(place)
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(name) from error
    try:
        return build(name, files)
    except RefusedError:
        raise
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise _damaged(name) from error


def _damaged(name: str) -> RefusedError:
    return RefusedError(f"The files of the model {name} are damaged or incomplete; reinstall them")


def _files(place: FilePath) -> Files:
    info = read_json(place / "model.json")
    arrays = read_safetensors(place / "weights.safetensors")
    data = read_bytes(place / "weights.safetensors", LARGEST)
    digest = hashlib.sha256(data).hexdigest()[:12]
    return info, arrays, digest


def skeleton_of(info: dict[str, Any]) -> Skeleton:
    """Return the skeleton that ``model.json`` describes."""
    tips = tuple((int(j), (float(x), float(y), float(z))) for j, (x, y, z) in info["end_sites"])
    return Skeleton(
        tuple(info["joints"]), np.array(info["parents"]), np.array(info["offsets"]), tips
    )


def check_layout(name: str, info: dict[str, Any], inputs: int, outputs: int) -> None:
    """Raise RefusedError unless a model has this number of inputs and outputs."""
    if [info["inputs"], info["outputs"]] != [inputs, outputs]:
        raise RefusedError(
            f"The model {name} is for another version of Footfall; reinstall Footfall"
        )
