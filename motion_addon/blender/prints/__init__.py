# SPDX-License-Identifier: GPL-3.0-or-later
"""Footprints of a take as objects: shown, moved by the artist, and read back as edits."""
