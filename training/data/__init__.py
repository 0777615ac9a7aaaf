# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion data: captured people and animals, variants of them, and synthetic animals."""
