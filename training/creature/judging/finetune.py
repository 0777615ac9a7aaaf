# SPDX-License-Identifier: GPL-3.0-or-later
"""A baseline: the un-adapted network, fine-tuned by gradient on one clip.

    python -m training.creature.judging.finetune --data FOLDER --out build/oneshot/finetuned

writes a model for each real creature: 1,000 steps of closed-loop roll-outs over its exemplar and
its mirror image, from the shipped quadruped. It takes minutes; adapting takes a fraction of a
second.
"""

import argparse
import logging
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import torch

from motion_addon.motion.body import quadruped_gaits
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.controller import features
from motion_addon.motion.controller import model as controller_model
from motion_addon.motion.controller.model import Model
from motion_addon.motion.creature.reading.footfall_pattern import footfall_pattern, stride_rhythm
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.nn.network import Gate, MixedNetwork

from ...quadruped.model import Quadruped
from ...quadruped.train import Sequences, load, roll_out
from ...shared import frames
from ...shared.loop import Settings, fit
from ...shared.model import NORMALIZATION
from . import cases, measures

log = logging.getLogger(__name__)

STEPS: Final = 1000
SETTINGS: Final = Settings(
    steps=STEPS,
    batch_frames=512,
    lengths=(8, 16),
    shares=(0.6, 0.4),
    rate=5e-4,
    rare=0.0,
    average=0.98,
)
"""Short roll-outs at a low rate: there is one clip, and the network knows how to run."""


def label(clip: Clip) -> dict[str, Array]:
    """Return the training arrays of a steady clip, as ``quadruped.prepare.label``.

    Gait and strides come from its stride rhythm, because the paws of hand-keyed clips slide.
    """
    found, gait = stride_rhythm(clip), footfall_pattern(clip, quadruped_gaits.HIP_HEIGHT).gait
    weights = quadruped_gaits.only(gait, clip.frames)
    root = replace(measures.course(clip), gait=weights)
    time_ = np.arange(clip.frames)[:, None] / clip.fps
    moving = float(found.rate > 0.0)
    return features.about_root(clip, root) | {
        "contacts": np.asarray(clip.contacts),
        "phase": (time_ * found.rate - np.nan_to_num(found.touchdowns)) % 1.0,
        "amplitude": np.full((clip.frames, 4), moving),
        "phase_rate": np.full(clip.frames, found.rate),
        "gait": weights,
    }


def sequences(exemplar: Clip, folder: Path) -> Sequences:
    """Return the sequences of an exemplar and its mirror image; ``folder`` receives the file.

    Raises ValueError for a clip without contacts.
    """
    if exemplar.contacts is None:
        raise ValueError("The exemplar has no contacts")
    joined = frames.Joined()
    for name, clip in (("plain", exemplar), ("mirrored", exemplar.mirrored())):
        joined.add(name, label(clip), np.ones(clip.frames, dtype=bool), False)
    file = folder / "dataset.npz"
    frames.write(file, joined.arrays(exemplar.skeleton))
    return load(file)[0]


def torch_model(model: Model, clip: Clip) -> Quadruped:
    """Return a shipped mixture in torch, on the skeleton of a clip."""
    network = model.network
    stats = {name: getattr(network, name) for name in NORMALIZATION}
    out = Quadruped(clip.skeleton, stats, network.weights[0].shape[1], experts=network.sets)
    assert model.gate is not None
    state = {}
    for i in range(3):
        state[f"network.weights.{i}"] = network.weights[i]
        state[f"network.biases.{i}"] = network.biases[i]
        state[f"gate.body.{2 * i}.weight"] = model.gate.weights[i]
        state[f"gate.body.{2 * i}.bias"] = model.gate.biases[i]
    known = {name: torch.tensor(np.asarray(value)) for name, value in state.items()}
    out.load_state_dict(out.state_dict() | known)
    return out


def numpy_model(tuned: Quadruped, base: Model) -> Model:
    """Return the runtime's model of a fine-tuned mixture; the rest comes from ``base``."""
    state = {name: value.detach().numpy().copy() for name, value in tuned.state_dict().items()}

    def three(name: str, step: int = 1) -> tuple[Array, Array, Array]:
        a, b, c = (state[name.format(step * i)] for i in range(3))
        return a, b, c

    network = MixedNetwork(
        three("network.weights.{}"),
        three("network.biases.{}"),
        *(state[name] for name in NORMALIZATION),
    )
    gate = Gate(three("gate.body.{}.weight", 2), three("gate.body.{}.bias", 2))
    return replace(base, skeleton=tuned.skeleton, network=network, gate=gate)


def finetuned(
    exemplar: Clip, folder: Path, settings: Settings = SETTINGS, base: str = "quadruped"
) -> Model:
    """Return a shipped model fine-tuned on an exemplar of the model animal's size, at 60 Hz.

    ``folder`` receives intermediate files.
    """
    torch.manual_seed(settings.seed)
    shipped = controller_model.load(base)
    data = sequences(exemplar, folder)
    tuned = fit(torch_model(shipped, exemplar), (data, data), roll_out, settings, folder)
    return numpy_model(tuned, shipped)


def save(model: Model, file: Path) -> None:
    """Write the weights of a fine-tuned model."""
    assert model.gate is not None
    parts = {"weight": model.network.weights, "bias": model.network.biases}
    parts |= {"gate_weight": model.gate.weights, "gate_bias": model.gate.biases}
    arrays = {f"{name}{i}": value for name, three in parts.items() for i, value in enumerate(three)}
    file.parent.mkdir(parents=True, exist_ok=True)
    np.savez(file, **arrays)


def read(file: Path, exemplar: Clip, base: str = "quadruped") -> Model:
    """Return a model that ``save`` wrote, on the skeleton of its exemplar."""
    shipped = controller_model.load(base)
    with np.load(file, allow_pickle=False) as data:
        names = ("weight", "bias", "gate_weight", "gate_bias")
        parts = {name: tuple(data[f"{name}{i}"] for i in range(3)) for name in names}
    network = replace(shipped.network, weights=parts["weight"], biases=parts["bias"])
    gate = Gate(parts["gate_weight"], parts["gate_bias"])
    return replace(shipped, skeleton=exemplar.skeleton, network=network, gate=gate)


def tune(found: Iterable[cases.JudgedCreature], out: Path) -> None:
    """Fine-tune a model for each creature that has none in ``out`` yet."""
    for one in found:
        file = place(out, one)
        if not file.exists():
            begun = time.perf_counter()
            save(finetuned(one.exemplar.clip, out / "work"), file)
            log.info("%s: %.0f s", one.name, time.perf_counter() - begun)


def place(out: Path, creature: cases.JudgedCreature) -> Path:
    """Return the file of a creature's fine-tuned model."""
    return out / f"{creature.name.replace('/', '-')}.npz"


def main() -> None:
    """Read the command line and fine-tune."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with catalog.json")
    parser.add_argument("--out", type=Path, default=Path("build/oneshot/finetuned"))
    parser.add_argument("--all", action="store_true", help="also creatures seen in training")
    options = parser.parse_args()
    torch.set_num_threads(1)
    found = [one for one in cases.creatures(options.data) if one.group == "held out" or options.all]
    tune(found, options.out)


if __name__ == "__main__":
    main()
