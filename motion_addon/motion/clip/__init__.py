# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion as data: skeletons, clips, contacts, BVH files."""
