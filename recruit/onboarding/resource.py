"""What partners get, as data: pages and files that a gate opens."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, ConfigDict, Field

from recruit.onboarding.course import bare_name
from recruit.onboarding.definitions import STRICT, Key, Text, read_definition
from recruit.onboarding.track import OPENED_BY_STEPS
from recruit.onboarding.values import Action

# Of those that steps open, and what is open to whoever has come in.
OPENS_RESOURCES = OPENED_BY_STEPS | {Action.SEE_PORTAL}


@dataclass(frozen=True)
class ResourceDefinition:
    """A page for partners, a file or both. `action`'s gate opens it, `level` asks for a level besides.

    `owner` answers questions about it; `owner_email` is told once `review_on` has come, and with
    `hide_when_stale` partners lose sight of it then. `file` names a file beside this one.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    key: Key
    title: Text
    action: Action
    owner: Text
    markdown: str = ""
    summary: Annotated[str, Field(max_length=300)] = ""
    review_on: date | None = None
    position: int = 0
    product: Annotated[str, Field(max_length=100)] = ""
    audience: Annotated[str, Field(max_length=100)] = ""
    level: Annotated[str, Field(max_length=100)] = ""
    owner_email: Annotated[str, Field(max_length=254)] = ""
    hide_when_stale: bool = False
    file: Annotated[str, Field(max_length=200), AfterValidator(bare_name)] = ""
    file_sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""

    def __post_init__(self) -> None:
        """Refuse a resource that holds nothing, or is hidden on a day that never comes."""
        if not (self.markdown.strip() or self.file):
            raise ValueError("A resource holds something. Add markdown or file.")
        if self.action not in OPENS_RESOURCES:
            opens = ", ".join(sorted(OPENS_RESOURCES))
            raise ValueError(f"{self.action.value!r} opens no resource. Take one of {opens}.")
        if self.hide_when_stale and self.review_on is None:
            raise ValueError("Hidden from when on? Add review_on.")


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
