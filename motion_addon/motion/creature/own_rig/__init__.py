# SPDX-License-Identifier: GPL-3.0-or-later
"""A creature's motion on the rig of its clip."""
