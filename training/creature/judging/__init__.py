# SPDX-License-Identifier: GPL-3.0-or-later
"""How one-shot creatures are measured."""
