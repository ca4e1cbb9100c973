"""What a benchmark says."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """One measured number. `must` and `stretch` are conditions in words, `met` what came of them.

    `peer` names what the number is compared with; `ratio` is ours by theirs.
    """

    name: str
    value: float
    unit: str
    peer: str = ""
    ratio: float | None = None
    must: str = ""
    stretch: str = ""
    met: bool | None = None
