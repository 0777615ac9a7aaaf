# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluation of styles by judges: classifiers of style and gait."""
