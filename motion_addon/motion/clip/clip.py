# SPDX-License-Identifier: GPL-3.0-or-later
"""A clip: a skeleton with joint rotations and root positions over time."""

from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Final

import numpy as np

from ...errors import RefusedError
from ..maths import quat
from ..maths.quat import Array
from .skeleton import Skeleton

MOST_ROTATIONS: Final = 30_000_000
"""Frames times joints of one clip, about 500 MB; an hour of a person at 240 frames a second."""
_BLOCK: Final = 4_096
"""Frames that are resampled at once."""


@dataclass(frozen=True, eq=False)
class Clip:
    """Motion of one character in meters, Y up: T frames of J joints."""

    skeleton: Skeleton
    rotations: Array
    """(T, J, 4) float32 local joint rotations, wxyz."""
    root_positions: Array
    """(T, 3) float32 world positions of joint 0 (m)."""
    fps: float
    """Frames per second."""
    contacts: Array | None = None
    """(T, P) float32 in 0..1 of the contact points of the feet, the left half of the body first, or
    None. A person has left heel, left ball, right heel, right ball; an animal a paw of each leg."""

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.rotations)

    @property
    def seconds(self) -> float:
        """Duration from the first to the last frame (s)."""
        return max(self.frames - 1, 0) / self.fps

    def world(self) -> tuple[Array, Array]:
        """Return world rotations (T, J, 4) and positions (T, J, 3)."""
        return self.skeleton.fk(self.rotations, self.root_positions)

    def slice(self, start: int, stop: int) -> "Clip":
        """Return the frames from ``start`` up to, not including, ``stop``."""
        contacts = None if self.contacts is None else self.contacts[start:stop]
        return replace(
            self,
            rotations=self.rotations[start:stop],
            root_positions=self.root_positions[start:stop],
            contacts=contacts,
        )

    def resample(self, fps: float) -> "Clip":
        """Return this clip at another frame rate, with slerp between frames.

        Raises RefusedError if it would be too long.
        """
        if fps == self.fps or self.frames < 2:
            return replace(self, fps=fps)
        count = int(np.floor(self.seconds * fps + 1e-6)) + 1
        if count * len(self.skeleton) > MOST_ROTATIONS:
            raise RefusedError(
                f"The motion lasts {self.seconds:.0f} s, too long for {fps:g} frames a second;"
                " shorten it or use a lower frame rate"
            )
        return self.at_frames(np.arange(count) * (self.fps / fps), fps)

    def at_frames(self, at: Array, fps: float) -> "Clip":
        """Return the motion at fractional source frames ``at`` (N,), played at ``fps``."""
        rotations = np.empty((len(at), *self.rotations.shape[1:]), np.float32)
        roots = np.empty((len(at), 3), np.float32)
        contacts = None
        if self.contacts is not None:
            contacts = np.empty((len(at), *self.contacts.shape[1:]), self.contacts.dtype)
        for start in range(0, len(at), _BLOCK):
            some = slice(start, start + _BLOCK)
            low = np.clip(np.floor(at[some]).astype(np.int64), 0, max(self.frames - 2, 0))
            high = np.minimum(low + 1, self.frames - 1)
            t = np.clip(at[some] - low, 0.0, 1.0).astype(np.float32)[:, None]
            rotations[some] = quat.slerp(self.rotations[low], self.rotations[high], t)
            before, after = self.root_positions[low], self.root_positions[high]
            roots[some] = before + (after - before) * t
            if self.contacts is not None and contacts is not None:
                contacts[some] = self.contacts[np.where(t[:, 0] < 0.5, low, high)]
        return Clip(self.skeleton, rotations, roots, fps, contacts)

    def mirrored(self) -> "Clip":
        """Return this clip mirrored in x, with left and right joints exchanged."""
        pairs = self.skeleton.mirror_pairs()
        flip = np.array([1.0, 1.0, -1.0, -1.0], dtype=np.float32)
        contacts = None
        if self.contacts is not None:
            contacts = np.roll(self.contacts, self.contacts.shape[1] // 2, axis=1)
        root = self.root_positions * np.array([-1.0, 1.0, 1.0], dtype=np.float32)
        return Clip(self.skeleton, self.rotations[:, pairs] * flip, root, self.fps, contacts)

    def scaled(self, factor: float) -> "Clip":
        """Return this clip with all lengths multiplied by ``factor``."""
        skeleton = self.skeleton.scaled(factor)
        return replace(
            self, skeleton=skeleton, root_positions=self.root_positions * np.float32(factor)
        )

    def save(self, path: FilePath) -> None:
        """Write this clip to one ``.npz`` file."""
        arrays = {f"skeleton_{k}": v for k, v in self.skeleton.to_arrays().items()}
        if self.contacts is not None:
            arrays["contacts"] = self.contacts
        np.savez_compressed(
            path,
            rotations=self.rotations,
            root_positions=self.root_positions,
            fps=np.float64(self.fps),
            **arrays,
        )

    @staticmethod
    def load(path: FilePath) -> "Clip":
        """Read a clip written by ``save``, without pickle."""
        with np.load(path, allow_pickle=False) as data:
            skeleton = Skeleton.from_arrays(
                {k[9:]: data[k] for k in data.files if k.startswith("skeleton_")}
            )
            contacts = data["contacts"] if "contacts" in data.files else None
            fps = float(data["fps"])
            return Clip(skeleton, data["rotations"], data["root_positions"], fps, contacts)
