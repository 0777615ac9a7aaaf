# SPDX-License-Identifier: GPL-3.0-or-later
"""How the biped is trained and measured."""
