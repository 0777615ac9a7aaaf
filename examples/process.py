# SPDX-License-Identifier: GPL-3.0-or-later
"""Process of the examples: silence Blender's console output, and exit safely."""

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def redirected_output() -> Iterator[None]:
    """Discard all output to stdout and stderr, from Python or C."""
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


def run(main: Callable[[], int]) -> None:
    """Call ``main`` and exit with its status, without Blender's exit handlers.

    Blender's module may crash or hang when Python shuts down; the work is saved by then.
    """
    status = 1
    try:
        status = main()
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else 1
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
