# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of a baked clip, and the takes that hold them."""
