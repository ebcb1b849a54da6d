"""How many threads matrix products use: what is granted, what is free, and who sets the number."""

import math
import os
import re
import subprocess
import sys
import threading
import time

import pytest
from conftest import ROOT
from nbformat.v4 import new_code_cell, new_notebook
from threadpoolctl import ThreadpoolController

from nn_core.tools import threads
from nn_core.tools.threads import Follower, FreeCores, allowed_cores, cpu_quota


def test_tests_use_one_thread_each():
    variables = {os.environ[name] for name in threads.VARIABLES}
    if variables == {"1"}:
        pools = ThreadpoolController().select(user_api="blas").lib_controllers
        assert {pool.num_threads for pool in pools} <= {1}


# --- what is granted


@pytest.mark.parametrize(
    ("groups", "files", "quota"),
    [
        # Version 2: a container that sees its own group as the root, nested groups, no limit.
        ("0::/", {"cpu.max": "150000 100000"}, 1.5),
        ("0::/a/b", {"a/b/cpu.max": "max 100000", "a/cpu.max": "200000 100000"}, 2),
        ("0::/a/b", {"a/b/cpu.max": "50000 100000", "a/cpu.max": "200000 100000"}, 0.5),
        ("0::/", {"cpu.max": "max 100000"}, math.inf),
        ("0::/", {}, math.inf),
        # Version 1: a container that does not see its own group, and no limit.
        (
            "4:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n0::/",
            {"cpu/cpu.cfs_quota_us": "300000", "cpu/cpu.cfs_period_us": "100000"},
            3,
        ),
        (
            "1:cpu:/",
            {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"},
            math.inf,
        ),
        ("2:cpuset:/", {"cpu/cpu.cfs_quota_us": "1", "cpu/cpu.cfs_period_us": "1"}, math.inf),
    ],
)
def test_quota_of_a_container(tmp_path, groups, files, quota):
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text(groups)
    for name, text in files.items():
        path = tmp_path / "sys/fs/cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
    assert cpu_quota(tmp_path) == quota


def test_no_quota_where_there_are_no_control_groups(tmp_path):
    assert cpu_quota(tmp_path) == math.inf


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cannot be set on this system")
def test_allowed_cores_are_those_of_the_process():
    core = min(os.sched_getaffinity(0))
    source = (
        f"import os; os.sched_setaffinity(0, [{core}]); "
        "from nn_core.tools.threads import allowed_cores; print(allowed_cores())"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True)
    assert done.stdout.strip() == f"[{core}]"


# --- what is free


class Machine:
    """Four cores whose clock and counters a test sets."""

    def __init__(self, monkeypatch, quota=math.inf):
        self.now = self.idle = self.own = 0.0
        monkeypatch.setattr(threads, "allowed_cores", lambda: [0, 1, 2, 3])
        monkeypatch.setattr(threads, "cpu_quota", lambda: quota)
        monkeypatch.setattr(threads, "free_core_seconds", lambda cores: self.idle + self.own)
        monkeypatch.setattr(time, "perf_counter", lambda: self.now)
        self.free_cores = FreeCores()

    def after(self, *, idle, own, seconds=0.5):
        """Let time pass; give the number of free cores."""
        self.now += seconds
        self.idle += idle * seconds
        self.own += own * seconds
        return self.free_cores()


def test_free_is_what_is_idle_and_what_this_process_uses(monkeypatch):
    machine = Machine(monkeypatch)
    assert machine.after(idle=4, own=0) == 4
    assert machine.after(idle=0, own=4) == 4
    assert machine.after(idle=2, own=1.9) == 4  # others use a tenth of a core
    assert machine.after(idle=0, own=2.7) == 2  # another program runs: its core is not free
    assert machine.after(idle=0, own=0.4) == 1


def test_free_cores_fall_at_once_and_rise_late(monkeypatch):
    machine = Machine(monkeypatch)
    assert machine.after(idle=4, own=0) == 4
    assert machine.after(idle=0, own=1) == 1
    seen = [machine.after(idle=4, own=0) for _ in range(threads.KEPT)]
    assert seen == [1] * (threads.KEPT - 1) + [4]


def test_quota_limits_the_free_cores(monkeypatch):
    assert Machine(monkeypatch, quota=1.5).after(idle=4, own=0) == 1
    assert Machine(monkeypatch, quota=3).after(idle=4, own=0) == 3
    assert Machine(monkeypatch, quota=0.2).after(idle=4, own=0) == 1


def test_counters_of_this_machine():
    cores = allowed_cores()
    free_cores = FreeCores()
    time.sleep(0.05)
    assert 1 <= free_cores() <= len(cores)
    # A part of the cores counts alone.
    assert threads.free_core_seconds(cores[:1]) <= threads.free_core_seconds(cores) + 0.01


# --- who sets the number


class Library:
    """Stands in for a BLAS with two threads."""

    def __init__(self):
        self.num_threads, self.set_by = 2, set()

    def set_num_threads(self, number):
        self.num_threads = number
        self.set_by.add(threading.current_thread())


def test_main_thread_sets_the_number():
    free_cores = iter([1, 5])
    library = Library()
    follower = Follower([library], lambda: next(free_cores))
    numbers = []
    for _ in range(2):
        watcher = threading.Thread(target=follower.measure)
        watcher.start()
        watcher.join()
        numbers.append(library.num_threads)
    assert numbers == [1, 2]  # never more than the library began with
    assert library.set_by == {threading.main_thread()}


TWICE = """\
import nn_core.lab
from nn_core.tools.threads import follow_free_cores
follow_free_cores()"""


@pytest.fixture
def told(tmp_path):
    """Runs a cell in a kernel with these variables; gives what it printed."""

    def run(cell, **variables):
        from nbclient import NotebookClient

        notebook = new_notebook(cells=[new_code_cell(cell)])
        kept = {name: text for name, text in os.environ.items() if name not in threads.VARIABLES}
        NotebookClient(notebook, kernel_name="python3").execute(env={**kept, **variables})
        return "".join(output.get("text", "") for output in notebook.cells[0].outputs)

    return run


def test_kernel_tells_once_how_many_threads_are_used(told):
    line = r"threads: \d+, one for each free core, checked while it runs\n"
    assert re.fullmatch(line, told(TWICE))
    assert told(TWICE, OMP_NUM_THREADS="1") == "threads: 1, set by OMP_NUM_THREADS\n"
    assert told("import nn_core.lab", NN_CORE_BOOK="1") == ""


def test_import_elsewhere_follows_nothing():
    done = subprocess.run(
        [sys.executable, "-c", "import nn_core.lab"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout == done.stderr == ""
