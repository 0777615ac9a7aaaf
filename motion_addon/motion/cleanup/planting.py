# SPDX-License-Identifier: GPL-3.0-or-later
"""Plants the feet of a body of any kind: stances, height of the trunk, reach of the legs.

Stances come from contacts. The trunk comes to the height of the standing feet, each foot is
pinned in its stances, the trunk follows, smoothly, and comes down where a leg would over-reach;
then the legs reach. What differs between a rolling foot and a paw is a ``FootPlanting``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from ..body.kinds import Kind
from ..body.legs import CanonicalLeg
from ..maths import leg_ik
from ..maths.quat import Array
from ..maths.smoothing import running_min, smooth
from ..plan.ground import GroundHeight
from .lower_body import LowerBody
from .stances import Stance, StanceRules, find_stances, stance_mask

Stances = Mapping[str, list[Stance]]
"""Stances by name of leg."""
Places = Mapping[str, Array]
"""Positions (T, 3) by name of leg."""


class FootPlanting(Protocol):
    """How feet of one type are planted."""

    rules: StanceRules
    carry_seconds: float
    """Slowness (s, sigma) with which a girdle goes up and down with standing feet."""
    deepest: float
    """Most (m) that a girdle comes down for reach, for legs of the model's size."""

    def height(self, heights: Array, stance: Stance) -> float:
        """Return the height of a stance of heights (n,) of the ball joint over its sole."""

    def target(
        self,
        body: LowerBody,
        leg: CanonicalLeg,
        stances: list[Stance],
        sole: float,
        ground: GroundHeight,
    ) -> Array:
        """Pin one foot; return the target (T, 3) of the leg's ``joint``."""

    def joint(self, leg: CanonicalLeg) -> str:
        """Return the joint that targets are for."""

    def stretch(self, body: LowerBody, targets: Places) -> None:
        """Bring legs that are short of reach closer to their targets."""

    def end(self, body: LowerBody, leg: CanonicalLeg, target: Array) -> Array:
        """Return the place (T, 3) of the end effector for a target."""

    def set_down(
        self,
        body: LowerBody,
        leg: CanonicalLeg,
        target: Array,
        stances: list[Stance],
        ground: GroundHeight,
    ) -> None:
        """Turn the foot as it stands, after its leg has reached."""


def plant(
    body: LowerBody,
    down: Array,
    planting: FootPlanting,
    ground: GroundHeight,
    level_seconds: float,
    rules: StanceRules | None = None,
    soles: Sequence[float] | None = None,
) -> Array:
    """Put the feet of `body` on the ground where `down` (T, P) has contacts.

    The ball joints of standing feet are then `soles` (L,) meters over it, by default as high as
    in the model's feet at this size. Returns the contacts (T, P), binary, as feet were pinned.
    """
    legs = body.kind.legs
    found = _stances(body, down, rules or planting.rules)
    heights = dict(zip([leg.name for leg in legs], soles or [body.sole] * len(legs), strict=True))
    _level(body, found, planting, heights, ground, level_seconds)
    targets = {
        leg.name: planting.target(body, leg, found[leg.name], heights[leg.name], ground)
        for leg in legs
    }
    _carry(body, found, planting, targets)
    planting.stretch(body, targets)
    _lower(body, found, planting, targets)
    for leg in legs:
        body.reach(leg, planting.end(body, leg, targets[leg.name]))
        planting.set_down(body, leg, targets[leg.name], found[leg.name], ground)
    return _contacts(body.kind, found, down, body.fps)


def _stances(body: LowerBody, down: Array, rules: StanceRules) -> Stances:
    steps = np.gradient(smooth(body.root, 0.25 * body.fps)[:, [0, 2]], axis=0)
    pace = np.linalg.norm(steps, axis=-1) * body.fps
    behind = len(body.kind.foot.points) - 1
    return {
        leg.name: find_stances(
            down[:, ball - behind],
            down[:, ball],
            body.positions[leg.ball],
            pace,
            body.fps,
            body.size,
            rules,
        )
        for leg, ball in zip(body.kind.legs, body.kind.balls, strict=True)
    }


def _level(
    body: LowerBody,
    stances: Stances,
    planting: FootPlanting,
    soles: Mapping[str, float],
    ground: GroundHeight,
    seconds: float,
) -> None:
    """Raise or lower each girdle, slowly, so that standing feet are as high as they should be."""
    lifts = []
    for girdle in body.kind.girdles:
        times, offs = [], []
        for leg in girdle:
            ball = body.positions[leg.ball]
            height = ball[:, 1] - ground(ball) - soles[leg.name]
            for stance in stances[leg.name]:
                times.append(0.5 * (stance.start + stance.stop))
                offs.append(planting.height(height[stance.start : stance.stop], stance))
        order = np.argsort(times)
        at = np.zeros(len(body.root))
        if times:
            at = np.interp(np.arange(len(at)), np.array(times)[order], np.array(offs)[order])
        lifts.append(-smooth(at, seconds * body.fps))
    body.lift(*lifts)


def _carry(body: LowerBody, stances: Stances, planting: FootPlanting, targets: Places) -> None:
    """Raise or lower each girdle with the feet that stand, so that legs keep their bend.

    A leg that is almost straight bends by ten degrees for a centimeter.
    """
    lifts = []
    for girdle in body.kind.girdles:
        rise, weight = np.zeros(len(body.root)), np.full(len(body.root), 1e-3)
        for leg in girdle:
            known = stance_mask(stances[leg.name], len(rise))
            rise += known * (targets[leg.name] - body.positions[planting.joint(leg)])[:, 1]
            weight += known
        sigma = planting.carry_seconds * body.fps
        lifts.append(smooth(rise, sigma) / smooth(weight, sigma))
    body.lift(*lifts)


def _lower(body: LowerBody, stances: Stances, planting: FootPlanting, targets: Places) -> None:
    """Bring each girdle down, smoothly, where a standing leg would not reach its foot."""
    half = max(round(0.1 * body.fps), 1)
    lifts = []
    for girdle in body.kind.girdles:
        least = np.zeros(len(body.root))
        for leg in girdle:
            needed = leg_ik.drop(
                body.positions[leg.top],
                body.positions[leg.end],
                planting.end(body, leg, targets[leg.name]),
                body.length(leg),
            )
            known = stance_mask(stances[leg.name], len(least))
            least = np.minimum(least, np.where(known, needed, 0.0))
        least = np.maximum(least, -planting.deepest * body.size)
        lifts.append(smooth(running_min(least, half), half / 3.0))
    if min(float(down.min()) for down in lifts) < -1e-6:
        body.lift(*lifts)


def _contacts(kind: Kind, stances: Stances, down: Array, fps: float) -> Array:
    """Return the contacts (T, P): balls where they are pinned, heels from their strike on."""
    out = np.zeros_like(down)
    for leg, ball in zip(kind.legs, kind.balls, strict=True):
        for stance in stances[leg.name]:
            out[stance.start : stance.stop, ball] = 1.0
            if kind.foot.rolls:
                heel, struck = ball - 1, stance.start
                while struck > 0 and down[struck - 1, heel] and stance.start - struck < 0.15 * fps:
                    struck -= 1
                out[struck : stance.start, heel] = 1.0
                out[stance.start : stance.stop, heel] = stance.flat
    return out
