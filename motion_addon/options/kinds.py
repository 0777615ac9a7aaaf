# SPDX-License-Identifier: GPL-3.0-or-later
"""Words for the kinds of body in requests, model files and Blender's settings."""

from typing import Final

PERSON: Final = "biped"
ANIMAL: Final = "quadruped"
ANIMALS: Final = (ANIMAL,)
"""Kinds of body with the options of four-legged animals."""
