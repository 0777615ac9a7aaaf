# SPDX-License-Identifier: GPL-3.0-or-later
"""Shipped in-between models, ready to run."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any

from ...errors import RefusedError
from ..body.kinds import KINDS, Kind, kind_of
from ..clip.skeleton import Skeleton
from ..maths.quat import Array
from ..nn.transformer import Encoder
from ..nn.weights import FOLDER, Files, check_layout, read, skeleton_of
from . import gap


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

    @property
    def kind(self) -> Kind:
        """The kind of body that it is for."""
        return kind_of(self.skeleton)

    def answer(self, inputs: Array) -> Array:
        """Return corrections (N, T, O) in their own units of a window's ``inputs`` (N, T, I)."""
        outputs, _ = self.encoder.forward((inputs - self.input_mean) / self.input_scale)
        return outputs * self.output_scale


@lru_cache(maxsize=4)
def load_filler(body: str, folder: FilePath = FOLDER) -> Filler:
    """Return the in-between model of a kind of body, read once.

    Raises RefusedError for an unknown kind or damaged files.
    """
    if body not in KINDS:
        raise RefusedError(f"There is no model that fills gaps in the motion of a {body}")
    return read(KINDS[body].filler, folder, _filler)


def _filler(name: str, files: Files) -> Filler:
    info, arrays, digest = files
    skeleton = skeleton_of(info)
    layout = gap.GapLayout(len(skeleton))
    check_layout(name, info, layout.inputs, layout.outputs)
    mean, scale, out = (arrays[k] for k in ("input_mean", "input_scale", "output_scale"))
    return Filler(name, skeleton, Encoder(arrays), mean, scale, out, info, digest)
