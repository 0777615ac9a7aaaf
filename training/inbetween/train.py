# SPDX-License-Identifier: GPL-3.0-or-later
"""Train the in-between transformer.

    python -m training.inbetween.train --dataset build/inbetween/biped.npz --out FOLDER

Hidden layers run in bfloat16, which a CPU with AMX multiplies several times faster.
"""

import argparse
import logging
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from motion_addon.motion.body.kinds import kind_of
from motion_addon.motion.inbetween import gap
from motion_addon.motion.inbetween.gap import GapWindows
from motion_addon.motion.maths import quat
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.nn.weights import read_safetensors

from ..shared.loop import add_fields, parsed_fields, save
from ..shared.model import axes_to_matrices
from ..shared.transformer import Size
from .dataset import Clips, Cut, draw
from .model import STATISTICS, Filler

log = logging.getLogger(__name__)

EVERY = 150.0
"""Seconds between two checkpoints."""


@dataclass(frozen=True)
class Settings:
    """One training run."""

    steps: int = 2600
    stop: int = 0
    """Step to stop at before the schedule ends; 0 runs it to the end."""
    tokens: int = 4096
    """Frames in a batch."""
    rate: float = 1e-3
    """AdamW learning rate, warmed up and then lowered by a cosine."""
    decay: float = 0.02
    dropout: float = 0.1
    average: float = 0.998
    """Share of the running mean of the weights that a step keeps."""
    position: float = 4.0
    """Weight of meters against axes."""
    height: float = 2.0
    """Weight of heights against distances on the ground: feet rise less than they travel."""
    sideways: float = 0.0
    """Extra weight of position errors to the side of the body."""
    velocity: float = 1.0
    """Weight of changes from frame to frame against the values."""
    contact: float = 0.02
    slide: float = 2.0
    """Weight of sliding feet in their stances, against axes."""
    evenness: float = 0.7
    """Power of the weight by which windows easy to interpolate count more."""
    weighed: str = "batch"
    """Unit of that weight: the whole "batch", or each "window". With "batch", standing windows
    count almost nothing beside running ones."""
    seed: int = 1


EVEN = 0.5
"""Error of the interpolation at which a batch or window has weight 1."""


def prepared(clips: Clips, cut: Cut) -> tuple[GapWindows, dict[str, Tensor]]:
    """Return windows with gaps and the tensors of a batch.

    The truth, ``true_axes`` and ``true_root``, is relative to the root frames.
    """
    filled = gap.window(clips.skeleton, cut.shown, cut.roots, cut.known, cut.pace, cut.bones)
    world, _ = clips.skeleton.fk(cut.rotations, cut.roots)
    true_axes = quat.to_two_axes(filled.root_frames.rotations_into(world))
    true_root = filled.root_frames.points_into(cut.roots[:, :, None])[:, :, 0]
    arrays = {
        "inputs": filled.inputs,
        "axes": filled.axes,
        "root": filled.root,
        "true_axes": true_axes,
        "true_root": true_root,
        "contacts": cut.contacts,
        "asked": cut.asked.astype(np.float32),
        "yaw": filled.root_frames.yaw,
        "origin": filled.root_frames.origin,
        "bones": cut.bones[:, None],
    }
    tensors = {k: torch.from_numpy(np.ascontiguousarray(v, np.float32)) for k, v in arrays.items()}
    return filled, tensors


def in_world(points: Tensor, batch: dict[str, Tensor]) -> Tensor:
    """Return the world points of points (N, T, P, 3) relative to the root frames."""
    sine, cosine = batch["yaw"].sin()[..., None], batch["yaw"].cos()[..., None]
    x, y, z = points.unbind(-1)
    turned = torch.stack([cosine * x + sine * z, y, cosine * z - sine * x], dim=-1)
    return turned + batch["origin"][:, :, None]


def losses(
    model: Filler, outputs: Tensor, batch: dict[str, Tensor], settings: Settings, feet: list[int]
) -> dict[str, Tensor]:
    """Return the mean losses of a batch over the frames that were asked for; contacts over all."""
    asked = batch["asked"]
    total = asked.sum()
    mask = asked[..., None, None]
    axes, positions = model.pose(outputs, batch["axes"], batch["root"], batch["bones"])
    true_axes = batch["true_axes"]
    truth = _placed(model, true_axes, batch, "true_root")
    true_positions = in_world(truth, batch) * mask
    off_axes = (axes - true_axes) * mask
    off = in_world(positions, batch) * mask - true_positions
    across = settings.sideways * (positions - truth)[..., :1] * mask
    count = off.shape[-2]
    step = (off + true_positions)[:, :, feet].diff(dim=1).abs().sum(dim=-1)
    off = torch.cat([off * torch.tensor([1.0, settings.height, 1.0]), across], dim=-1)
    moved_axes, moved = off_axes.diff(dim=1), off.diff(dim=1)
    stances = batch["contacts"] * asked[..., None]
    both = stances[:, 1:] * stances[:, :-1]
    odds = outputs[..., model.layout.contacts]
    crossed = functional.binary_cross_entropy_with_logits(odds, batch["contacts"], reduction="none")
    even = evened(model, batch, true_positions, settings)

    def mean(error: Tensor, share: float = 1.0) -> Tensor:
        return share * (even * error.flatten(1).sum(dim=1)).sum() / (total * count)

    return {
        "rotation": mean(off_axes.abs(), 1.0 / 6.0),
        "position": mean(off.abs(), settings.position / 3.0),
        "turning": mean(moved_axes.abs(), settings.velocity / 6.0),
        "moving": mean(moved.abs(), settings.velocity * settings.position / 3.0),
        "contact": settings.contact * (even * crossed.mean(dim=(1, 2))).mean(),
        "slide": mean(step * both, settings.slide * count / 4.0),
    }


@torch.no_grad()
def evened(
    model: Filler, batch: dict[str, Tensor], true_positions: Tensor, settings: Settings
) -> Tensor:
    """Return the weights (N,) of windows: larger where interpolation is close to the truth."""
    asked = batch["asked"]
    mask = asked[..., None, None]
    plain = in_world(_placed(model, batch["axes"], batch, "root"), batch) * mask
    parts = (batch["axes"] - batch["true_axes"]) * mask / 6.0, (plain - true_positions) / 3.0
    error, far = (part.abs().flatten(1).sum(dim=1) / len(model.parents) for part in parts)
    frames = asked.sum(dim=1)
    if settings.weighed == "batch":
        error, far, frames = (part.sum().expand(len(asked)) for part in (error, far, frames))
    each = (error + settings.position * far) / frames.clamp(min=1.0)
    return torch.as_tensor((EVEN / (each + 0.02)) ** settings.evenness)


def _placed(model: Filler, axes: Tensor, batch: dict[str, Tensor], root: str) -> Tensor:
    """Return the joints' positions (N, T, J, 3) of axes (N, T, J, 6)."""
    return model.place(axes_to_matrices(axes), batch[root], batch["bones"])


def feet_of(clips: Clips) -> list[int]:
    """Return the joint of each contact."""
    kind = kind_of(clips.skeleton)
    points = len(kind.foot.points)
    return [clips.skeleton.index(name) for leg in kind.legs for name in leg.chain[-points:]]


def run_batch(model: Filler, clips: Clips, cut: Cut, settings: Settings) -> dict[str, Tensor]:
    """Return the losses of one batch."""
    _, batch = prepared(clips, cut)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        outputs = model(batch["inputs"])
    return losses(model, outputs.float(), batch, settings, feet_of(clips))


def statistics(clips: Clips, settings: Settings, batches: int = 24) -> dict[str, Array]:
    """Return input mean and scale and output scale, over random batches.

    Scales are means over a kind of feature; inputs for kept frames are not normalized.
    """
    rng = np.random.default_rng(settings.seed)
    layout = gap.GapLayout(len(clips.skeleton))
    inputs, off = [], []
    for _ in range(batches):
        cut = draw(clips, rng, settings.tokens)
        _, batch = prepared(clips, cut)
        inputs.append(batch["inputs"].flatten(0, 1).numpy())
        away = [batch[f"true_{name}"] - batch[name] for name in ("axes", "root")]
        rows = torch.cat([away[0].flatten(2), away[1]], dim=-1)[batch["asked"] > 0.5]
        off.append(rows.numpy())
    seen, answers = np.concatenate(inputs), np.concatenate(off)
    scale, mean = seen.std(axis=0), seen.mean(axis=0)
    first = layout.motion.start
    groups = [layout.axes, layout.positions, slice(first, first + 2), slice(first + 3, first + 5)]
    for group in groups:
        scale[group] = scale[group].mean()
    mean[layout.keys], scale[layout.keys] = 0.0, 1.0
    out = np.ones(layout.outputs, dtype=np.float32)
    out[layout.axes] = answers[:, layout.axes].std(axis=0).mean()
    out[layout.root] = answers[:, layout.root].std(axis=0).mean()
    return {
        "input_mean": mean,
        "input_scale": np.maximum(scale, 1e-3),
        "output_scale": out,
    }


@torch.no_grad()
def validate(model: Filler, clips: Clips, settings: Settings, batches: int = 12) -> float:
    """Return the loss over windows of held-out clips, the same ones each time."""
    rng = np.random.default_rng(7)
    model.eval()
    total = 0.0
    for _ in range(batches):
        cut = draw(clips, rng, settings.tokens // 2)
        found = run_batch(model, clips, cut, settings)
        total += sum(float(value) for value in found.values())
    model.train()
    return total / batches


def started(model: Filler, weights: Path) -> None:
    """Load the weights and statistics of an exported model of the same size."""
    arrays = {
        name if name in STATISTICS else f"network.{name}": torch.from_numpy(np.array(array))
        for name, array in read_safetensors(weights).items()
    }
    model.load_state_dict(model.state_dict() | arrays)


def _optimizer(model: Filler, settings: Settings) -> torch.optim.AdamW:
    """Return the optimizer; only matrices decay."""
    matrices = [p for p in model.parameters() if p.ndim >= 2 and p.shape[-1] > 2]
    kept = {id(p) for p in matrices}
    rest = [p for p in model.parameters() if id(p) not in kept]
    groups: list[dict[str, Any]] = [{"params": matrices}, {"params": rest, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, settings.rate, betas=(0.9, 0.98), weight_decay=settings.decay)


def fit(
    learn: Clips,
    held_out: Clips,
    size: Size,
    settings: Settings,
    out: Path,
    start: Path | None = None,
) -> Filler:
    """Train on the first clips, watch the loss on the second; return the mean model.

    ``start`` are the weights of an exported model to go on from.
    """
    torch.manual_seed(settings.seed)
    rng = np.random.default_rng(settings.seed)
    model = Filler(learn.skeleton, size, statistics(learn, settings), settings.dropout)
    if start:
        started(model, start)
    optimizer = _optimizer(model, settings)
    average = torch.optim.swa_utils.AveragedModel(
        model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(settings.average)
    )
    mean = cast(Filler, average.module)
    info = asdict(settings) | asdict(size)
    history: list[dict[str, float]] = []
    began = saved = time.monotonic()
    sums: dict[str, float] = {}
    last = settings.stop or settings.steps
    for step in range(1, last + 1):
        shape = max(0.5 * (1.0 + np.cos(np.pi * step / settings.steps)), 0.01)
        for group in optimizer.param_groups:
            group["lr"] = settings.rate * min(step / 400.0, 1.0) * shape
        cut = draw(learn, rng, settings.tokens)
        terms = run_batch(model, learn, cut, settings)
        optimizer.zero_grad()
        torch.stack(list(terms.values())).sum().backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        average.update_parameters(model)
        for key, term in terms.items():
            value = term.item()
            sums[key] = 0.98 * sums.get(key, value) + 0.02 * value
        if time.monotonic() - saved > EVERY or step == last:
            saved = time.monotonic()
            row = {"minute": round((saved - began) / 60.0, 1), "step": float(step)} | sums
            row["held_out"] = validate(mean, held_out, settings)
            history.append(row)
            log.info(" ".join(f"{k} {v:.4g}" for k, v in row.items()))
            save(out, mean, info, history)
    return mean


def main() -> None:
    """Read the command line and train."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", type=Path, default=Path("build/inbetween/biped.npz"))
    parser.add_argument("--out", type=Path, default=Path("build/inbetween/biped"))
    add_fields(parser, Settings)
    add_fields(parser, Size)
    parser.add_argument("--start", type=Path, help="weights of an exported model to go on from")
    options = parser.parse_args()
    learn, held_out = (Clips(options.dataset, held_out=flag) for flag in (False, True))
    size, settings = parsed_fields(options, Size), parsed_fields(options, Settings)
    fit(learn, held_out, size, settings, options.out, options.start)


if __name__ == "__main__":
    main()
