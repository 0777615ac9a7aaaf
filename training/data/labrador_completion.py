# SPDX-License-Identifier: GPL-3.0-or-later
"""Complete a dog's whole body from the motion of its trunk and four feet.

Most of the Labrador's clips exist only as retargeted to a robot: a trunk and four feet. From the
clips that exist in both forms a small network learns pelvis, spine, head, tail and limbs; inverse
kinematics then puts the limbs on the paws.
"""

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn

from motion_addon.motion.body import quadruped
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.creature.reading import canonical_motion
from motion_addon.motion.maths import quat
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.maths.smoothing import smooth

from . import labrador_rig

WINDOW = np.array([-36, -28, -21, -15, -10, -5, 0, 5, 10, 15, 21, 28, 36])
"""Frames (60 Hz), relative to the completed one, whose feet and trunk are inputs."""
ROOT_SIGMA = 8.0
"""Frames, smoothing of the reference frame that follows the trunk."""
OUT_SIGMA = 1.5
"""Frames, smoothing of the network's output."""
NOISE = 0.012
"""Meters, noise on the feet in training: one draw per window, plus a third of it per frame."""
NETS = 2
"""Networks that are averaged."""
FEET = tuple(f"{leg}_knee" for leg in quadruped.LEGS)


@dataclass(frozen=True, eq=False)
class Track:
    """Trunk and feet of a clip, and the reference frame of the network's inputs."""

    origin: Array
    """(T, 3) the smoothed trunk on the ground, meters."""
    back: Array
    """(T, 4) the rotation from the world to the reference frame."""
    trunk: Array
    """(T, 3) meters, in the world."""
    axes: Array
    """(T, 6) forward and up of the trunk, in the world."""
    feet: Array
    """(T, 4, 3) meters, in the world, in the order of LEGS."""

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.origin)

    def seen(self, points: Array) -> Array:
        """Return world points (T, N, 3) in the reference frame."""
        return quat.apply(self.back[:, None], points - self.origin[:, None])

    def placed(self, points: Array) -> Array:
        """Return points (T, N, 3) of the reference frame in the world."""
        return np.asarray(quat.apply(quat.inv(self.back)[:, None], points) + self.origin[:, None])


def track(clip: Clip, scale: float) -> Track:
    """Return the track of a trunk-and-feet clip of the files at 60 Hz, lengths times ``scale``."""
    rotations, positions = clip.world()
    tips = dict(clip.skeleton.end_sites)
    feet = []
    for name in FEET:
        joint = clip.skeleton.index(name)
        arm = np.array(tips[joint], dtype=np.float32)
        feet.append(positions[:, joint] + quat.apply(rotations[:, joint], arm))
    trunk = positions[:, 0] * scale
    axes = quat.to_two_axes(rotations[:, 0])
    level = quat.unit(smooth(axes[:, :3] * [1.0, 0.0, 1.0], ROOT_SIGMA))
    origin = smooth(trunk * [1.0, 0.0, 1.0], ROOT_SIGMA)
    back = quat.yaw(-quat.yaw_of(level))
    return Track(origin, back, trunk, axes, np.stack(feet, axis=1) * scale)


def inputs(known: Track) -> Array:
    """Return (T, W * 21) float32: feet and trunk in the window around every frame.

    Each window is in the reference frame of its middle frame.
    """
    at = np.clip(np.arange(known.frames)[:, None] + WINDOW, 0, known.frames - 1)
    points = np.concatenate([known.feet, known.trunk[:, None]], axis=1)[at]
    back = known.back[:, None]
    points = quat.apply(back[:, None], points - known.origin[:, None, None])
    axes = known.axes[at].reshape(known.frames, len(WINDOW), 2, 3)
    axes = quat.apply(back[:, None], axes)
    seen = np.concatenate([points.reshape(*at.shape, 15), axes.reshape(*at.shape, 6)], axis=-1)
    return np.asarray(seen.reshape(known.frames, -1).astype(np.float32))


def outputs(known: Track, clip: Clip) -> Array:
    """Return (T, 3 + J * 6 + 12) float32: pelvis, axes of all joints, offsets of paws from feet."""
    rotations, positions = clip.world()
    axes = quat.to_two_axes(quat.mul(known.back[:, None], rotations))
    paws = quat.apply(known.back[:, None], quadruped.paw_points(clip) - known.feet)
    pelvis = known.seen(positions[:, :1])
    parts = [part.reshape(known.frames, -1) for part in (pelvis, axes, paws)]
    return np.asarray(np.concatenate(parts, axis=1).astype(np.float32))


@dataclass(frozen=True, eq=False)
class Pair:
    """One motion as a track and as a captured whole-body clip, frame by frame."""

    known: Track
    clip: Clip
    good: Array
    """(T,) bool, frames for training."""
    broken: tuple[str, ...] = ()
    """Faulty parts of the captured clip: "neck", or legs of LEGS below the wrist or hock."""

    def mirrored(self) -> "Pair":
        """Return the pair with left and right exchanged."""
        swap = str.maketrans("LR", "RL")
        broken = tuple(part if part == "neck" else part.translate(swap) for part in self.broken)
        return Pair(mirrored(self.known), self.clip.mirrored(), self.good, broken)


def mirrored(known: Track) -> Track:
    """Return a track with left and right exchanged (reflected in x)."""
    flip = np.array([-1.0, 1.0, 1.0])
    back = known.back * np.array([1.0, 1.0, -1.0, -1.0])
    axes = known.axes * np.concatenate([flip, flip])
    feet = known.feet[:, [2, 3, 0, 1]] * flip
    return Track(known.origin * flip, back, known.trunk * flip, axes, feet)


def broken_joints(skeleton: Skeleton, broken: tuple[str, ...]) -> list[int]:
    """Return the joints of broken parts."""
    names: list[str] = []
    for part in broken:
        names += quadruped.NECK if part == "neck" else quadruped.LEG_CHAINS[part][3:]
    return [skeleton.index(name) for name in names]


def _weights(pair: Pair) -> Array:
    """Return (T, 3 + J * 6 + 12) float32 loss weights, 0 for broken parts."""
    joints = len(pair.clip.skeleton)
    out = np.ones((pair.clip.frames, 3 + 6 * joints + 12), dtype=np.float32)
    for joint in broken_joints(pair.clip.skeleton, pair.broken):
        out[:, 3 + 6 * joint : 9 + 6 * joint] = 0.0
    for k, name in enumerate(quadruped.LEGS):
        if name in pair.broken:
            at = 3 + 6 * joints + 3 * k
            out[:, at : at + 3] = 0.0
    return out


def _noise(shape: tuple[int, ...]) -> torch.Tensor:
    """Return noise (N, W * 21) for the feet of windows."""
    out = torch.zeros(shape[0], len(WINDOW), 21)
    out[..., :12] = NOISE * torch.randn(shape[0], 1, 12)
    out[..., :12] += NOISE / 3.0 * torch.randn(shape[0], len(WINDOW), 12)
    return out.reshape(shape)


@dataclass(eq=False)
class Completion:
    """Networks that predict whole-body clips from tracks."""

    skeleton: Skeleton
    nets: list[nn.Module] = field(default_factory=list)
    x: tuple[torch.Tensor, torch.Tensor] | None = None
    y: tuple[torch.Tensor, torch.Tensor] | None = None

    def fit(self, pairs: list[Pair], steps: int = 1500, hidden: int = 192) -> None:
        """Train on pairs of tracks and captured clips, and on their mirror images."""
        both = pairs + [pair.mirrored() for pair in pairs]
        good = np.concatenate([pair.good for pair in both])
        parts = (
            np.concatenate([inputs(pair.known) for pair in both]),
            np.concatenate([outputs(pair.known, pair.clip) for pair in both]),
            np.concatenate([_weights(pair) for pair in both]),
        )
        seen, wanted, weights = (torch.from_numpy(part[good]) for part in parts)
        self.x = (seen.mean(0), seen.std(0).clamp(min=0.02))
        self.y = ((wanted * weights).sum(0) / weights.sum(0), _spread(wanted))
        targets = (wanted - self.y[0]) / self.y[1]
        for seed in range(NETS):
            torch.manual_seed(seed)
            net = nn.Sequential(
                nn.Dropout(0.1),
                nn.Linear(seen.shape[1], hidden),
                nn.ELU(),
                nn.Dropout(0.2),
                nn.Linear(hidden, hidden),
                nn.ELU(),
                nn.Linear(hidden, wanted.shape[1]),
            )
            self._train(net, (seen, targets, weights), steps)
            self.nets.append(net.eval())

    def _train(self, net: nn.Module, data: tuple[torch.Tensor, ...], steps: int) -> None:
        seen, wanted, weights = data
        best = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.05)
        pace = torch.optim.lr_scheduler.OneCycleLR(best, 2e-3, total_steps=steps)
        for _ in range(steps):
            pick = torch.randint(len(seen), (256,))
            noisy = self._scaled(seen[pick] + _noise((256, seen.shape[1])))
            miss = nn.functional.smooth_l1_loss(net(noisy), wanted[pick], reduction="none")
            loss = (miss * weights[pick]).mean()
            best.zero_grad()
            loss.backward()
            best.step()
            pace.step()

    def _scaled(self, seen: torch.Tensor) -> torch.Tensor:
        assert self.x is not None
        return (seen - self.x[0]) / self.x[1]

    def predict(self, known: Track) -> Array:
        """Return the predicted (T, 3 + J * 6 + 12), in the layout of ``outputs``."""
        assert self.y is not None
        with torch.no_grad():
            seen = self._scaled(torch.from_numpy(inputs(known)))
            mean = torch.stack([net(seen) for net in self.nets]).mean(0) * self.y[1] + self.y[0]
        return smooth(mean.numpy(), OUT_SIGMA)

    def clip(self, known: Track) -> Clip:
        """Return the whole-body clip of a track, its planted paws on the ground."""
        pelvis, rotations, paws = self.predicted(known)
        return canonical_motion.on_paws(self.skeleton, rotations, pelvis, paws, 60.0)

    def predicted(self, known: Track) -> tuple[Array, Array, Array]:
        """Return pelvis (T, 3), rotations (T, J, 4) and paws (T, 4, 3), all in the world."""
        values = self.predict(known)
        joints = len(self.skeleton)
        pelvis = known.placed(values[:, None, :3])[:, 0]
        axes = values[:, 3 : 3 + 6 * joints].reshape(-1, joints, 6)
        front = quat.inv(known.back)[:, None]
        rotations = quat.mul(front, quat.from_two_axes(axes))
        paws = known.feet + quat.apply(front, values[:, -12:].reshape(-1, 4, 3))
        paws = labrador_rig.leveled(paws, 60.0)
        labrador_rig.toes_down(self.skeleton, rotations, paws)
        return pelvis, rotations, paws

    def repaired(self, pair: Pair) -> Clip:
        """Return the captured clip of a pair with its broken parts completed."""
        if not pair.broken:
            return pair.clip
        _, turned, placed = self.predicted(pair.known)
        rotations, positions = pair.clip.world()
        paws = quadruped.paw_points(pair.clip)
        joints = broken_joints(self.skeleton, pair.broken)
        rotations[:, joints] = turned[:, joints]
        for k, name in enumerate(quadruped.LEGS):
            if name in pair.broken:
                paws[:, k] = placed[:, k]
        return canonical_motion.on_paws(self.skeleton, rotations, positions[:, 0], paws, 60.0)


def _spread(wanted: torch.Tensor) -> torch.Tensor:
    """Return (D,) scales of the outputs: one for rotations, one for positions."""
    out = torch.full((wanted.shape[1],), 0.2)
    out[:3] = 0.02
    out[-12:] = 0.02
    return out
