# SPDX-License-Identifier: GPL-3.0-or-later
"""The network that adapts to a clip, and the creature that it makes."""
