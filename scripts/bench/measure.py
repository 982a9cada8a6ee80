"""Runs a command and measures the whole tree of its processes through /proc."""

import ctypes
import dataclasses
import os
import subprocess
import threading
import time

PERIOD = 0.05  # seconds between two looks at the memory
PR_SET_CHILD_SUBREAPER = 36


@dataclasses.dataclass
class Cost:
    wall: float  # s
    cpu: float  # s, user and system, of all processes
    memory: int  # bytes, the largest sum over the tree
    output: str


def nnunet_folders(folder):
    """The folders that nnU-Net asks for, made below one, as its environment variables."""
    folders = {f"nnUNet_{name}": folder / f"nnUNet_{name}"
               for name in ("raw", "preprocessed", "results")}
    for path in folders.values():
        path.mkdir(parents=True, exist_ok=True)
    return {name: str(path) for name, path in folders.items()}


def parents():
    """Parent of every process."""
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                found[int(name)] = int(file.read().rsplit(")", 1)[1].split()[1])
        except (OSError, ValueError, IndexError):
            continue
    return found


def tree(root):
    """A process and all that descend from it."""
    above, members, grows = parents(), {root}, True
    while grows:
        more = {pid for pid, parent in above.items() if parent in members} - members
        members |= more
        grows = bool(more)
    return members


def kilobytes(pid, file, field):
    try:
        with open(f"/proc/{pid}/{file}") as lines:
            return next((int(line.split()[1]) for line in lines if line.startswith(field)), 0)
    except OSError:
        return 0


def memory_of(members):
    """Memory that the processes share is counted once; a single process may have had a peak
    between two looks, which the kernel knows."""
    several = len(members) > 1  # of one process the kernel knows the peak; walking its pages is slow
    together = sum(kilobytes(pid, "smaps_rollup", "Pss:") for pid in members) if several else 0
    alone = max((kilobytes(pid, "status", "VmHWM:") for pid in members), default=0)
    return 1024 * max(together, alone)


def watch(pid, peak, over):
    pause = 0
    while not over.wait(pause):
        start = time.monotonic()
        peak[0] = max(peak[0], memory_of(tree(pid)))
        pause = max(PERIOD, 4 * (time.monotonic() - start))  # large programs take long to look at


def cpu_of_children():
    times = os.times()
    return times.children_user + times.children_system


def run(command, environment):
    """@throws RuntimeError with the end of the output when the command fails."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)  # orphans come back to be counted
    start, cpu, peak, over = time.monotonic(), cpu_of_children(), [0], threading.Event()
    process = subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    watching = threading.Thread(target=watch, args=(process.pid, peak, over))
    watching.start()
    with process.stdout:
        output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    over.set()
    watching.join()
    reap_orphans()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))} failed:\n{output[-2000:]}")
    # A process may have grown behind the last look; of the largest the kernel tells at its end.
    memory = max(peak[0], 1024 * usage.ru_maxrss)
    return Cost(wall, cpu_of_children() - cpu, memory, output)


def reap_orphans():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
