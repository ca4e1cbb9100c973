"""Profiles to start from: one file for each kind of program."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Example:
    """A packaged profile: its name and title, and its file's text."""

    name: str
    title: str
    text: str


@cache
def list_examples() -> tuple[Example, ...]:
    """Return the examples, sorted by title."""
    found = []
    for file in files(__name__).iterdir():
        if file.name.endswith(".toml"):
            text = file.read_text(encoding="utf-8")
            data = tomllib.loads(text)
            found.append(Example(data["name"], data["title"], text))
    return tuple(sorted(found, key=lambda one: one.title))
