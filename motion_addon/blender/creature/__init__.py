# SPDX-License-Identifier: GPL-3.0-or-later
"""Creatures from one clip: picking it, reading it, storing them."""
