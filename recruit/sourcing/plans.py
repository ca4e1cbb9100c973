"""What an import is to do, written on its job, so that another process can go on with it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from recruit.sourcing.mapping import MappingSpec, parse_mapping

_ENDS_BYTES = 64 * 1024


@dataclass(frozen=True)
class ImportPlan:
    """One file to import.

    `file_name` is what people call the file; `identity` tells whether a file is still the same one.
    `mapping` is the definition of a `MappingSpec`. `complete` says that the file lists all firms of its
    source, so that one which is missing has vanished. `is_ours` says that the file was uploaded and goes
    when the job is over. `left_out` counts people whom the source may not name. `header` is the file's.
    """

    path: str
    file_name: str
    identity: str
    mapping: Mapping[str, Any]
    complete: bool = False
    is_ours: bool = False
    left_out: int = 0
    header: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dict; `from_json` reads it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "ImportPlan":
        """Read what `to_json` wrote."""
        return cls(**{**data, "header": tuple(data.get("header", ()))})

    @property
    def spec(self) -> MappingSpec:
        """Return the mapping."""
        return parse_mapping(self.mapping, f"mapping of {self.file_name}")

    def is_same_work(self, other: "ImportPlan") -> bool:
        """Tell whether another plan reads the same file in the same way."""
        return replace(self, path="", file_name="", is_ours=False, left_out=0) == replace(
            other, path="", file_name="", is_ours=False, left_out=0
        )


def identify_file(path: Path) -> str:
    """Return what changes when a file does: its size, and a hash of its first and last 64 KiB."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_ENDS_BYTES)
        file.seek(max(0, size - _ENDS_BYTES))
        tail = file.read(_ENDS_BYTES)
    return f"{size}-{sha256(head + tail).hexdigest()[:32]}"
