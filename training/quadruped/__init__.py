# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion data of four-legged animals, and how a quadruped is trained on it."""
