# SPDX-License-Identifier: GPL-3.0-or-later
"""Training and evaluation of the in-between transformer."""
