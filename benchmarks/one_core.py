# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a benchmark on one core and times functions in turns."""

import os
import sys
import time
from collections.abc import Callable, Mapping

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def restart_on_one_thread() -> None:
    """Start this program again with one thread, unless it already has one.

    The thread count is read when numpy is first imported, so it cannot be set later.
    """
    if all(os.environ.get(name) == "1" for name in _THREADS):
        return
    environment = os.environ | dict.fromkeys(_THREADS, "1")
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)


def best(
    contestants: Mapping[str, Callable[[], object]], rounds: int = 200, calls: int = 20
) -> dict[str, float]:
    """Return the processor seconds of one call of each function, timed in turns.

    It is the best of all rounds: what else runs on the machine only ever adds.
    """
    taken = dict.fromkeys(contestants, float("inf"))
    for _ in range(rounds):
        for name, call in contestants.items():
            begun = time.process_time()
            for _ in range(calls):
                call()
            taken[name] = min(taken[name], (time.process_time() - begun) / calls)
    return taken
