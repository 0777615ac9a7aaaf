# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves touchdowns and lift-offs of a level motion: by the stride clock, or by warping its time."""
