# SPDX-License-Identifier: GPL-3.0-or-later
"""Mean builds of kinds of animal: proportions, rest angles and properties of their gaits.

Lengths are in hip heights, measured on rigs and animals; the segments of a leg are relative to each
other, because a leg is scaled to its height. Angles are in degrees; a segment's angle is from
straight down, positive if its lower end is ahead.
"""

from dataclasses import dataclass
from typing import Final

Four = tuple[float, float, float, float]


@dataclass(frozen=True)
class Build:
    """The build of a kind of animal, or of one drawn creature."""

    mass: tuple[float, float]
    """Smallest and largest mass (kg)."""
    trunk: float
    """From the hips forward to the shoulders."""
    withers: float
    """Height of the tops of the shoulder blades."""
    hind: Four
    """Femur, tibia, metatarsus, pastern."""
    hind_angles: Four
    fore: Four
    """Scapula, humerus, radius, pastern."""
    fore_angles: Four
    neck: float
    neck_rise: float
    """Elevation of the neck, degrees."""
    head: float
    tail: float
    tail_rise: float
    """Elevation of the tail's root, degrees."""
    tail_curl: float
    """Degrees, elevation of the tail's tip minus that of its root."""
    width: float
    """Half the distance of the hip joints."""
    sprawl: float = 0.0
    """0 erect to 1 with thighs pointing to the side."""
    arch: float = 0.02
    """Height of the middle of the back over the line from pelvis to withers."""
    flexion: float = 1.0
    """Vertical bending of the back in a gallop relative to a dog's."""
    bending: float = 1.0
    """Sideways bending of the trunk with each step relative to a dog's."""
    sequence: float = 0.25
    """Touchdown of the left fore in a walk, in strides after the left hind."""
    run: str = "trot"
    """Running gait: trot, pace, or walk for animals that only walk."""
    gallop: str = "transverse"
    """Footfalls of the gallop, of ``GALLOPS``; empty for animals that do not gallop."""
    duty: float = 1.0
    """Duty factor relative to a dog's."""
    stride: float = 1.0
    """Stride length at equal Froude number relative to a dog's."""
    lift: float = 1.0
    """Lift of the paws relative to a dog's."""


GALLOPS: Final = {
    "transverse": (0.0, 0.5, 0.12, 0.62),
    "rotary": (0.0, 0.64, 0.12, 0.53),
    "half-bound": (0.0, 0.5, 0.05, 0.57),
}
"""Touchdowns of LH, LF, RH, RF on the right lead (Biancardi and Minetti 2012)."""

FAMILIES: Final = {
    "canid": Build(
        (4, 70), 1.05, 1.08,
        (0.44, 0.40, 0.19, 0.12), (20, -40, 10, 58), (0.27, 0.31, 0.36, 0.16), (32, -46, 7, 20),
        0.52, 32, 0.38, 0.75, -45, 35, 0.15, gallop="rotary",
    ),
    "felid": Build(
        (3, 200), 1.18, 1.03,
        (0.44, 0.45, 0.21, 0.12), (30, -48, 14, 60), (0.29, 0.33, 0.36, 0.13), (33, -47, 7, 34),
        0.42, 18, 0.30, 1.05, -55, 80, 0.14, flexion=1.5, gallop="rotary", lift=0.85,
    ),
    "hyena": Build(
        (25, 80), 0.95, 1.24,
        (0.42, 0.42, 0.20, 0.11), (26, -46, 12, 54), (0.30, 0.34, 0.40, 0.17), (30, -42, 7, 18),
        0.62, 28, 0.36, 0.45, -65, 10, 0.15, gallop="transverse",
    ),
    "bear": Build(
        (60, 500), 1.02, 1.06,
        (0.44, 0.40, 0.10, 0.15), (20, -33, 25, 64), (0.28, 0.35, 0.34, 0.12), (34, -44, 9, 46),
        0.50, 8, 0.42, 0.12, -60, 0, 0.20, bending=1.4, duty=1.04, lift=0.9,
    ),
    "mustelid": Build(
        (0.2, 12), 2.0, 0.98,
        (0.42, 0.42, 0.20, 0.15), (34, -54, 20, 56), (0.30, 0.34, 0.34, 0.16), (36, -52, 10, 34),
        0.75, 22, 0.42, 1.1, -20, 10, 0.20, arch=0.16, flexion=1.9, gallop="half-bound", stride=1.1,
    ),
    "rodent": Build(
        (0.02, 8), 1.5, 0.86,
        (0.40, 0.47, 0.24, 0.17), (48, -60, 22, 62), (0.26, 0.32, 0.34, 0.16), (40, -56, 14, 34),
        0.35, 20, 0.45, 0.9, -25, 20, 0.20, arch=0.16, flexion=1.5, gallop="half-bound", stride=1.1,
    ),
    "equid": Build(
        (80, 700), 0.88, 1.06,
        (0.31, 0.36, 0.30, 0.14), (18, -34, 9, 22), (0.30, 0.25, 0.34, 0.35), (34, -44, 7, 6),
        0.62, 42, 0.42, 0.62, -60, -15, 0.13, flexion=0.35, bending=0.55, lift=1.1,
    ),
    "cervid": Build(
        (12, 350), 0.80, 0.98,
        (0.28, 0.36, 0.35, 0.16), (23, -40, 6, 14), (0.26, 0.26, 0.36, 0.34), (34, -44, 8, 4),
        0.52, 55, 0.30, 0.15, -40, -10, 0.11, flexion=0.8, bending=0.6, lift=1.15,
    ),
    "caprine": Build(
        (20, 120), 0.95, 0.98,
        (0.31, 0.36, 0.26, 0.15), (24, -39, 8, 16), (0.26, 0.28, 0.33, 0.27), (33, -44, 7, 6),
        0.42, 40, 0.32, 0.16, 25, 20, 0.14, flexion=0.6, bending=0.7,
    ),
    "bovine": Build(
        (150, 900), 1.12, 1.12,
        (0.32, 0.36, 0.28, 0.11), (22, -37, 9, 16), (0.29, 0.31, 0.31, 0.23), (31, -42, 7, 8),
        0.44, 12, 0.42, 0.72, -75, -10, 0.19, flexion=0.3, bending=0.7, duty=1.04, lift=0.9,
    ),
    "camelid": Build(
        (60, 600), 0.74, 1.02,
        (0.36, 0.38, 0.30, 0.10), (21, -36, 9, 18), (0.24, 0.35, 0.35, 0.27), (28, -38, 7, 7),
        0.92, 45, 0.34, 0.30, -65, 0, 0.13, flexion=0.3, bending=0.6, sequence=0.11, run="pace",
    ),
    "giraffe": Build(
        (300, 1200), 0.62, 1.18,
        (0.34, 0.37, 0.42, 0.11), (20, -31, 6, 12), (0.34, 0.33, 0.40, 0.38), (28, -36, 7, 5),
        1.25, 58, 0.34, 0.50, -75, 0, 0.13, flexion=0.3, bending=0.4, sequence=0.10, run="walk",
    ),
    "elephant": Build(
        (250, 5000), 0.95, 1.12,
        (0.46, 0.41, 0.09, 0.07), (19, -26, 11, 24), (0.31, 0.37, 0.33, 0.12), (28, -35, 7, 12),
        0.36, 32, 0.42, 0.65, -75, 5, 0.22, flexion=0.1, bending=0.5, sequence=0.19, run="walk",
        gallop="", duty=1.07, stride=0.92, lift=0.8,
    ),
    "hippo": Build(
        (200, 3000), 1.45, 1.05,
        (0.40, 0.36, 0.15, 0.10), (25, -38, 10, 24), (0.28, 0.31, 0.27, 0.14), (32, -43, 8, 14),
        0.48, 2, 0.58, 0.28, -75, 0, 0.28, flexion=0.2, bending=0.8, duty=1.05, lift=0.8,
    ),
    "pig": Build(
        (15, 250), 1.35, 1.06,
        (0.38, 0.34, 0.21, 0.12), (27, -39, 9, 18), (0.26, 0.31, 0.27, 0.17), (33, -45, 9, 10),
        0.36, 4, 0.52, 0.28, -30, 20, 0.18, flexion=0.5, bending=0.7, lift=0.8,
    ),
    "dinosaur": Build(
        (100, 5000), 1.15, 0.84,
        (0.46, 0.43, 0.13, 0.10), (21, -31, 9, 24), (0.20, 0.36, 0.33, 0.12), (24, -40, 14, 20),
        0.85, 22, 0.32, 1.9, -6, 12, 0.20, sprawl=0.15, flexion=0.15, bending=1.1, gallop="",
        duty=1.08, lift=0.9,
    ),
    "crocodile": Build(
        (2, 400), 2.1, 0.92,
        (0.47, 0.43, 0.16, 0.14), (10, -24, 20, 62), (0.16, 0.43, 0.38, 0.16), (24, -26, 12, 40),
        0.45, 4, 0.62, 2.4, -14, 12, 0.26, sprawl=0.55, flexion=0.5, bending=2.2, sequence=0.40,
        gallop="", duty=1.14, stride=1.15, lift=0.8,
    ),
    "lizard": Build(
        (0.02, 60), 2.3, 0.90,
        (0.46, 0.44, 0.14, 0.20), (6, -14, 20, 66), (0.14, 0.44, 0.40, 0.17), (18, -14, 10, 46),
        0.50, 14, 0.50, 3.0, -14, 12, 0.28, sprawl=0.95, flexion=0.3, bending=2.6, sequence=0.44,
        gallop="", duty=1.16, stride=1.35, lift=0.75,
    ),
}  # fmt: skip
"""Builds by kind."""
