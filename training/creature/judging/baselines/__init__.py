# SPDX-License-Identifier: GPL-3.0-or-later
"""Baselines of one-shot adaptation: looped clip, patch matching, un-adapted model."""
