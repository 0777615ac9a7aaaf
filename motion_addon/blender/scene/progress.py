# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress of the running work, for the panels; not saved with the file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Progress:
    """State of the running work, or of the last bake in live mode."""

    running: bool = False
    """Whether work runs, so that no other work may start."""
    what: str = "A bake is running"
    """Sentence on the running work, or the last one."""
    factor: float = 0.0
    """Progress, 0 to 1."""
    problem: str = ""
    """Why live mode could not bake the last change, one sentence; empty if it could."""

    @property
    def busy(self) -> str:
        """Why no other work may start, one sentence; empty if it may."""
        return f"{self.what}; press Esc to stop it" if self.running else ""


now = Progress()
