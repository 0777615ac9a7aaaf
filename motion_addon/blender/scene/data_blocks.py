# SPDX-License-Identifier: GPL-3.0-or-later
"""Data-blocks over time: finding them again after a yield, and removing those that were added."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def same(blocks: Iterable[Any], uid: int) -> Any | None:
    """Return the data-block with a session UID, or None if it was removed."""
    return next((block for block in blocks if block.session_uid == uid), None)
