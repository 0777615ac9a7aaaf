# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion data: captured people and animals, variants, and made-up animals."""
