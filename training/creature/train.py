# SPDX-License-Identifier: GPL-3.0-or-later
"""Train the one-shot learner: masked frames first, then closed-loop roll-outs of episodes.

    python -m training.creature.train --prepared build/oneshot/data --out build/oneshot

In an episode an exemplar of a creature is encoded, the network is adapted, and predicts other
motion of that creature; the gradient goes all the way back. Now and then a creature is adapted
to its proportions alone, as without an exemplar.
"""

import argparse
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from motion_addon.motion.creature.adaptation import clip_tokens
from motion_addon.motion.maths.quat import Array

from ..quadruped.train import LEGS, PAWS, WEIGHTS
from ..shared import rollout
from ..shared.loop import Settings, add_arguments, read, run, settings_of
from ..shared.model import BodyState
from .dataset import SHOWN, Creatures, Shown
from .model import ANSWERS, JOINTS, LAYOUT, WAYS, Adapted, Learner

log = logging.getLogger(__name__)

CREATURES: Final = 16
"""Creatures in a batch."""
UNKNOWN: Final = 0.1
"""Share of the creatures that are adapted to their proportions alone."""
HIDDEN: Final = 0.15
"""Share of the frames that are hidden from the encoder, as in BERT."""
SPANS: Final = 0.5
"""Share of the batches in which spans are hidden, not single frames."""
MASKED: Final = 0.4
"""Share of the batches of episodes in which frames are hidden."""
RECALL: Final = 0.3
"""Weight of the loss of hidden frames."""
STEPS: Final = 0.5
"""Weight of the loss of footfalls."""


def hide(tokens: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Return tokens (B, N, I) with some frames hidden, and a mask (B, N) of predicted frames.

    Of those chosen 80 % are hidden, 10 % are those of another frame and 10 % stay as they are.
    """
    layout = clip_tokens.TokenLayout
    parts = len(clip_tokens.PARTS)
    count, length = len(tokens), tokens.shape[1] - parts
    if rng.random() < SPANS and length > 8:
        span = int(rng.integers(2, max(length // 3, 3)))
        start = rng.integers(0, length - span + 1, count)
        at = np.arange(length)
        chosen = (at >= start[:, None]) & (at < start[:, None] + span)
    else:
        chosen = rng.random((count, length)) < HIDDEN
        chosen[:, int(rng.integers(length))] = True
    lot = rng.random(chosen.shape)
    frames = tokens[:, parts:].clone()
    away = torch.from_numpy(chosen & (lot < 0.8))
    other = torch.from_numpy(chosen & (lot > 0.9))
    frames[other] = frames.roll(max(length // 2, 1), dims=1)[other]
    frames[..., layout.hidden] = away.float()
    asked = torch.from_numpy(np.concatenate([np.zeros((count, parts), bool), chosen], axis=1))
    return torch.cat([tokens[:, :parts], frames], dim=1), asked


def recall(model: Learner, tokens: Tensor, shown: Tensor, asked: Tensor) -> tuple[Tensor, Tensor]:
    """Return the loss of hidden frames and the [CLS] states (B, D)."""
    with torch.autocast("cpu", torch.bfloat16):
        answers, cls = model.encode(shown)
    frame = clip_tokens.TokenLayout.frame
    truth = ((tokens - model.token_mean) / model.token_scale)[..., frame]
    return (answers.float() - truth)[asked].square().mean(), cls.float()


class Episodes:
    """Draws batches of episodes; the roll-outs grow longer stage by stage."""

    def __init__(self, data: Creatures, settings: Settings, known: bool = True) -> None:
        """``known`` False adapts to proportions alone."""
        self._data, self._settings, self._known = data, settings, known
        self._rng = np.random.default_rng(settings.seed)
        self._bounds = np.cumsum(settings.shares) / np.sum(settings.shares)

    def __call__(self, done: float) -> dict[str, Any]:
        """Return the next batch at ``done`` (0..1) of the schedule."""
        stage = int(np.searchsorted(self._bounds, done, side="right"))
        length = self._settings.lengths[min(stage, len(self._bounds) - 1)]
        each = max(self._settings.batch_frames // length // CREATURES, 3)
        return episodes(self._data, self._rng, CREATURES, each, length, self._known)


def episodes(
    data: Creatures, rng: np.random.Generator, count: int, each: int, length: int, known: bool
) -> dict[str, Any]:
    """Return a batch of episodes: sequences, exemplars, and which creatures are unknown."""
    who = data.draw(rng, count)
    seconds = float(np.exp(rng.uniform(*np.log(SHOWN))))
    exemplar = data.show(who, seconds, rng)
    unknown = np.ones(count, bool) if not known else rng.random(count) < UNKNOWN
    if unknown.any():
        exemplar = _resting(data, who, unknown, exemplar)
    return {
        **data.sequences(who, each, length, rng),
        "exemplar": exemplar,
        "unknown": torch.from_numpy(unknown),
        "bones": data.bones[who],
        "table": data.table[who],
        "rng": rng,
    }


def _resting(data: Creatures, who: Array, unknown: Array, exemplar: Shown) -> Shown:
    """Return exemplars in which unknown creatures have the rest pose as their mean pose."""
    rest = data.resting(who)
    mask = torch.from_numpy(unknown)
    posture = {
        key: torch.where(mask.view(-1, *([1] * (value.dim() - 1))), rest[key], value)
        for key, value in exemplar.posture.items()
    }
    return Shown(exemplar.tokens, posture)


def adapted(model: Learner, batch: dict[str, Any]) -> tuple[Adapted, dict[str, Tensor]]:
    """Return the adaptation to the exemplars of a batch, and the encoder's loss terms."""
    exemplar: Shown = batch["exemplar"]
    tokens, terms = exemplar.tokens, {}
    if model.training and batch["rng"].random() < MASKED:
        shown, asked = hide(tokens, batch["rng"])
        loss, cls = recall(model, tokens, shown, asked)
        terms["recall"] = RECALL * loss
    else:
        with torch.autocast("cpu", torch.bfloat16, enabled=model.training):
            cls = model.encode(tokens)[1].float()
    if model.way == "none":
        cls = model.nothing.expand_as(cls)
    cls = torch.where(batch["unknown"][:, None], model.nothing, cls)
    out = model.adapt(cls, exemplar.posture, batch["bones"])
    known = ~batch["table"].isnan()
    angle = 2.0 * np.pi * batch["table"][known]
    truth = torch.stack([angle.cos(), angle.sin()], dim=-1)
    terms["footfalls"] = STEPS * (out.footfalls[known] - truth).square().mean()
    return out, terms


def roll_out(model: Learner, batch: dict[str, Any], settings: Settings | None) -> dict[str, Tensor]:
    """Run the adapted network on its own outputs and return mean losses."""
    own, terms = adapted(model, batch)
    moving = {key: value for key, value in batch.items() if key in _MOVING}

    def step(
        truth: dict[str, Tensor], positions: Tensor, velocities: Tensor
    ) -> tuple[BodyState, dict[str, Tensor]]:
        legs = truth["phase"], truth["amplitude"]
        body = model.step(own, truth["control"], legs, (positions, velocities))
        standing = [(PAWS, truth["contacts"] > 0.5)]
        return body, rollout.losses(body, truth, WEIGHTS, standing, layout=LAYOUT, phase=0.5)

    return rollout.run(moving, settings, LEGS, step) | terms


_MOVING: Final = (
    "control", "matrices", "moves", "axes", "hips", "contacts", "phase", "amplitude",
    "phase_rate", "positions", "velocities",
)  # fmt: skip


@torch.no_grad()
def validate(model: Learner, data: Creatures, known: bool = True) -> dict[str, float]:
    """Return losses of two-second roll-outs of held-out creatures."""
    rng = np.random.default_rng(7)
    model.eval()
    total: dict[str, float] = {}
    for _ in range(4):
        batch = episodes(data, rng, 24, 2, 60, known)
        batch["unknown"] = torch.full_like(batch["unknown"], not known)
        for key, value in roll_out(model, batch, None).items():
            total[key] = total.get(key, 0.0) + value.item() / 4.0
    model.train()
    return total


def pretrain(model: Learner, data: Creatures, steps: int, seed: int) -> None:
    """Train the encoder to predict hidden frames of exemplars."""
    rng = np.random.default_rng([seed, 1])
    optimizer = torch.optim.AdamW(model.encoder.parameters(), 1e-3, weight_decay=0.01)
    for step in range(steps):
        rate = 1e-3 * min(step / 100.0, 1.0) * max(0.5 * (1 + np.cos(np.pi * step / steps)), 0.1)
        for group in optimizer.param_groups:
            group["lr"] = rate
        seconds = float(np.exp(rng.uniform(*np.log(SHOWN))))
        tokens = data.show(data.draw(rng, 2 * CREATURES), seconds, rng).tokens
        shown, asked = hide(tokens, rng)
        loss, _ = recall(model, tokens, shown, asked)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.encoder.parameters(), 1.0)
        optimizer.step()
        if step % 100 == 0:
            log.info("hidden frames: step %d loss %.4f", step, loss.item())


def statistics(data: Creatures) -> dict[str, Array]:
    """Return the arrays of ``model.STATISTICS``."""
    stats = data.statistics()
    rng = np.random.default_rng(3)
    at = rng.permutation(len(data.clip))[:60000]
    mean, scale = np.zeros(ANSWERS), np.ones(ANSWERS)
    mean[: 9 * JOINTS] = np.tile(np.eye(3).ravel(), JOINTS)
    turns = slice(0, 6 * JOINTS)
    scale[: 9 * JOINTS] = stats["token_scale"][turns].mean()
    scale[9 * JOINTS : 9 * JOINTS + 3] = stats["token_scale"][clip_tokens.TokenLayout.hips].mean()
    rates, touches = (data.frames[key][at].float() for key in ("phase_rate", "contacts"))
    last = torch.cat([rates[:, None], touches], dim=1).numpy()
    mean[9 * JOINTS + 3 :], scale[9 * JOINTS + 3 :] = last.mean(axis=0), last.std(axis=0)
    return stats | {"output_mean": mean, "output_scale": scale}


def main() -> None:
    """Read the command line and train."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser, "oneshot")
    parser.add_argument("--prepared", type=Path, default=Path("build/oneshot/data"))
    parser.add_argument("--way", choices=WAYS, default="learnet")
    parser.add_argument("--pretrain", type=int, default=1500, help="steps on hidden frames")
    parser.add_argument("--real", type=float, default=0.3, help="share of real creatures")
    parser.add_argument("--fold", type=int, help="which real creatures are held out")
    parser.set_defaults(
        hidden=160, astray=0.05, batch_frames=1024, steps=24000, lengths=(1, 4, 8, 16, 24),
        shares=(0.15, 0.2, 0.25, 0.25, 0.15), rate=1e-3,
    )  # fmt: skip
    options = parser.parse_args()
    settings = settings_of(options)
    torch.manual_seed(settings.seed)
    learn, held_out = (
        Creatures(options.prepared, part, options.real, options.fold) for part in (False, True)
    )
    log.info("%d creatures, %d held out", len(learn.names), len(held_out.names))
    model = Learner(statistics(learn), settings.hidden, options.way)
    if options.start:
        model.load_state_dict(read(options.start)[0])
    elif options.pretrain and options.way != "none":
        pretrain(model, learn, options.pretrain, settings.seed)
    known = options.way != "none"
    draw = Episodes(learn, settings, known)
    info = asdict(settings) | {"way": options.way, "pretrain": options.pretrain}
    info |= {"real": options.real, "fold": options.fold}
    run(model, draw, roll_out, lambda mean: validate(mean, held_out, known),
        settings, options.out, info)  # fmt: skip


if __name__ == "__main__":
    main()
