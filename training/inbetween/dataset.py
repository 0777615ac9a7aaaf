# SPDX-License-Identifier: GPL-3.0-or-later
"""Cuts windows with gaps out of the prepared clips."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.inbetween import gap
from motion_addon.motion.maths import quat
from motion_addon.motion.maths.quat import Array

from .bodies import SHARES

CONTEXT, LONGEST_GAP = 10, 60
STEP = 60.0 / gap.RATE
"""Prepared frames in a frame of pace 1."""


@dataclass(frozen=True, eq=False)
class Cut:
    """A batch of windows: the truth, the kept frames, and the poses shown for them."""

    rotations: Array
    """(N, T, J, 4) local."""
    roots: Array
    """(N, T, 3)."""
    contacts: Array
    """(N, T, 4)."""
    pace: Array
    """(N,)."""
    known: Array
    """(N, T) bool, frames shown as kept."""
    shown: Array
    """(N, T, J, 4) local rotations, as ``rotations`` but for frames that are shown wrong."""
    asked: Array
    """(N, T) bool, frames that count in the loss."""
    bones: Array
    """(N, J, 3) offsets of the joints of each window's body."""


class Clips:
    """Prepared clips, either for training or held out."""

    def __init__(self, path: Path, held_out: bool) -> None:
        """Read a file that ``prepare`` wrote."""
        with np.load(path, allow_pickle=False) as data:
            arrays = {key: data[key] for key in data.files}
        self.skeleton = Skeleton.from_arrays(
            {k[9:]: v for k, v in arrays.items() if k.startswith("skeleton_")}
        )
        mask = arrays["held_out"] == held_out
        self.rotations, self.roots = arrays["rotations"][mask], arrays["roots"][mask]
        self.contacts, self.clip = arrays["contacts"][mask], arrays["clip"][mask]
        self.names = [str(name) for name in arrays["clip_names"]]
        self.bones = arrays["bones"]
        self._kinds = arrays["kind"]
        self._usable = np.cumsum(np.concatenate([[0], arrays["usable"][mask]]))
        runs = np.diff(np.flatnonzero(np.diff(self.clip, prepend=-1, append=-1)))
        self.longest = int(runs.max())
        self._pairs = self.skeleton.mirror_pairs()
        self._weight = np.cumsum(self._wanted())

    def sources(self) -> list[str]:
        """Return the names of the captured and keyed clips."""
        own = [i for i in np.unique(self.clip) if self._kinds[i] != "made up"]
        names = (self.names[i].removesuffix(" planted") for i in own)
        return list(dict.fromkeys(names))

    def _wanted(self) -> Array:
        """Return the probability (T,) of drawing each frame: rare speeds of its kind more often."""
        step = np.gradient(self.roots, axis=0)[:, [0, 2]]
        speed = np.linalg.norm(step, axis=-1) * 60.0
        weight = np.empty(len(speed))
        for kind in np.unique(self._kinds[self.clip]):
            own = self._kinds[self.clip] == kind
            pace = np.minimum(speed[own], 4.9)
            counts, edges = np.histogram(pace, bins=np.arange(0.0, 5.01, 0.25))
            density = counts[np.clip(np.digitize(pace, edges) - 1, 0, len(counts) - 1)]
            part = 1.0 / np.sqrt(np.maximum(density, 50.0))
            weight[own] = SHARES[str(kind)] * part / part.sum()
        return np.asarray(weight / weight.sum())

    def starts(self, rng: np.random.Generator, span: Array) -> Array:
        """Return first frames (N,) of stretches of ``span`` (N,) frames of one clip."""
        out = np.full(len(span), -1)
        while (out < 0).any():
            open_ = np.flatnonzero(out < 0)
            middle = np.searchsorted(self._weight, rng.random(len(open_)))
            first = middle - (span[open_] * rng.random(len(open_))).astype(np.int64)
            last = first + span[open_]
            inside = (first >= 0) & (last < len(self.clip))
            first, last = np.where(inside, first, 0), np.where(inside, last, 0)
            whole = self._usable[last + 1] - self._usable[first] == last + 1 - first
            good = inside & (self.clip[first] == self.clip[last]) & whole
            out[open_[good]] = first[good]
        return out

    def read(self, at: Array) -> tuple[Array, Array, Array]:
        """Return rotations, roots and contacts at fractional prepared frames (N, T)."""
        low = np.floor(at).astype(np.int64)
        high = np.minimum(low + 1, len(self.clip) - 1)
        t = (at - low).astype(np.float32)[..., None]
        a, b = self.rotations[low], self.rotations[high]
        b = np.where((a * b).sum(axis=-1, keepdims=True) < 0, -b, b)
        rotations = quat.normalize(a + t[..., None] * (b - a))
        roots = self.roots[low] + t * (self.roots[high] - self.roots[low])
        return rotations, roots, self.contacts[np.where(t[..., 0] < 0.5, low, high)]

    def mirrored(self, rotations: Array, roots: Array, contacts: Array) -> tuple[Array, ...]:
        """Return a motion with left and right exchanged, for symmetric bodies."""
        flip = np.array([1.0, 1.0, -1.0, -1.0], dtype=np.float32)
        away = np.array([-1.0, 1.0, 1.0], dtype=np.float32)
        return rotations[:, :, self._pairs] * flip, roots * away, contacts[..., [2, 3, 0, 1]]


def masks(rng: np.random.Generator, count: int) -> tuple[Array, Array, Array]:
    """Return known, wrong and asked (count, T) bool, one of four kinds of gaps for all.

    A gap between context frames; one with a few kept frames in it; kept frames at equal
    distances; and BERT's 15 % of frames, of which 80 % are hidden, 10 % shown wrong and 10 %
    shown as they are. T is drawn, too, short gaps more often.
    """
    kind = rng.choice(4, p=(0.6, 0.15, 0.1, 0.15))
    long = int(rng.integers(3, 13) if rng.random() < 0.3 else rng.integers(10, LONGEST_GAP + 1))
    if kind <= 1:
        plain = rng.random() < 0.5
        before = CONTEXT if plain else int(rng.integers(1, CONTEXT + 1))
        after = 1 if plain else int(rng.integers(1, CONTEXT + 1))
        known = np.ones((count, before + long + after), dtype=bool)
        known[:, before : before + long] = False
        if kind == 1:
            known |= rng.random(known.shape) < 1.0 / rng.integers(3, 21)
        return known, np.zeros_like(known), ~known
    frames = max(long + CONTEXT, 20)
    if kind == 2:
        apart = int(rng.integers(2, 17))
        known = np.broadcast_to(np.arange(frames) % apart == 0, (count, frames)).copy()
        known[:, -1] = True
        return known, np.zeros_like(known), ~known
    asked = rng.random((count, frames)) < 0.15
    asked[:, frames // 2] = True
    lot = rng.random(asked.shape)
    known = ~(asked & (lot < 0.8))
    known[:, 0] = True
    return known, asked & (lot > 0.9), asked


def draw(clips: Clips, rng: np.random.Generator, tokens: int) -> Cut:
    """Return windows of about ``tokens`` frames in all.

    Half of them are mirrored and half are played up to a tenth faster or slower; two fifths
    have frames half as long to four times as long.
    """
    known, wrong, asked = masks(rng, 256)
    frames = known.shape[1]
    count = int(np.clip(tokens // frames, 16, 256))
    known, wrong, asked = known[:count], wrong[:count], asked[:count]
    spread = np.clip(rng.normal(0.0, 0.7, count), -1.0, 2.0)
    pace = np.where(rng.random(count) < 0.4, 2.0**spread, 1.0)
    pace = np.minimum(pace, 0.8 * clips.longest / (STEP * frames))
    warp = np.where(rng.random(count) < 0.5, rng.uniform(0.9, 1.1, count), 1.0)
    step = STEP * pace * warp
    span = np.ceil((frames - 1) * step).astype(np.int64) + 1
    first = clips.starts(rng, span)
    at = first[:, None] + np.arange(frames) * step[:, None]
    parts = clips.read(at)
    half = count // 2
    sides = clips.mirrored(*(part[:half] for part in parts))
    rotations, roots, contacts = (
        np.concatenate([side, part[half:]]) for side, part in zip(sides, parts, strict=True)
    )
    shown = rotations
    if wrong.any():
        row, column = np.nonzero(wrong)
        other = rng.permutation(len(row))
        shown = rotations.copy()
        shown[row, column, 1:] = rotations[row[other], column[::-1][other], 1:]
    bones = clips.bones[clips.clip[first]]
    return Cut(rotations, roots, contacts, pace, known, shown, asked, bones)
