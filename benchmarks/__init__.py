# SPDX-License-Identifier: GPL-3.0-or-later
"""Speed against peers: ratios measured in one run, on one core."""
