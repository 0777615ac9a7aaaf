# SPDX-License-Identifier: GPL-3.0-or-later
"""How the transformer that fills gaps is trained and measured."""
