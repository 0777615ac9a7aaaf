# SPDX-License-Identifier: GPL-3.0-or-later
"""One finding of the doctor about a clip."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

Severity = Literal["error", "warning", "note"]
ORDER: Final[tuple[Severity, ...]] = ("error", "warning", "note")
"""An error makes a clip unusable; a warning names what will look wrong; a note informs."""


@dataclass(frozen=True)
class Finding:
    """A fault or a fact of a clip: the problem, its place and the remedy, in one plain sentence."""

    code: str
    """Stable name for programs; stays the same when the text changes."""
    text: str
    severity: Severity
    confidence: float = 0.99
    """0..1"""


def confidence_beyond(value: float, limit: float) -> float:
    """Return the confidence that a value exceeds a limit: 0.5 at the limit, 0.99 at its double."""
    beyond = value / max(limit, 1e-9)
    return float(np.clip(0.5 + 0.5 * np.log2(max(beyond, 1.0)), 0.5, 0.99))


def percent(share: float) -> str:
    """Return a share as a percentage."""
    return f"{100.0 * share:.0f} %"
