# SPDX-License-Identifier: GPL-3.0-or-later
"""From a clip to keys, and the takes that hold them."""
