# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers of a take: its keys as they were baked, and the artist's edits on top."""
