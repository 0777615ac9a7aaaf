# SPDX-License-Identifier: GPL-3.0-or-later
"""Styles made up on neutral motion."""
