# SPDX-License-Identifier: GPL-3.0-or-later
"""The exemplar doctor: reads a clip and reports its faults."""
