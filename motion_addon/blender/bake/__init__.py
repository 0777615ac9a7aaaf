# SPDX-License-Identifier: GPL-3.0-or-later
"""One bake: recipe, job, herd, live mode, command line."""
