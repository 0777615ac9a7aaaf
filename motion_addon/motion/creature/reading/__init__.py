# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a clip of an unknown animal."""
