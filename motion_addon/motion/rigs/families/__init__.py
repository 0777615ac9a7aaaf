# SPDX-License-Identifier: GPL-3.0-or-later
"""One table for each rig family."""
