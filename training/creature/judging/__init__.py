# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures one-shot adaptation, the reading of clips and the exemplar doctor."""
