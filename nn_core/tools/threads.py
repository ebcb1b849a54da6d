"""How many threads matrix products use: as many as there are free cores.

The threads of one product wait for each other. If one of them has lost its core to another program,
all others wait for this thread, and training becomes slower than with one thread: two to ten times
slower on two cores. So `follow_free_cores` measures how many cores are free, again and again.
"""

import ctypes
import functools
import math
import os
import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any

# Between two measurements. Linux counts in hundredths of a second, so in a shorter time the error
# would be as large as TOLERANCE.
SECONDS = 0.3
KEPT = 10  # the number of threads rises only if so many measurements in a row allow it
TOLERANCE = 0.25  # of a core: with so little used by others, two threads still beat one

# A user who sets one of these variables chooses the number of threads.
VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def cpu_quota(root: Path = Path("/")) -> float:
    """Give how many cores the control groups of Linux grant to this process; inf for no limit.

    A container has such a limit: a quota of CPU time in each period. Groups are nested, and the
    smallest limit counts.
    """
    quotas = [math.inf]
    try:
        lines = (root / "proc/self/cgroup").read_text("utf-8").splitlines()
    except OSError:
        return math.inf  # not on Linux
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if not controllers:  # version 2 of control groups
            folder, names = root / "sys/fs/cgroup", ["cpu.max"]
        elif "cpu" in controllers.split(","):
            folder, names = root / "sys/fs/cgroup/cpu", ["cpu.cfs_quota_us", "cpu.cfs_period_us"]
        else:
            continue
        folder /= group.lstrip("/")
        for place in (folder, *folder.parents):
            # Without a limit the quota is "max" or -1. A container may not see its own group, but
            # then it sees the limits in a folder above.
            with suppress(OSError, ValueError):
                text = " ".join((place / name).read_text("utf-8") for name in names)
                quota, period = map(int, text.split())
                if quota > 0:
                    quotas.append(quota / period)
    return min(quotas)


def allowed_cores() -> list[int]:
    """Give the numbers of the cores on which this process may run."""
    import psutil

    process = psutil.Process()
    if hasattr(process, "cpu_affinity"):  # not on macOS
        return process.cpu_affinity()
    return list(range(psutil.cpu_count()))


def free_core_seconds(cores: list[int]) -> float:
    """Give the core-seconds that other programs did not use: idle ones, and those of this process.

    They count from some moment in the past, so only a difference has a meaning.
    """
    import psutil

    times = psutil.cpu_times(percpu=True)
    if len(times) > len(cores):
        times = [times[core] for core in cores if core < len(times)]
    idle = sum(core.idle + getattr(core, "iowait", 0.0) for core in times)
    return idle + time.process_time()


class FreeCores:
    """Counts the free cores between one call and the next."""

    def __init__(self) -> None:
        self.last = time.perf_counter(), free_core_seconds(allowed_cores())
        self.recent: deque[float] = deque(maxlen=KEPT)

    def __call__(self) -> int:
        """Give the smallest count of the last `KEPT` calls, at least 1."""
        cores = allowed_cores()
        then, free_then = self.last
        now, free_now = self.last = time.perf_counter(), free_core_seconds(cores)
        free = (free_now - free_then) / (now - then)
        self.recent.append(min(free + TOLERANCE, len(cores), cpu_quota()))
        return max(1, math.floor(min(self.recent)))


class Follower:
    """Gives the libraries of matrix products as many threads as cores are free.

    Parameters
    ----------
    libraries
        Those of `threadpoolctl`, each with `num_threads` and `set_num_threads`.
    free_cores
        Counts the free cores when it is called.
    """

    def __init__(self, libraries: list[Any], free_cores: FreeCores) -> None:
        self.libraries, self.free_cores = libraries, free_cores
        self.most = max(library.num_threads for library in libraries)
        self.threads = self.most
        # It must live as long as Python may call it.
        self.pending = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(self.set_threads)

    def set_threads(self, _: object) -> int:
        """Set the number of threads, as a pending call of Python: 0 means that all is well."""
        for library in self.libraries:
            library.set_num_threads(self.threads)
        return 0

    def measure(self) -> None:
        """Count the free cores. If their number has changed, let the main thread set it.

        Another thread must not set it: a product may be running, and the number of threads decides
        which memory belongs to it. The main thread sets it between two of its instructions.
        """
        before, self.threads = self.threads, min(self.free_cores(), self.most)
        if self.threads != before:
            ctypes.pythonapi.Py_AddPendingCall(self.pending, None)

    def watch(self) -> None:
        """Measure again and again, in a thread of its own."""
        while True:
            time.sleep(SECONDS)
            self.measure()


@functools.cache
def follow_free_cores() -> None:
    """Let matrix products use as many threads as cores are free, from now on; print how many.

    The number is checked as long as the program runs. It stays as it is if the user has set one
    of `VARIABLES`. Without a library that can change its number, nothing is done.
    """
    from threadpoolctl import ThreadpoolController

    libraries = ThreadpoolController().select(user_api="blas").lib_controllers
    if not libraries:
        return
    for variable in VARIABLES:
        if variable in os.environ:
            print(f"threads: {libraries[0].num_threads}, set by {variable}")
            return
    follower = Follower(libraries, FreeCores())
    time.sleep(SECONDS)
    follower.measure()
    threading.Thread(target=follower.watch, daemon=True).start()
    print(f"threads: {follower.threads}, one for each free core, checked while it runs")
