# SPDX-License-Identifier: GPL-3.0-or-later
"""The exemplar doctor: what a clip shows and what is wrong with it."""
