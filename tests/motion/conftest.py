# SPDX-License-Identifier: GPL-3.0-or-later
"""How hypothesis runs here: the same examples each time, however busy the machine is."""

from hypothesis import settings

settings.register_profile("footfall", deadline=None, derandomize=True)
settings.load_profile("footfall")
