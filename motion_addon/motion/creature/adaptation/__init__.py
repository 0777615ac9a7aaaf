# SPDX-License-Identifier: GPL-3.0-or-later
"""Adapts a network to one clip and stores the result as a creature."""
