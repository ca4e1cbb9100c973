"""Run benchmarks and print what they measured.

    python -m bench                # all
    python -m bench pages crawl    # some

Each module of this package with a function `run() -> list[Result]` is one benchmark. The results also go to
var/bench.json.
"""

import json
import pkgutil
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.table import Table

import bench
from bench.result import Result


def main(wanted: list[str]) -> int:
    """Run the wanted benchmarks, all when none is named; 1 when a must is not met."""
    names = [
        module.name
        for module in pkgutil.iter_modules(bench.__path__)
        if module.name not in {"__main__", "result"} and not module.name.startswith("synthetic")
    ]
    if unknown := set(wanted) - set(names):
        print(f"Unknown benchmark {', '.join(sorted(unknown))}; there are {', '.join(names)}.")
        return 2
    results: list[Result] = []
    for name in wanted or names:
        module = import_module(f"bench.{name}")
        if hasattr(module, "run"):
            results += module.run()
    table = Table(box=None, header_style="dim")
    for column in ("what", "value", "unit", "ratio", "peer", "must", "stretch", ""):
        table.add_column(column, justify="right" if column in {"value", "ratio"} else "left")
    for r in results:
        met = "" if r.met is None else "[green]met[/]" if r.met else "[red]missed[/]"
        ratio = "" if r.ratio is None else f"{r.ratio:.2f}"
        table.add_row(
            r.name,
            f"{r.value:,.3g}" if r.value < 1000 else f"{r.value:,.0f}",
            r.unit,
            ratio,
            r.peer,
            r.must,
            r.stretch,
            met,
        )
    Console(width=160).print(table)
    Path("var").mkdir(exist_ok=True)
    Path("var/bench.json").write_text(json.dumps([asdict(r) for r in results], indent=1))
    return 1 if any(r.met is False for r in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
