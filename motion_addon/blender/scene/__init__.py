# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender data in and out: armatures, curves, ground, F-curves."""
