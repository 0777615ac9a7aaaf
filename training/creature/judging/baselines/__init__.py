# SPDX-License-Identifier: GPL-3.0-or-later
"""What adapting a creature to one clip is compared with: loop, re-mixing, un-adapted model."""
