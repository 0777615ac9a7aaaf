# SPDX-License-Identifier: GPL-3.0-or-later
"""One leg of a canonical skeleton, by the names of its joints."""

from dataclasses import dataclass
from typing import Literal

Side = Literal["Left", "Right"]


@dataclass(frozen=True)
class CanonicalLeg:
    """One leg of a canonical skeleton: its joints, and those that inverse kinematics bends."""

    name: str
    """``left`` or ``right``; of an animal ``LH``, ``LF``, ``RH`` or ``RF``."""
    side: Side
    fore: bool
    """Whether it is a foreleg, whose middle joint points back."""
    chain: tuple[str, ...]
    """Joints from the top of the leg to the ball of the foot or to the paw."""
    first: int = 0
    """Index in ``chain`` of the upper of the two long bones; a shoulder blade lies above it."""

    @property
    def top(self) -> str:
        """Hip or shoulder."""
        return self.chain[self.first]

    @property
    def middle(self) -> str:
        """Knee or elbow."""
        return self.chain[self.first + 1]

    @property
    def end(self) -> str:
        """Ankle, hock or wrist: the end effector of the two long bones."""
        return self.chain[self.first + 2]

    @property
    def ball(self) -> str:
        """Joint that stays in place in a stance: the ball of the foot, or the paw."""
        return self.chain[-1]

    @property
    def foot(self) -> tuple[str, ...]:
        """Joints from the end effector to the ball."""
        return self.chain[self.first + 2 :]
