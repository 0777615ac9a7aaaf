# SPDX-License-Identifier: GPL-3.0-or-later
"""Creatures from one clip: picking and reading the clip, storing the creature."""
