# SPDX-License-Identifier: GPL-3.0-or-later
"""Styles of a take and their keyed strengths."""
