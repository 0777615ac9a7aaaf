# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads ground from plain JSON or from an ``.obj`` file: vertices and faces of any size."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from ...errors import RefusedError
from ...files.reading import read_bytes
from ...options import checks
from ..maths.quat import Array
from .ground_mesh import GroundMesh

MOST_OBJ: Final = 256_000_000
"""Largest ``.obj`` file that is read, bytes."""
FARTHEST: Final = 1e6
"""Meters of a vertex from the origin."""
_OBJ_PARTS: Final = re.compile(rb"/[^ \t]*")


def read_ground(name: str, value: Any) -> GroundMesh:
    """Return the ground of a JSON object of vertices and faces, or of the path of a file.

    Raises RefusedError with one plain sentence.
    """
    if isinstance(value, GroundMesh):
        return value
    if isinstance(value, str):
        return _read_obj(value)
    if not isinstance(value, Mapping) or set(value) != {"vertices", "faces"}:
        raise RefusedError(
            f'{name} must be {{"vertices": [[x, y, z], ...], "faces": [[i, j, k], ...]}} or the'
            f" path of an .obj file, not {checks.shown(value)}"
        )
    vertices = _vertices(name, value["vertices"])
    return GroundMesh(vertices, _triangles(name, value["faces"], len(vertices)))


def plain_ground(value: Any) -> Any:
    """Return plain JSON of a ground."""
    if not isinstance(value, GroundMesh):
        return value
    return {"vertices": value.vertices.tolist(), "faces": value.triangles.tolist()}


def _vertices(name: str, values: Any) -> Array:
    try:
        found = np.array(values) if checks.is_list(values) and len(values) else np.zeros((0, 3))
    except ValueError:
        found = np.zeros(0, dtype=object)
    if found.dtype.kind not in "if" or found.shape[1:] != (3,):
        raise RefusedError(f"The vertices of {name} must be a list of [x, y, z] in meters")
    return _checked(name, found.astype(np.float64))


def _checked(name: str, vertices: Array) -> Array:
    bad = ~np.isfinite(vertices).all(axis=1)
    if bad.any():
        raise RefusedError(
            f"Vertex {int(bad.argmax())} of {name} is not a finite number; repair it"
        )
    far = np.abs(vertices).max(axis=1, initial=0.0) > FARTHEST
    if far.any():
        raise RefusedError(
            f"Vertex {int(far.argmax())} of {name} is more than {FARTHEST / 1000.0:,.0f} km from"
            " the origin; give it in meters"
        )
    return vertices


def _triangles(name: str, faces: Any, count: int) -> Array:
    """Return the triangles (F, 3) of faces of any number of corners. Raises RefusedError."""
    if not checks.is_list(faces) or not all(checks.is_list(face) for face in faces):
        raise RefusedError(f"The faces of {name} must be a list of lists of vertex numbers")
    out = []
    sizes = np.array([len(face) for face in faces], dtype=np.int64)
    if (sizes < 3).any():
        raise RefusedError(
            f"Face {int((sizes < 3).argmax())} of {name} has fewer than three vertices; remove it"
        )
    for size in np.unique(sizes):
        which = np.flatnonzero(sizes == size)
        rows = [faces[i] for i in which]
        try:
            found = np.array(rows)
        except (ValueError, OverflowError):
            found = np.zeros(0, dtype=object)
        if found.dtype.kind != "i":
            raise RefusedError(f"The faces of {name} must be lists of vertex numbers from 0")
        _check_indices(name, found, which, count)
        out.append(fan(found))
    return np.concatenate(out) if out else np.zeros((0, 3), dtype=np.int64)


def _check_indices(name: str, found: Array, which: Array, count: int) -> None:
    wrong = ((found < 0) | (found >= count)).any(axis=1)
    if wrong.any():
        raise RefusedError(
            f"Face {int(which[wrong.argmax()])} of {name} has a vertex that does not exist; the"
            f" numbers go from 0 to {count - 1}"
        )


def fan(faces: Array) -> Array:
    """Return the triangles (F (N - 2), 3) of faces (F, N) of as many corners."""
    ends = [faces[:, [0, i, i + 1]] for i in range(1, faces.shape[1] - 1)]
    return np.concatenate(ends)


def _read_obj(path: str) -> GroundMesh:
    """Return the ground of a Wavefront file, Y up, in meters. Raises RefusedError."""
    file = Path(path)
    if file.suffix.lower() != ".obj":
        raise RefusedError(f"The ground '{file.name}' is no .obj file; give the path of one")
    lines = read_bytes(file, MOST_OBJ).replace(b"\\\n", b" ").splitlines()
    points = [line[2:].split()[:3] for line in lines if line.startswith((b"v ", b"v\t"))]
    try:
        vertices = np.array(points, dtype=np.float64).reshape(-1, 3)
        faces = _obj_faces(lines)
    except (ValueError, OverflowError) as error:
        raise RefusedError(
            f"{file.name} is damaged: a vertex or a face is not made of numbers; export it again"
        ) from error
    name = f"the ground {file.name}"
    return GroundMesh(_checked(name, vertices), _triangles(name, faces, len(vertices)))


def _obj_faces(lines: Sequence[bytes]) -> list[list[int]]:
    """Return the faces of the lines of a Wavefront file, numbered from 0. Raises ValueError."""
    faces, known = [], 0
    for line in lines:
        if line.startswith((b"v ", b"v\t")):
            known += 1
        elif line.startswith((b"f ", b"f\t")):
            corners = _OBJ_PARTS.sub(b"", line[2:]) if b"/" in line else line[2:]
            numbers = [int(corner) for corner in corners.split()]
            faces.append([i - 1 if i > 0 else known + i if i < 0 else -1 for i in numbers])
    return faces
