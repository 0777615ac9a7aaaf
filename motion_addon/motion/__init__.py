# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion core: arrays in, arrays out; numpy and the standard library only."""
