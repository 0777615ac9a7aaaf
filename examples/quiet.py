# SPDX-License-Identifier: GPL-3.0-or-later
"""Silence for Blender's own console chatter, which would drown an example's progress lines."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def redirected_output() -> Iterator[None]:
    """Send what Blender writes to stdout and stderr, from Python or C, to nowhere."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(1), os.dup(2)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for descriptor in (1, 2):
            os.dup2(nowhere, descriptor)
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for descriptor, copy in zip((1, 2), kept, strict=True):
            os.dup2(copy, descriptor)
            os.close(copy)
        os.close(nowhere)
