# SPDX-License-Identifier: GPL-3.0-or-later
"""Ground from JSON and from OBJ files: faces of any size, and what is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from motion_addon.errors import RefusedError
from motion_addon.motion.plan.ground_file import plain_ground, read_ground
from tests.cases import each

CORNERS = [[0, 0, 0], [0, 0, 3], [3, 0, 3], [3, 0, 0]]
OBJ = """# made by hand
mtllib none.mtl
o Floor
v 0 0 0
v 0 0 3
v 3 0 3 0.5 0.5 0.5
v 3 0 0
vt 0 0
vn 0 1 0
f 1/1/1 2//1 3/1 4
f -4 -3 \\
-2
"""


def test_faces_of_any_number_of_corners_become_triangles() -> None:
    ground = read_ground("ground", {"vertices": CORNERS, "faces": [[0, 1, 2, 3], [0, 1, 2]]})
    assert ground.triangles.tolist() == [[0, 1, 2], [0, 1, 2], [0, 2, 3]]
    assert read_ground("ground", json.loads(json.dumps(plain_ground(ground)))) == ground
    assert ground.heights(np.array([[1.0, 9.0, 2.0], [4.0, 9.0, 2.0]])).tolist()[0] == 0.0


def test_an_obj_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "floor.OBJ"
    file.write_text(OBJ)
    ground = read_ground("ground", str(file))
    assert ground.vertices.tolist() == [[float(v) for v in corner] for corner in CORNERS]
    assert sorted(ground.triangles.tolist()) == [[0, 1, 2], [0, 1, 2], [0, 2, 3]]


@each(
    ("value", "remedy"),
    [
        ({"vertices": CORNERS}, r'must be \{"vertices"'),
        ({"vertices": [[0, "1", 2]], "faces": []}, "vertices of ground must be a list of"),
        ({"vertices": [[0, 1], [2]], "faces": []}, "vertices of ground must be a list of"),
        ({"vertices": [[0, float("nan"), 2]], "faces": []}, "Vertex 0 of ground is not a finite"),
        ({"vertices": [[0, 0, 1e9]], "faces": []}, "ground is more than 1,000 km from"),
        ({"vertices": CORNERS, "faces": []}, "no faces to stand on"),
        ({"vertices": CORNERS, "faces": [[0, 1]]}, "Face 0 of ground has fewer than three"),
        ({"vertices": CORNERS, "faces": [[0, 1, 4]]}, "vertex that does not exist; .* 0 to 3"),
        ({"vertices": CORNERS, "faces": [[0, 1, -1]]}, "vertex that does not exist"),
        ({"vertices": CORNERS, "faces": [[0, 1, 2.5]]}, "faces of ground must be lists of"),
        ({"vertices": CORNERS, "faces": [0, 1, 2]}, "faces of ground must be a list of lists"),
        ("hill.fbx", "is no .obj file"),
        ("no ground.obj", "there is no such file"),
    ],
)
def test_bad_ground_is_refused(value: Any, remedy: str) -> None:
    with pytest.raises(RefusedError, match=remedy):
        read_ground("ground", value)


@each(
    ("text", "remedy"),
    [
        ("v 0 0 0\nv 0 1\nf 1 2 3", "a vertex or a face is not made of numbers"),
        ("v 0 0 0\nv 0 0 1\nv 1 0 0\nf 1 2 x", "a vertex or a face is not made of numbers"),
        ("v 0 0 0\nv 0 0 1\nv 1 0 0\nf 0 1 2", "vertex that does not exist"),
        ("v 0 0 0\nv 0 0 1\nv nan 0 0\nf 1 2 3", "Vertex 2 of the ground .* is not a finite"),
        ("v 0 0 0\n", "no faces to stand on"),
    ],
)
def test_a_damaged_obj_file_is_refused(tmp_path: Path, text: str, remedy: str) -> None:
    file = tmp_path / "bad.obj"
    file.write_text(text)
    with pytest.raises(RefusedError, match=remedy):
        read_ground("ground", str(file))
