"""What a process that resolves synthetic firms says of itself: one line of JSON."""

import json
import os
import resource
import threading
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


class Watch:
    """Sees how much memory this process and those beside it take together, from now on."""

    def __init__(self) -> None:
        self._begun = time.perf_counter()
        self._most_beside = 0
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        while True:
            beside = [_kib(f"/proc/{child}/smaps_rollup", "Pss:") for child in _children()]
            if beside:
                own = _kib("/proc/self/smaps_rollup", "Pss:")
                self._most_beside = max(self._most_beside, own + sum(beside))
            time.sleep(0.3)

    def report(self, group: NDArray[np.int64], truth: NDArray[np.int64]) -> None:
        """Print seconds, peak memory, and pairwise precision and recall."""
        seconds = time.perf_counter() - self._begun
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        both, _ = _pairs(truth * (int(group.max()) + 1) + group)
        found, largest = _pairs(group)
        true, _ = _pairs(truth)
        alone = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(
            json.dumps(
                {
                    "seconds": seconds,
                    "cpu_seconds": time.process_time() + children.ru_utime + children.ru_stime,
                    "gib": max(alone, self._most_beside) / 2**20,
                    "gib_beside": self._most_beside / 2**20,
                    "precision": both / found,
                    "recall": both / true,
                    "largest": largest,
                }
            )
        )


def _children() -> list[str]:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()


def _kib(path: str, name: str) -> int:
    try:
        told = Path(path).read_text(encoding="ascii")
    except OSError:
        return 0
    return int(told.partition(name)[2].split()[0]) if name in told else 0


def _pairs(groups: NDArray[np.int64]) -> tuple[int, int]:
    """Return how many pairs stand in one group, and the size of the largest."""
    ordered = np.sort(groups)
    starts = np.flatnonzero(np.diff(ordered, prepend=ordered[0] - 1))
    sizes = np.diff(starts, append=len(ordered))
    return int((sizes * (sizes - 1) // 2).sum()), int(sizes.max())
