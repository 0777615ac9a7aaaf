# SPDX-License-Identifier: GPL-3.0-or-later
"""The character: which rig, its bone map, its size and its controls."""
