# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads files and stored text from outside the add-on, and writes files whole or not at all."""
