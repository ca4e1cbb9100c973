"""docs/sourcing.md is held to the code: every key stands in it, and its examples load."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from recruit.sourcing.labels import TARGETS
from recruit.sourcing.mapping import MAPPING_KEYS, SOURCE_KEYS, parse_mapping
from recruit.sourcing.presets import PRESETS
from recruit.sourcing.spec import parse_source_spec
from recruit.sourcing.spec_table import SpecTable
from recruit.sourcing.values import FieldName

GUIDE = (Path(__file__).parents[3] / "docs" / "sourcing.md").read_text(encoding="utf-8")
EXAMPLES = [tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)]
FULL: dict[str, Any] = {
    "name": "x",
    "kind": "directory",
    "start_urls": ["https://x.example"],
    "listing": {"items": ["a"]},
}


def _asked(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return every key that the reader of source files asks for."""
    asked: set[str] = set()
    get = SpecTable.get

    def remember(table: SpecTable, key: str, default: Any = None) -> Any:
        asked.add(f"{table._path}.{key}" if table._path else key)
        return get(table, key, default)

    monkeypatch.setattr(SpecTable, "get", remember)
    parse_source_spec(FULL, "x.toml")
    return asked


def test_every_key_of_a_source_file_stands_in_the_guide(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _asked(monkeypatch)
    assert {"name", "schedule", "listing.items", "budget.pages", "fields.auto"} <= asked
    tables = {key.partition(".")[0] for key in asked if "." in key}
    missing = {
        key
        for key in asked - tables
        if f"| `{key}` |" not in GUIDE
        and not (key.startswith("fields.") and f"`{key.partition('.')[2]}`" in GUIDE)
    }
    assert missing == set()


def test_the_guide_names_no_key_of_a_source_file_that_there_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    section = GUIDE.partition("## Every key of a source file")[2].partition("\nFields:")[0]
    named = set(re.findall(r"^\| `([\w.]+)` \|", section, re.MULTILINE))
    assert named <= _asked(monkeypatch)


def test_every_key_of_a_mapping_stands_in_the_guide() -> None:
    section = GUIDE.partition("## Every key of a mapping file")[2]
    named = set(re.findall(r"^\| `([\w.]+)", section, re.MULTILINE))
    wanted = {key for key in MAPPING_KEYS if key not in {"columns", "source"}} | {"columns."}
    assert named == wanted | {f"source.{key}" for key in SOURCE_KEYS}
    assert [key for key in TARGETS if f"`{key}`" not in GUIDE] == []
    assert [field for field in FieldName if f"`{field.value}`" not in GUIDE] == []


def test_every_preset_stands_in_the_guide() -> None:
    assert [preset.name for preset in PRESETS if f"`{preset.name}`" not in GUIDE] == []


def test_the_examples_load() -> None:
    assert len(EXAMPLES) == 3
    for example in EXAMPLES:
        if "columns" in example:
            assert parse_mapping(example, "m.toml").columns
        else:
            assert parse_source_spec(example, "s.toml").name == example["name"]
