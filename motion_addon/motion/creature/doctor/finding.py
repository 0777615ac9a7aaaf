# SPDX-License-Identifier: GPL-3.0-or-later
"""One thing that the exemplar doctor has to say."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

Severity = Literal["error", "warning", "note"]
ORDER: Final[tuple[Severity, ...]] = ("error", "warning", "note")
"""An error keeps a clip from being learned from; a warning tells what will look wrong."""


@dataclass(frozen=True)
class Finding:
    """What is wrong, or worth knowing, in one plain sentence."""

    code: str
    """For programs: stays the same when the words change."""
    text: str
    severity: Severity
    confidence: float = 0.99
    """0..1, how sure it is."""


def sure(value: float, limit: float) -> float:
    """Return 0.5..0.99, how sure it is that a value beyond a limit is: its double is sure."""
    beyond = value / max(limit, 1e-9)
    return float(np.clip(0.5 + 0.5 * np.log2(max(beyond, 1.0)), 0.5, 0.99))


def percent(share: float) -> str:
    """Return a share in words."""
    return f"{100.0 * share:.0f} %"
