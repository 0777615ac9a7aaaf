# SPDX-License-Identifier: GPL-3.0-or-later
"""The one-shot learner: one clip of a creature in, a controller of that creature out."""
