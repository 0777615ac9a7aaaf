# SPDX-License-Identifier: GPL-3.0-or-later
"""The character: its rig, bone map, size and controls."""
