# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves a creature on the rig of its own clip."""
