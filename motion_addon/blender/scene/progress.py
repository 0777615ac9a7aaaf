# SPDX-License-Identifier: GPL-3.0-or-later
"""The long work that is running: owns what the panels show of it; lives with the session only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Progress:
    """State of the running work, or of the last bake in live mode."""

    running: bool = False
    """Whether something runs, so that nothing else may start."""
    what: str = "A bake is running"
    """What runs, or ran last."""
    factor: float = 0.0
    """How far it is, 0..1."""
    problem: str = ""
    """Why live mode could not bake the last change, in one plain sentence."""

    @property
    def busy(self) -> str:
        """Why nothing else may start, in one plain sentence; empty if it may."""
        return f"{self.what}; press Esc to stop it" if self.running else ""


now = Progress()
