"""What a process that resolves synthetic firms says of itself: one line of JSON."""

import json
import resource
import time

import numpy as np
from numpy.typing import NDArray


def report(begun: float, group: NDArray[np.int64], truth: NDArray[np.int64]) -> None:
    """Print seconds since `begun` (perf_counter), peak memory, and pairwise precision and recall."""
    seconds = time.perf_counter() - begun
    both, _ = _pairs(truth * (int(group.max()) + 1) + group)
    found, largest = _pairs(group)
    true, _ = _pairs(truth)
    print(
        json.dumps(
            {
                "seconds": seconds,
                "cpu_seconds": time.process_time(),
                "gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
                "precision": both / found,
                "recall": both / true,
                "largest": largest,
            }
        )
    )


def _pairs(groups: NDArray[np.int64]) -> tuple[int, int]:
    """Return how many pairs stand in one group, and the size of the largest."""
    ordered = np.sort(groups)
    starts = np.flatnonzero(np.diff(ordered, prepend=ordered[0] - 1))
    sizes = np.diff(starts, append=len(ordered))
    return int((sizes * (sizes - 1) // 2).sum()), int(sizes.max())
