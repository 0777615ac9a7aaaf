# SPDX-License-Identifier: GPL-3.0-or-later
"""From a drawn path to a planned root: speed, heading and gait at 60 Hz."""
