# SPDX-License-Identifier: GPL-3.0-or-later
"""How a kind of body moves along a path: its gaits, its turns and its rates of change."""

from collections.abc import Callable
from dataclasses import dataclass

from numpy.typing import ArrayLike

from ..maths.quat import Array


@dataclass(frozen=True)
class Mover:
    """How a kind of body moves: its gaits, and what it does in turns, starts and stops."""

    gaits: tuple[str, ...]
    """Names; the first is standing."""
    weights: Callable[[ArrayLike, str], Array]
    """Weights (..., G) of the gaits at speeds (...) in m/s, for "auto" or a gait's name."""
    lateral: float
    """Most acceleration towards the inside of a turn (m/s^2)."""
    turn: float
    """Fastest turn of the direction of travel (rad/s)."""
    ramp: tuple[tuple[float, float], tuple[float, float]]
    """Two speeds (m/s), and accelerations (m/s^2) from and to standing."""
    turn_in_place: float
    """Speed of a turn in place (rad/s)."""
    backward: str | None = None
    """Gait for going backward at any speed; None if it depends on the speed as ahead."""
