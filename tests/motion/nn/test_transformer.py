# SPDX-License-Identifier: GPL-3.0-or-later
"""The transformer: its parts by hand, and what must hold whatever it has learned."""

import math

import numpy as np
import pytest

from motion_addon.motion.nn.transformer import LONGEST, Encoder, gelu, normalized, softmax
from tests.motion.fillers import arrays


def test_gelu_by_hand() -> None:
    x = np.array([-3.0, -0.5, 0.0, 0.7, 2.0])
    exact = [0.5 * v * (1.0 + math.erf(v / math.sqrt(2.0))) for v in x]
    assert gelu(x.copy()) == pytest.approx(exact, abs=1e-3)


def test_normalized_and_softmax() -> None:
    x = np.random.default_rng(0).normal(3.0, 2.0, size=(4, 5, 16))
    out = normalized(x)
    assert out.mean(axis=-1) == pytest.approx(np.zeros((4, 5)), abs=1e-9)
    assert out.std(axis=-1) == pytest.approx(np.ones((4, 5)), abs=1e-4)
    shares = softmax(np.array([[0.0, math.log(3.0)], [1000.0, 0.0]]))
    assert shares == pytest.approx(np.array([[0.25, 0.75], [1.0, 0.0]]))


def slow(a: dict[str, np.ndarray], inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what the network says of one window (T, I), by the textbook, token by token."""
    heads, width = len(a["bias"]), len(a["cls"])
    size, reach = width // heads, a["bias"].shape[1] // 2
    x = np.vstack([a["cls"], inputs @ a["embed"].T + a["embed_bias"]])

    def norm(v: np.ndarray, gain: np.ndarray) -> np.ndarray:
        return (v - v.mean()) / np.sqrt(v.var() + 1e-5) * gain[0] + gain[1]

    def bias(head: int, i: int, j: int) -> float:
        if i == 0:
            return a["cls_bias"][head, 0]
        if j == 0:
            return a["cls_bias"][head, 1]
        return a["bias"][head, np.clip(j - i, -reach, reach) + reach]

    for k in range(len(a["qkv"])):
        rows = np.array([a["qkv"][k] @ norm(v, a["norm"][k, 0]) + a["qkv_bias"][k] for v in x])
        gathered = np.zeros_like(x)
        for head in range(heads):
            part = slice(head * size, (head + 1) * size)
            q, key, v = (rows[:, n * width : (n + 1) * width][:, part] for n in range(3))
            for i in range(len(x)):
                scores = [q[i] @ key[j] / size**0.5 + bias(head, i, j) for j in range(len(x))]
                gathered[i, part] = np.exp(scores) / np.exp(scores).sum() @ v
        x = x + gathered @ a["merge"][k].T + a["merge_bias"][k]
        wide = [a["widen"][k] @ norm(v, a["norm"][k, 1]) + a["widen_bias"][k] for v in x]
        x = x + gelu(np.array(wide)) @ a["narrow"][k].T + a["narrow_bias"][k]
    x = np.array([norm(v, a["final_norm"]) for v in x])
    return x[1:] @ a["head"].T + a["head_bias"], x[0]


def test_same_as_the_textbook() -> None:
    a = arrays(7, 5)
    x = np.random.default_rng(1).normal(size=(2, 20, 7)).astype(np.float32)
    outputs, cls = Encoder(a).forward(x)
    assert outputs.shape == (2, 20, 5)
    for i in range(2):
        wanted, state = slow({k: v.astype(np.float64) for k, v in a.items()}, x[i])
        assert outputs[i] == pytest.approx(wanted, abs=1e-4)
        assert cls[i] == pytest.approx(state, abs=1e-4)


def test_looks_both_ways_and_knows_the_order() -> None:
    encoder = Encoder(arrays(7, 5))
    x = np.random.default_rng(2).normal(size=(1, 12, 7)).astype(np.float32)
    base = encoder.forward(x)[0]
    for frame in (0, 11):
        other = x.copy()
        other[0, frame] += 1.0
        assert np.abs(encoder.forward(other)[0] - base)[0, 5].max() > 1e-4
    assert np.abs(encoder.forward(x[:, ::-1])[0][:, ::-1] - base).max() > 1e-3


def test_too_long_and_misshapen() -> None:
    a = arrays(7, 5)
    with pytest.raises(ValueError, match="may have 128 frames, not 129"):
        Encoder(a).forward(np.zeros((1, LONGEST + 1, 7), dtype=np.float32))
    with pytest.raises(ValueError, match="multiple"):
        Encoder(arrays(7, 5, width=13, heads=3))
    with pytest.raises(KeyError):
        Encoder({k: v for k, v in a.items() if k != "merge"})
