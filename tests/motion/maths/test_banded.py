# SPDX-License-Identifier: GPL-3.0-or-later
"""Least squares over time against numpy's dense solution."""

import numpy as np

from motion_addon.motion.maths.banded import FrameEquations
from tests.cases import each


@each("frames", [9, 32, 33, 100])
def test_solution_is_that_of_dense_least_squares(frames: int) -> None:
    rng = np.random.default_rng(frames)
    equations, rows, values = FrameEquations(frames, 2), [], []
    for size in (1, 3, 4):
        count = frames - size + 1
        terms, weights = rng.normal(size=(size, count)), rng.uniform(0.5, 2.0, count)
        wanted = rng.normal(size=(count, 2))
        equations.add(terms, weights, wanted)
        for first in range(count):
            row = np.zeros(frames)
            row[first : first + size] = terms[:, first]
            rows.append(np.sqrt(weights[first]) * row)
            values.append(np.sqrt(weights[first]) * wanted[first])
    dense = np.linalg.lstsq(np.array(rows), np.array(values), rcond=None)[0]
    np.testing.assert_allclose(equations.solved(), dense, atol=1e-8)
