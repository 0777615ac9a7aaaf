# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion data: skeletons, clips, contacts and BVH files."""
