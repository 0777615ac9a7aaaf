# SPDX-License-Identifier: GPL-3.0-or-later
"""A clip: a skeleton with joint rotations and root positions over time."""

from dataclasses import dataclass, replace
from pathlib import Path as FilePath

import numpy as np

from ..maths import quat
from ..maths.quat import Array
from .skeleton import Skeleton


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
        """Return this clip at another frame rate, with slerp between frames."""
        if fps == self.fps or self.frames < 2:
            return replace(self, fps=fps)
        count = int(np.floor(self.seconds * fps + 1e-6)) + 1
        return self.at_frames(np.arange(count) * (self.fps / fps), fps)

    def at_frames(self, at: Array, fps: float) -> "Clip":
        """Return the motion at fractional source frames ``at`` (N,), played at ``fps``."""
        low = np.clip(np.floor(at).astype(np.int64), 0, max(self.frames - 2, 0))
        high = np.minimum(low + 1, self.frames - 1)
        t = np.clip(at - low, 0.0, 1.0).astype(np.float32)
        rotations = quat.slerp(self.rotations[low], self.rotations[high], t[:, None])
        roots = self.root_positions
        contacts = None
        if self.contacts is not None:
            contacts = self.contacts[np.where(t < 0.5, low, high)]
        return Clip(
            self.skeleton,
            rotations.astype(np.float32),
            (roots[low] + (roots[high] - roots[low]) * t[:, None]).astype(np.float32),
            fps,
            contacts,
        )

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
