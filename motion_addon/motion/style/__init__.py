# SPDX-License-Identifier: GPL-3.0-or-later
"""Styles: from a clip or by name, with a strength."""
