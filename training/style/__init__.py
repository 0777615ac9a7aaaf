# SPDX-License-Identifier: GPL-3.0-or-later
"""How style is synthesized, learned and measured."""
