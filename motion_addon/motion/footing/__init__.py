# SPDX-License-Identifier: GPL-3.0-or-later
"""Footprints, and a motion on level ground laid on them and on real ground."""
