# SPDX-License-Identifier: GPL-3.0-or-later
"""Episodes for the one-shot learner: an exemplar of each creature, and motion to predict.

Frames stay in half precision until they are sampled.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor

from motion_addon.motion.body import quadruped, quadruped_gaits
from motion_addon.motion.clip.contacts import runs
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.controller import stride_clock
from motion_addon.motion.creature.adaptation import clip_tokens
from motion_addon.motion.creature.adaptation.clip_tokens import Posture, RootRelativeMotion
from motion_addon.motion.maths import quat
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.plan.trajectory import RATE, WINDOW

from ..data import variants
from ..data.synthetic import episodes
from .prepare import LABRADOR

SHOWN: Final = (0.5, 5.0)
"""Shortest and longest exemplar, seconds."""
LABRADORS: Final = 0.1
"""Share of the Labrador among the sampled creatures."""
FRAMES: Final = (
    "control",
    "matrices",
    "moves",
    "axes",
    "hips",
    "contacts",
    "phase",
    "amplitude",
    "phase_rate",
)
"""Arrays of frames that are predicted or given in a roll-out, without the state."""
_STATES: Final = list(clip_tokens.STATE_INDICES)


@dataclass(frozen=True, eq=False)
class Shown:
    """The exemplars of a batch of B creatures."""

    tokens: Tensor
    """(B, 7 + N, I)"""
    posture: dict[str, Tensor]
    """turns (B, J, 3, 3), hips (B, 3), places (B, J, 3) and proportions (B, P)."""


class Creatures:
    """The prepared creatures of training or of validation."""

    def __init__(
        self, folder: Path, held_out: bool, real: float = 0.3, fold: int | None = None
    ) -> None:
        """Read the files that ``prepare`` wrote.

        ``real`` is the share of real creatures other than the Labrador. ``fold`` selects the
        creatures of ``episodes.FOLDS`` to hold out instead of the usual ones.
        """
        files = sorted(folder.glob("*.npz"))
        if not real:
            files = [file for file in files if file.stem != "real"]
        if not files:
            raise ValueError(f"There is no prepared creature in {folder}")
        self._shares = {"made up": 1.0 - LABRADORS - real, "real": real, LABRADOR: LABRADORS}
        self.kinds: list[str] = []
        parts: list[dict[str, Array]] = []
        clips = owners = 0
        for file in files:
            with np.load(file, allow_pickle=False) as data:
                own = {key: data[key] for key in data.files}
            kind = "made up" if file.stem.startswith("made_up") else file.stem
            if kind == "real" and fold is not None:
                rigs = [str(name).partition(variants.MARK)[0] for name in own["names"]]
                own["held_out"] = np.isin(rigs, episodes.FOLDS[fold])
            own = _only(own, held_out)
            own["clip"] = own["clip"] + clips
            own["owner"] = own["owner"] + owners
            clips, owners = clips + len(own["owner"]), owners + len(own["names"])
            self.kinds += [kind] * len(own["names"])
            parts.append(own)
        joined = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
        self.names = [str(name) for name in joined["names"]]
        self.bones = torch.from_numpy(joined["bones"])
        self.table = torch.from_numpy(joined["table"])
        self.clip, self.owner = joined["clip"], joined["owner"]
        self.usable, self.shown = joined["usable"], joined["shown"]
        keys = (*FRAMES, "places", "velocities", "gait")
        self.frames = {key: torch.from_numpy(joined[key]) for key in keys}
        self.skeletons = [
            Skeleton(quadruped.JOINTS, quadruped.parents(), bones) for bones in joined["bones"]
        ]
        self._resting: dict[int, Posture] = {}
        self.stretches = self._runs()
        self._starts: tuple[int, list[Array], list[Array]] = (0, [], [])

    def _runs(self) -> list[Array]:
        """Return per creature (R, 2) first and last frames of stretches that may be exemplars."""
        edge = np.flatnonzero(np.diff(self.clip, prepend=-1))
        split = self.shown.copy()
        split[edge] = False
        found: list[list[tuple[int, int]]] = [[] for _ in self.names]
        for start, stop in runs(split):
            found[int(self.owner[self.clip[start]])].append((start, stop))
        return [np.array(own).reshape(-1, 2) for own in found]

    def statistics(self) -> dict[str, Array]:
        """Return means and scales of tokens, proportions, inputs and outputs.

        Only control, tokens and proportions have means: the body is relative to its own mean pose.
        """
        rng = np.random.default_rng(0)
        seconds = np.full(4, 2.0)
        drawn = [self.show(self.draw(rng, 64), float(s), rng) for s in seconds]
        tokens = torch.cat([one.tokens.flatten(0, 1) for one in drawn]).numpy()
        proportions = torch.cat([one.posture["proportions"] for one in drawn]).numpy()
        part = tokens[:, clip_tokens.TokenLayout.part].any(axis=1)
        mean, scale = np.zeros(tokens.shape[1]), np.ones(tokens.shape[1])
        frame = clip_tokens.TokenLayout.frame
        mean[frame], scale[frame] = _grouped(tokens[~part][:, frame])
        bones = clip_tokens.TokenLayout.bones
        scale[bones] = tokens[part][:, bones].std()
        at = rng.permutation(len(self.clip))[:60000]
        control = self.frames["control"][at].float().numpy()
        inputs = np.concatenate(
            [control, np.zeros((len(at), stride_clock.INPUT.size - control.shape[1]))], 1
        )
        scales = inputs.std(axis=0)
        n = len(WINDOW)
        window = (
            slice(0, 2 * n),
            slice(2 * n, 4 * n),
            slice(4 * n, stride_clock.INPUT.trajectory.stop),
        )
        for group in window:
            scales[group] = scales[group].mean()
        places = self.frames["places"][at][:, _STATES].float()
        scales[stride_clock.INPUT.positions] = float((places - places.mean(0)).std()) * 4.0
        scales[stride_clock.INPUT.velocities] = (
            float(self.frames["velocities"][at].float().std()) * 4.0
        )
        scales[stride_clock.INPUT.clock] = 1.0
        return {
            "token_mean": mean,
            "token_scale": np.maximum(scale, 1e-3),
            "proportion_mean": proportions.mean(axis=0),
            "proportion_scale": np.maximum(proportions.std(axis=0), 0.02),
            "input_mean": inputs.mean(axis=0),
            "input_scale": np.maximum(scales, 1e-3),
        }

    def draw(self, rng: np.random.Generator, count: int) -> Array:
        """Return ``count`` sampled creatures (B,)."""
        weight = np.zeros(len(self.names))
        for kind, share in self._shares.items():
            own = np.array([k == kind for k in self.kinds])
            weight[own] = share / max(int(own.sum()), 1)
        weight *= [len(own) > 0 for own in self.stretches]
        drawn = rng.choice(len(weight), size=count, p=weight / weight.sum())
        return np.asarray(drawn)

    def show(self, who: Array, seconds: float, rng: np.random.Generator) -> Shown:
        """Return an exemplar of each creature of ``who`` (B,), all of one length."""
        length = round(seconds * RATE)
        longest = min(int(np.diff(self.stretches[i], axis=1).max()) for i in who)
        length = max(min(length, longest), clip_tokens.TOKEN_STEP * 2)
        tokens, postures = [], []
        for i in who:
            spans = self.stretches[i]
            room = spans[:, 1] - spans[:, 0] - length + 1
            share = np.cumsum(np.maximum(room, 0))
            at = int(rng.integers(share[-1]))
            run = int(np.searchsorted(share, at, side="right"))
            start = int(spans[run, 0]) + at - int(share[run - 1] if run else 0)
            seen = self.seen(start, start + length)
            posture = Posture.mean(self.skeletons[i], seen.axes, seen.hips)
            tokens.append(clip_tokens.tokens(seen, posture))
            postures.append(posture)
        return Shown(torch.from_numpy(np.stack(tokens)), posed(postures))

    def resting(self, who: Array) -> dict[str, Tensor]:
        """Return the rest poses of creatures (B,), as ``Shown.posture``."""
        for i in who:
            if int(i) not in self._resting:
                self._resting[int(i)] = Posture.rest(self.skeletons[i])
        return posed([self._resting[int(i)] for i in who])

    def seen(self, start: int, stop: int) -> RootRelativeMotion:
        """Return the root-relative motion of frames, as ``clip_tokens`` takes it."""
        keys = ("axes", "hips", "places", "velocities", "control", "contacts")
        part = {key: self.frames[key][start:stop].float().numpy() for key in keys}
        return RootRelativeMotion(
            part["axes"], part["hips"], part["places"], part["velocities"],
            part["control"][:, stride_clock.INPUT.motion], part["contacts"],
        )  # fmt: skip

    def sequences(
        self, who: Array, each: int, length: int, rng: np.random.Generator
    ) -> dict[str, Tensor]:
        """Return (B * each, length + 1, ...) frames; element 0 is the state to start from."""
        if self._starts[0] != length:
            self._starts = (length, *self._prepared(length))
        _, first, weight = self._starts
        picked = []
        for i in who:
            at = np.searchsorted(weight[i], rng.random(each) * weight[i][-1])
            picked.append(first[i][np.minimum(at, len(first[i]) - 1)])
        at = torch.from_numpy(np.concatenate(picked)[:, None] + np.arange(-1, length))
        out = {key: self.frames[key][at].float() for key in FRAMES}
        out["positions"] = self.frames["places"][at][:, :, _STATES].float()
        out["velocities"] = self.frames["velocities"][at].float()
        return out

    def _prepared(self, length: int) -> tuple[list[Array], list[Array]]:
        """Return per creature the first frames of sequences, and their cumulative weights.

        Rare gaits and speeds of a creature have larger weights.
        """
        first = np.arange(1, len(self.clip) - length + 1)
        same = self.clip[first - 1] == self.clip[first + length - 1]
        good = np.cumsum(np.concatenate([[0], self.usable]))
        whole = good[first + length] - good[first - 1] == length + 1
        first = first[same & whole]
        middle = torch.from_numpy(first + length // 2)
        gait = self.frames["gait"][middle].argmax(dim=1).numpy()
        step = self.frames["moves"][middle][:, [0, 2]].norm(dim=1).numpy() * RATE
        cell = gait * 15 + np.minimum(step // 0.4, 14).astype(np.int64)
        owner = self.owner[self.clip[first]]
        key = owner.astype(np.int64) * 15 * len(quadruped_gaits.GAITS) + cell
        density = np.bincount(key)[key]
        weight = 1.0 / np.sqrt(np.maximum(density, 30.0))
        order = np.argsort(owner, kind="stable")
        bounds = np.searchsorted(owner[order], np.arange(len(self.names) + 1))
        spans = [order[a:b] for a, b in itertools.pairwise(bounds)]
        return [first[s] for s in spans], [np.cumsum(weight[s]) for s in spans]


def posed(postures: Sequence[Posture]) -> dict[str, Tensor]:
    """Return postures as tensors, see ``Shown.posture``."""
    turns = quat.to_matrix(np.stack([one.turns for one in postures]))
    arrays = {
        "turns": turns,
        "hips": np.stack([one.hips for one in postures]),
        "places": np.stack([one.places for one in postures]),
        "proportions": np.stack([one.proportions for one in postures]),
    }
    return {k: torch.from_numpy(np.ascontiguousarray(v, np.float32)) for k, v in arrays.items()}


def _grouped(rows: Array) -> tuple[Array, Array]:
    """Return the mean of each column of frames, and one scale per group of columns."""
    mean, scale = rows.mean(axis=0), rows.std(axis=0)
    layout = clip_tokens.TokenLayout
    for group in (layout.turns, layout.hips, layout.velocities, layout.contacts):
        scale[group] = scale[group].mean()
    scale[layout.places] = scale[layout.places].mean()
    return mean, scale


def _only(own: dict[str, Array], held_out: bool) -> dict[str, Array]:
    """Return the held-out part of a file's arrays, or the other part."""
    creatures = own["held_out"] == held_out
    clips = creatures[own["owner"]]
    frames = clips[own["clip"]]
    out = {}
    for key, value in own.items():
        if key in ("names", "held_out", "bones", "table"):
            out[key] = value[creatures]
        elif key == "owner":
            out[key] = (np.cumsum(creatures) - 1)[value[clips]]
        elif key == "clip":
            out[key] = (np.cumsum(clips) - 1)[value[frames]]
        else:
            out[key] = value[frames]
    return out
