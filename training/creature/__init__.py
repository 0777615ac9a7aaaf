# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the one-shot learnet, which computes a creature's controller from one clip."""
