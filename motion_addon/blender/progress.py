# SPDX-License-Identifier: GPL-3.0-or-later
"""The bake that is running: owns what the panels show of it; lives with the session only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Progress:
    """State of the running bake, or of the last one in live mode."""

    running: bool = False
    """Whether a bake runs, so that no other may start."""
    factor: float = 0.0
    """How far it is, 0..1."""
    problem: str = ""
    """Why live mode could not bake the last change, in one plain sentence."""


now = Progress()
