"""What partners get, as data: pages that a gate opens."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field

from recruit.onboarding.definitions import STRICT, Key, Text, read_definition
from recruit.onboarding.values import Action


@dataclass(frozen=True)
class ResourceDefinition:
    """A page for partners. `action`'s gate opens it; `owner` answers questions about it."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    key: Key
    title: Text
    markdown: Annotated[str, Field(min_length=1)]
    action: Action
    owner: Text
    summary: Annotated[str, Field(max_length=300)] = ""
    review_on: date | None = None
    position: int = 0


@dataclass(frozen=True)
class _ResourceFile:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    resources: tuple[ResourceDefinition, ...] = ()

    def __post_init__(self) -> None:
        keys = [resource.key for resource in self.resources]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"The key {twice[0]!r} stands twice. Rename one.")


def parse_resources(
    data: Mapping[str, Any], *, file: str = "resources"
) -> tuple[ResourceDefinition, ...]:
    """Return the `[[resources]]` of a file; raises `ContentError`."""
    return read_definition(_ResourceFile, data, file=file).resources
