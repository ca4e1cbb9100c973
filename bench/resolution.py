"""Resolution: a million synthetic firms against plain Splink in the same run, and two public truth sets.

The seed is fresh in every run and stands in the result's name. Each side works in a process of its own, from
the same Parquet file with the raw texts to a group for every row, so that both pay for their preparation and
show their whole memory. BENCH_LARGE=1 adds ten million records.
"""

import json
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.result import Result
from bench.synthetic_firms import make_firms
from bench.truth_sets import judge_chicago, judge_names

_RECORDS = 1_000_000
_LARGE = 10_000_000
_HALF_AN_HOUR = 1800


def run() -> list[Result]:
    """Resolve the same rows with both, then judge on the truth sets."""
    results = []
    sizes = [_RECORDS, *([_LARGE] if os.environ.get("BENCH_LARGE") else [])]
    with tempfile.TemporaryDirectory() as folder:
        for records in sizes:
            rows = Path(folder) / f"{records}.parquet"
            seed = secrets.randbelow(10**6)
            make_firms(records, seed).to_parquet(rows)
            ours = _measure("columns", rows)
            peer = _measure("splink", rows) if records == _RECORDS else None
            results += _describe(f"{records:,} synthetic firms, seed {seed}", ours, peer, records)
            rows.unlink()
    return results + judge_chicago() + judge_names()


def _measure(engine: str, rows: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", f"bench.synthetic_{engine}_run", str(rows)],
        capture_output=True,
        text=True,
        timeout=_HALF_AN_HOUR,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{engine} failed on {rows.name}:\n{done.stderr[-2000:]}")
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def _describe(
    what: str, ours: dict[str, Any], peer: dict[str, Any] | None, records: int
) -> list[Result]:
    seconds, gib = (60.0, 2.0) if records == _RECORDS else (360.0, 12.0)
    results = [
        Result(
            f"{what}: precision",
            ours["precision"],
            "",
            must="≥ .98",
            stretch="≥ .99",
            met=ours["precision"] >= 0.98,
        ),
        Result(f"{what}: recall", ours["recall"], "", must="≥ .95", met=ours["recall"] >= 0.95),
        Result(
            f"{what}: largest firm",
            ours["largest"],
            "records",
            must="≤ 10",
            met=ours["largest"] <= 10,
        ),
        Result(
            f"{what}: peak memory",
            ours["gib"],
            "GiB",
            must=f"≤ {gib:g} GiB",
            met=ours["gib"] <= gib,
        ),
    ]
    ratio = ours["seconds"] / peer["seconds"] if peer else None
    results.append(
        Result(
            f"{what}: seconds with preparation",
            ours["seconds"],
            "s",
            peer="plain Splink" if peer else "",
            ratio=ratio,
            must=f"≤ {seconds:g} s" + ("; ≤ 1.5 × Splink" if peer else ""),
            stretch="≤ 1.0 ×" if peer else "",
            met=ours["seconds"] <= seconds and (ratio is None or ratio <= 1.5),
        )
    )
    results.append(Result(f"{what}: CPU seconds", ours["cpu_seconds"], "s"))
    if peer:
        results += [
            Result(f"plain Splink on the same: {name}", peer[key], unit)
            for name, key, unit in (
                ("seconds", "seconds", "s"),
                ("CPU seconds", "cpu_seconds", "s"),
                ("peak memory", "gib", "GiB"),
                ("precision", "precision", ""),
                ("recall", "recall", ""),
            )
        ]
    return results
