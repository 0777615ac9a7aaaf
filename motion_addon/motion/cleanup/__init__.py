# SPDX-License-Identifier: GPL-3.0-or-later
"""Feet planted on the ground, the root on its plan, secondary motion of head and tail."""
