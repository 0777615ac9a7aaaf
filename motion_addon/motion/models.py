# SPDX-License-Identifier: GPL-3.0-or-later
"""Shipped models: the folder they lie in, their description and their weights.

A model is ``model.json`` (layout, skeleton, units, ranges, provenance) and
``weights.safetensors``. Nothing is unpickled; a model is read on first use.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, TypeVar

import numpy as np

from . import features, gap, stride
from .adain import AdaIn
from .habits import USUAL, Habits
from .network import Gate, MixedNetwork, PhaseNetwork
from .quat import Array
from .skeleton import Skeleton
from .style_features import LAYOUTS, Layout
from .transformer import Encoder

FOLDER = FilePath(__file__).resolve().parents[2] / "models"

INPUTS = {"biped": features.BIPED, "quadruped": stride.INPUT}
STATE_JOINTS = {"biped": features.STATE_JOINTS, "quadruped": stride.STATE_JOINTS}
"""By kind of body."""

FILLERS = {"biped": "inbetween", "quadruped": "inbetween_quadruped"}
"""The model that fills gaps, by kind of body."""

STYLERS = {"biped": "style", "quadruped": "style_quadruped"}
"""The model that changes styles, by kind of body."""

STYLE_STATISTICS = ("feature_mean", "feature_scale", "told_mean", "told_scale")
"""Arrays beside the weights of a model that changes styles."""

_KINDS = {"F16": np.float16, "F32": np.float32, "F64": np.float64, "I64": np.int64}


Files = tuple[dict[str, Any], dict[str, Array], str]
"""Description, weights and digest."""
Kind = TypeVar("Kind")


class ModelError(RuntimeError):
    """A model is missing or does not fit this version; the message says which."""


@dataclass(frozen=True, eq=False)
class Model:
    """A model ready to run."""

    name: str
    skeleton: Skeleton
    network: MixedNetwork
    start_state: Array
    """(2, S, 3) positions and velocities of the state joints while standing."""
    info: dict[str, Any]
    """``model.json``."""
    digest: str
    """First 12 hex digits of the SHA-256 of the weights."""
    gate: Gate | None = None
    """Mixes the sets of weights; a PFNN has none."""
    habits: Habits = USUAL
    """Of a quadruped."""
    natural_size: float = 1.0
    """Size of the character over the model's where none is asked for."""

    @property
    def body(self) -> str:
        """``biped`` or ``quadruped``."""
        return str(self.info.get("body", "biped"))

    @property
    def inputs(self) -> features.InputLayout:
        """The layout of the input vector."""
        return INPUTS[self.body]

    @property
    def state_joints(self) -> tuple[str, ...]:
        """The joints whose state is fed back."""
        return STATE_JOINTS[self.body]

    @property
    def layout(self) -> features.OutputLayout:
        """The layout of the output vector."""
        return features.OutputLayout(len(self.skeleton))

    @property
    def height(self) -> float:
        """Body height in meters."""
        return float(self.info["height"])

    @property
    def hip_height(self) -> float:
        """Height of the hips in the rest pose, meters."""
        return float(self.info["hip_height"])


def read_safetensors(path: FilePath) -> dict[str, Array]:
    """Return the arrays of a ``.safetensors`` file; halves are widened to float32.

    Format: 8 bytes little-endian header length, JSON header, raw little-endian data.
    """
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    out = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        first, last = entry["data_offsets"]
        flat = np.frombuffer(data[start + first : start + last], dtype=_KINDS[entry["dtype"]])
        array = flat.reshape(entry["shape"])
        out[name] = array.astype(np.float32) if array.dtype == np.float16 else array
    return out


@dataclass(frozen=True, eq=False)
class Filler:
    """A model that fills gaps, ready to run."""

    name: str
    skeleton: Skeleton
    encoder: Encoder
    input_mean: Array
    """(I,)."""
    input_scale: Array
    """(I,)."""
    output_scale: Array
    """(O,)."""
    info: dict[str, Any]
    """``model.json``."""
    digest: str
    """First 12 hex digits of the SHA-256 of the weights."""

    def answer(self, inputs: Array, latent: Array | None = None) -> tuple[Array, Array]:
        """Return corrections (N, T, O) in their own units and [CLS] states (N, D).

        ``inputs`` (N, T, I) are those of a ``gap.Window``; ``latent`` (N, Z) chooses a variant.
        """
        outputs, cls = self.encoder.forward((inputs - self.input_mean) / self.input_scale, latent)
        return outputs * self.output_scale, cls


@dataclass(frozen=True, eq=False)
class Styler:
    """A model that changes the style of a motion, ready to run."""

    name: str
    skeleton: Skeleton
    network: AdaIn
    feature_mean: Array
    feature_scale: Array
    """(F,) of its layout of ``style_features``."""
    told_mean: Array
    told_scale: Array
    """(C + U,) of conditions and unsteadiness."""
    library: dict[str, Array]
    """Named styles, (E,) each."""
    rhythms: dict[str, Array]
    """Those that have a rhythm, (B, F) each as ``style_rhythm`` has it."""
    info: dict[str, Any]
    """``model.json``."""
    digest: str
    """First 12 hex digits of the SHA-256 of the weights."""

    @property
    def body(self) -> str:
        """``biped`` or ``quadruped``."""
        return str(self.info["body"])

    @property
    def layout(self) -> Layout:
        """The layout of the features."""
        return LAYOUTS[self.body]

    def content(self, windows: Array, conditions: Array) -> Array:
        """Return the content (N, T', W) of windows (N, T, F) with their conditions (N, T, C)."""
        return self.network.content(self._inputs(windows, conditions))

    def style(self, windows: Array, conditions: Array) -> Array:
        """Return the styles (N, E) of windows."""
        return self.network.style(self._inputs(windows, conditions))

    def decoded(self, windows: Array, content: Array, style: Array, told: Array) -> Array:
        """Return windows (N, T, F) in styles (N, E), with their ``content``.

        ``told`` (N, T, C + U) are conditions and unsteadiness.
        """
        told = (told - self.told_mean) / self.told_scale
        away = (windows - windows.mean(axis=1, keepdims=True)) / self.feature_scale
        found = self.network.decoded(content, style, told, away)
        return found * self.feature_scale + self.feature_mean

    def _inputs(self, windows: Array, conditions: Array) -> Array:
        seen = (windows - self.feature_mean) / self.feature_scale
        count = self.layout.conditions
        known = (conditions[..., :count] - self.told_mean[:count]) / self.told_scale[:count]
        return np.concatenate([seen, known], axis=2)


@lru_cache(maxsize=4)
def load(name: str, folder: FilePath = FOLDER) -> Model:
    """Return a shipped model by name, read once.

    Raises ModelError when there is none of that name, its layout is another one's or its files
    cannot be read.
    """
    return read(name, folder, _controller)


@lru_cache(maxsize=4)
def load_filler(body: str, folder: FilePath = FOLDER) -> Filler:
    """Return the model that fills gaps in the motion of a kind of body, read once.

    Raises ModelError as ``load`` does, and where there is none for this kind.
    """
    if body not in FILLERS:
        raise ModelError(f"There is no model that fills gaps in the motion of a {body}")
    return read(FILLERS[body], folder, _filler)


@lru_cache(maxsize=4)
def load_styler(body: str, folder: FilePath = FOLDER) -> Styler:
    """Return the model that changes the style of a kind of body, read once.

    Raises ModelError as ``load`` does, and where there is none for this kind.
    """
    if body not in STYLERS:
        raise ModelError(f"There are no styles for a {body} yet")
    return read(STYLERS[body], folder, styler_of)


def read(name: str, folder: FilePath, build: Callable[[str, Files], Kind]) -> Kind:
    """Return what ``build`` makes of the name and the files of a model; raises ModelError."""
    place = folder / name
    if not name.isidentifier() or not (place / "model.json").is_file():
        raise ModelError(f"There is no model named {name!r}")
    try:
        return build(name, _files(place))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"The files of the model {name} are damaged or incomplete") from error


def _files(place: FilePath) -> Files:
    info = json.loads((place / "model.json").read_text(encoding="utf-8"))
    arrays = read_safetensors(place / "weights.safetensors")
    digest = hashlib.sha256((place / "weights.safetensors").read_bytes()).hexdigest()[:12]
    return info, arrays, digest


def _skeleton(info: dict[str, Any]) -> Skeleton:
    tips = tuple((int(j), (float(x), float(y), float(z))) for j, (x, y, z) in info["end_sites"])
    return Skeleton(
        tuple(info["joints"]), np.array(info["parents"]), np.array(info["offsets"]), tips
    )


def _controller(name: str, files: Files) -> Model:
    info, arrays, digest = files
    skeleton = _skeleton(info)
    body = info.get("body", "biped")
    _same_layout(name, info, INPUTS[body].size, features.OutputLayout(len(skeleton)).size)
    kind = PhaseNetwork if body == "biped" else MixedNetwork
    network = kind(
        tuple(arrays[f"weight{i}"] for i in range(3)),  # type: ignore[arg-type]
        tuple(arrays[f"bias{i}"] for i in range(3)),  # type: ignore[arg-type]
        *(arrays[k] for k in ("input_mean", "input_scale", "output_mean", "output_scale")),
    )
    gate = _gate(arrays, int(info.get("active", 0))) if body == "quadruped" else None
    return Model(name, skeleton, network, arrays["start_state"], info, digest, gate)


def _filler(name: str, files: Files) -> Filler:
    info, arrays, digest = files
    skeleton = _skeleton(info)
    layout = gap.Layout(len(skeleton))
    _same_layout(name, info, layout.inputs, layout.outputs)
    mean, scale, out = (arrays[k] for k in ("input_mean", "input_scale", "output_scale"))
    return Filler(name, skeleton, Encoder(arrays), mean, scale, out, info, digest)


def styler_of(name: str, files: Files) -> Styler:
    """Return the model that changes styles of its description, its arrays and their digest.

    Raises ModelError when its layout is another one's.
    """
    info, arrays, digest = files
    layout = LAYOUTS[info["body"]]
    _same_layout(name, info, layout.features + layout.conditions, layout.features)
    arrays = dict(arrays)
    library = dict(zip(info["styles"], arrays.pop("library"), strict=True))
    kept = arrays.pop("rhythms", np.zeros((0, 0, 0))).astype(np.float32)
    rhythms = dict(zip(info.get("rhythms", ()), kept, strict=True))
    weights = {key: value for key, value in arrays.items() if key not in STYLE_STATISTICS}
    skeleton, network = _skeleton(info), AdaIn(weights, layout.told)
    mean, scale, told_mean, told_scale = (arrays[key] for key in STYLE_STATISTICS)
    known = (mean, scale, told_mean, told_scale, library, rhythms)
    return Styler(name, skeleton, network, *known, info, digest)


def _same_layout(name: str, info: dict[str, Any], inputs: int, outputs: int) -> None:
    if [info["inputs"], info["outputs"]] != [inputs, outputs]:
        raise ModelError(f"The model {name} was made for another version of Footfall")


def _gate(arrays: dict[str, Array], active: int) -> Gate:
    weights, biases = (
        tuple(arrays[f"gate_{part}{i}"] for i in range(3)) for part in ("weight", "bias")
    )
    return Gate(weights, biases, active)  # type: ignore[arg-type]
