"""Calls made in a process of their own, with the memory and the time that a file may cost."""

import os
import pickle
import resource
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

MEMORY = 500_000_000
SECONDS = 10


def confined(call: Callable[[], Any]) -> Any:
    """What the call returns; raises AssertionError where it raised, or took too much.

    The seconds are those of the processor: other work on the machine does not count.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _live(call, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        said = answer.read()
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        raise AssertionError(f"ended by {signal.Signals(os.WTERMSIG(status)).name}")
    well, value = pickle.loads(said)
    assert well, value
    return value


def _live(call: Callable[[], Any], writing: int) -> None:
    """Never returns."""
    try:
        mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (mapped + MEMORY, resource.RLIM_INFINITY))
        used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
        resource.setrlimit(resource.RLIMIT_CPU, (int(used) + SECONDS, resource.RLIM_INFINITY))
        answer = (True, call())
    except BaseException as error:  # noqa: BLE001 - whatever it is, the other side is told
        import traceback

        answer = (False, f"{error!r}\n{''.join(traceback.format_tb(error.__traceback__)[-6:])}")
    try:
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(pickle.dumps(answer))
    finally:
        os._exit(0)
