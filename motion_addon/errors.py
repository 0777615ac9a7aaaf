# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors that tell an artist, in one sentence, why something cannot be done."""


class ModelError(RuntimeError):
    """A model is missing or does not fit this version; the message says which."""


class RequestError(ValueError):
    """A request cannot be met; the message is one plain sentence."""


class RigError(ValueError):
    """A rig cannot be used; the message is one plain sentence for the artist."""


class BvhError(ValueError):
    """A file is not a BVH motion that can be read; the message says why."""


class ExemplarError(ValueError):
    """A motion cannot be learned from; the message is one plain sentence for the artist."""


class RecipeError(ValueError):
    """A recipe cannot be used; the message is one plain sentence."""


class RefusedError(ValueError):
    """A bake that cannot be done; the message is one plain sentence, nothing was changed."""


class CurveError(ValueError):
    """A curve object cannot serve as a path; the message is one plain sentence."""


class DraggedError(ValueError):
    """Keys of footfalls cannot be read; the message is one plain sentence."""
