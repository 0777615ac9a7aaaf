# SPDX-License-Identifier: GPL-3.0-or-later
"""Examples that run in Blender's Python module: the walk demo and the picture tools."""
