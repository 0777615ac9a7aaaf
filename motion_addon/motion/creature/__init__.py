# SPDX-License-Identifier: GPL-3.0-or-later
"""One clip of an unknown animal, read and learned from."""
