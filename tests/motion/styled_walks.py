# SPDX-License-Identifier: GPL-3.0-or-later
"""A walk as it is and in a style, for the tests of styles."""

from dataclasses import dataclass, replace
from functools import cached_property

from motion_addon.motion.bake.bake import bake
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.bake.result import BakeResult
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.style import model
from motion_addon.motion.style.request import StyleChoice


@dataclass(frozen=True, eq=False)
class Walk:
    """A request, and its results without and with a style."""

    request: BakeRequest
    choice: StyleChoice

    @property
    def styled_request(self) -> BakeRequest:
        return replace(self.request, style=(self.choice,))

    @cached_property
    def plain(self) -> BakeResult:
        return bake(self.request)

    @property
    def clip(self) -> Clip:
        """Return the plain walk."""
        return self.plain.clip

    @cached_property
    def styled(self) -> BakeResult:
        return bake(self.styled_request)

    @cached_property
    def styler(self) -> model.Styler:
        return model.load_styler(self.request.model)


PERSON = Walk(
    BakeRequest(path=((0.0, 0.0, 0.0), (0.5, 0.0, 3.0)), fps=60.0, stop=False),
    StyleChoice(name="old"),
)
DOG = Walk(
    BakeRequest(
        path=((0.0, 0.0, 0.0), (0.0, 0.0, 4.0)), speed=0.9, fps=60.0, stop=False, model="quadruped"
    ),
    StyleChoice(name="sad"),
)
WALKS = {"person": PERSON, "dog": DOG}
