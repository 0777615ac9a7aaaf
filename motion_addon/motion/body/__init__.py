# SPDX-License-Identifier: GPL-3.0-or-later
"""Bodies: legs, kinds of body, gaits and how they move."""
