# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of a bake: the clip, its gait phase and its report card."""

import math
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import cast

import numpy as np

from ...errors import RefusedError
from ..clip.clip import Clip
from ..controller.controller import Run
from ..controller.model import Model
from ..creature.exemplar_match import ExemplarMatch, exemplar_card
from ..footing.footing import Footing
from ..footing.footprints import Footprint
from ..footing.laid_clip import contacts_on, laid_clip
from ..maths.quat import Array
from ..metrics.report import Ranges, footfalls, report
from ..plan.ground import GroundHeight
from ..plan.path import Path
from ..plan.trajectory import Trajectory
from ..style import bake_styles
from .driven_walks import resampled
from .laying import footing_of, ground_under
from .planning import PlannedWalk, life_size_plan, size
from .reach import check_reach
from .request import BakeRequest

CHART_FPS = 10
"""Frame rate of the experts' shares in a report."""


@dataclass(frozen=True, eq=False)
class BakeResult:
    """A finished bake."""

    request: BakeRequest
    clip: Clip
    """Motion at the request's frame rate, of the request's height, in path coordinates."""
    phase: Array
    """(T,) gait phase of each frame in cycles, unwrapped."""
    report: dict[str, object]
    """The report card, plain JSON values."""
    exemplar_match: ExemplarMatch | None = None
    """Similarity of each frame to the exemplar of a creature."""
    level: Clip | None = None
    """The motion on level ground, before it was laid on its footing; None if it is ``clip``."""
    footing: Footing | None = None
    """Footprints and ground of ``level``; None without contacts, or of a cycle."""

    @property
    def level_clip(self) -> Clip:
        """The motion on level ground."""
        return self.clip if self.level is None else self.level

    @property
    def written_clip(self) -> Clip:
        """The clip for a file: a creature's is on the skeleton of its exemplar."""
        match = self.exemplar_match
        return self.clip if match is None else match.own_clip(self.clip, self.phase)

    def save(self, path: FilePath) -> None:
        """Write the clip as ``.npz``."""
        self.clip.save(path)


def result_of(walk: PlannedWalk, run: Run, clip: Clip) -> BakeResult:
    """Return the result of a walk with its finished ``clip``. Raises RefusedError."""
    request = walk.request
    result = resampled(clip, request.fps)
    if result.frames < 2:
        raise RefusedError("The path is over within one frame; draw a longer path")
    at = np.arange(result.frames) * (clip.fps / request.fps)
    phase = np.interp(at, np.arange(len(run.phase)), run.phase)
    plan = life_size_plan(walk.plan, walk.scale)
    footing, level = footing_of(walk, result, plan), result
    if walk.draft is not None and footing is not None:
        return _draft(walk, level, footing, phase, _match(walk, at))
    prints: tuple[Footprint, ...] = ()
    if footing is not None:
        prints = footing.prints
        if not footing.is_level:
            result, laid = laid_clip(level, footing)
            prints = laid.prints
            check_reach(request.footprints, footing, laid, lambda to: laid_clip(level, to)[1])
    ground = ground_under(walk, result, plan) if walk.ground is not None else None
    card = report_card(request, walk.model, result, walk.path, plan, ground)
    card["footprints"] = [one.to_json() for one in prints]
    bake_styles.add_credits(card, request.style, walk.model.kind)
    if walk.notes:
        card["notes"] = list(walk.notes)
    if run.shares is not None:
        card["experts"] = _expert_chart(run.shares, clip.fps)
    if walk.creature is not None:
        known = cast(list[str], card["warnings"])
        card |= exemplar_card(walk.creature.creature, walk.plan, known)
    return BakeResult(request, result, phase, card, _match(walk, at), level, footing)


def _draft(
    walk: PlannedWalk, level: Clip, footing: Footing, phase: Array, match: ExemplarMatch | None
) -> BakeResult:
    """Return the result of a draft: a level motion with its footprints and the card before."""
    clip = replace(level, contacts=contacts_on(level, footing))
    assert walk.draft is not None and clip.contacts is not None
    card: dict[str, object] = {
        **{key: value for key, value in walk.draft.items() if key != "notes"},
        "warnings": [],
        "footfalls": footfalls(clip.contacts, clip.fps, walk.model.kind),
        "footprints": [one.to_json() for one in footing.prints],
    }
    return BakeResult(walk.request, clip, phase, card, match, level, footing)


def _match(walk: PlannedWalk, at: Array) -> ExemplarMatch | None:
    """Return the similarity of a creature's walk to its exemplar at frames ``at`` (T,)."""
    if walk.creature is None:
        return None
    return ExemplarMatch.of(walk.creature, walk.plan, walk.request.lead).at(at)


def report_card(
    request: BakeRequest,
    model: Model,
    clip: Clip,
    path: Path,
    plan: Trajectory,
    ground: GroundHeight | None = None,
) -> dict[str, object]:
    """Return the report card of a finished bake, with its provenance."""
    pace = math.sqrt(size(request, model))
    low, high = model.info["ranges"]["speed"]
    turn = max(abs(v) for v in model.info["ranges"]["turn"])
    ranges = Ranges((low * pace, high * pace), turn / pace)
    soles = None
    if model.gait_profile.soles is not None:
        soles = tuple(size(request, model) * height for height in model.gait_profile.soles)
    card = report(clip, path, plan, ranges, model.info.get("reference"), soles, ground)
    card["model"] = {"name": model.name, "weights": model.digest}
    card["credits"] = list(model.info["credits"])
    card["seed"] = request.seed
    return card


def _expert_chart(shares: Array, fps: float) -> dict[str, object]:
    """Return the shares (T, K) of the experts over the bake, resampled for a chart."""
    at = np.arange(0.0, len(shares) - 1 + 1e-6, fps / CHART_FPS)
    frames = np.arange(len(shares))
    curves = [np.interp(at, frames, column) for column in shares.T]
    rows = np.round(np.stack(curves, axis=1).astype(np.float64), 3)
    return {"fps": CHART_FPS, "shares": rows.tolist()}
