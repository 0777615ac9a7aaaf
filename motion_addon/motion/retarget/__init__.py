# SPDX-License-Identifier: GPL-3.0-or-later
"""From the model's skeleton to the bones and channels of an artist's rig."""
