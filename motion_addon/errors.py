# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error that an artist sees: what cannot be done, why, and what to do instead."""


class RefusedError(ValueError):
    """Something that was asked for cannot be done.

    The message is one plain sentence; whoever shows it adds nothing, and nothing was changed.
    """
