"""Levels and learning paths of a track as data: what a company's certificates make of it, who learns what."""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from recruit.onboarding.definitions import STRICT, Key, Text


@dataclass(frozen=True)
class Level:
    """What a company is while enough of its people hold certificates: course key → how many people.

    One person counts for each course that they are certified in. `products` names what it may sell.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    key: Key
    title: Text
    needs: Annotated[dict[Key, Annotated[int, Field(ge=1, le=1000)]], Field(min_length=1)]
    discount_percent: Annotated[float, Field(ge=0, le=100)] = 0.0
    products: tuple[Text, ...] = ()


@dataclass(frozen=True)
class LearningPath:
    """The courses for people who do one kind of work, in the order in which to take them."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    key: Key
    title: Text
    courses: Annotated[tuple[Key, ...], Field(min_length=1)]
    summary: str = field(default="")
