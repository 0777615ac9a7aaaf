# SPDX-License-Identifier: GPL-3.0-or-later
"""Synthetic four-legged animals and their motion, drawn from a seed."""
