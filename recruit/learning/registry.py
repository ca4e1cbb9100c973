"""The folder of trained models: numbered, hashed, one of them in use a profile, and who put it there.

    CURRENT          one line a profile: its name and the model in use
    HISTORY.jsonl    who promoted or rolled back what, when and why
    ipp-NNNN/        tables.json, tables.npz, metrics.json, card.md

A model never changes once it is written. Files are put in place whole, so that a reader beside a writer sees
the one or the other.
"""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from recruit.learning.card import HEADINGS, write_card
from recruit.learning.lookup import LookupTables, hash_tables, read_tables, write_tables
from recruit.learning.record import ModelRecord

_NAME = re.compile(r"ipp-(\d{4,})")
FILES = ("tables.json", "tables.npz", "metrics.json", "card.md")


class ModelRefused(LookupError):
    """A model that is not there, is damaged or may not be used; the message says what to do."""


@dataclass(frozen=True)
class Event:
    """Something that a person did with a model. `model` is empty where the declared points decide again."""

    at: str
    by: str
    what: str
    profile: str
    model: str
    before: str
    because: str


@dataclass(frozen=True)
class Models:
    """The models below a folder, which need not exist yet."""

    folder: Path

    def names(self) -> list[str]:
        """Return the models' names, oldest first."""
        if not self.folder.is_dir():
            return []
        found = [p.name for p in self.folder.iterdir() if p.is_dir() and _NAME.fullmatch(p.name)]
        return sorted(found, key=lambda name: int(name[4:]))

    def add(self, record: ModelRecord, tables: LookupTables) -> ModelRecord:
        """Write a new model under the next number; return its record with name and hash."""
        self.folder.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=".new-", dir=self.folder))
        try:
            sha256 = write_tables(tables, made)
            while True:
                number = max((int(n[4:]) for n in self.names()), default=0) + 1
                named = replace(record, name=f"ipp-{number:04d}", tables_sha256=sha256)
                text = json.dumps(named.to_json(), indent=1, ensure_ascii=False)
                (made / "metrics.json").write_text(text + "\n", encoding="utf-8")
                (made / "card.md").write_text(write_card(named), encoding="utf-8")
                made.chmod(0o755)
                try:
                    made.rename(self.folder / named.name)
                except OSError:
                    # Another process has just taken the number.
                    if not (self.folder / named.name).exists():
                        raise
                    continue
                return named
        finally:
            shutil.rmtree(made, ignore_errors=True)

    def get(self, name: str) -> ModelRecord:
        """Return a model's record; raises `ModelRefused`."""
        if not _NAME.fullmatch(name) or name not in (names := self.names()):
            known = ", ".join(names[-5:]) if (names := self.names()) else "none yet"
            raise ModelRefused(f'There is no model "{name}" (known: {known}). Train one first.')
        try:
            told = json.loads((self.folder / name / "metrics.json").read_text(encoding="utf-8"))
            return ModelRecord.from_json(told)
        except (OSError, KeyError, TypeError, ValueError, StopIteration) as error:
            raise ModelRefused(
                f"{name}/metrics.json cannot be read ({error}). Restore the folder or train anew."
            ) from error

    def tables(self, name: str) -> LookupTables:
        """Return a model's tables; raises `ModelRefused` where they are not those that were written."""
        if problems := self.problems(name):
            raise ModelRefused(
                f"{name} is damaged: {'; '.join(problems)}. Restore it or train anew."
            )
        return read_tables(self.folder / name)

    def problems(self, name: str) -> list[str]:
        """Return what is wrong with a model's files, nothing where all is well."""
        folder = self.folder / name
        gone = [f"{file} is missing" for file in FILES if not (folder / file).is_file()]
        if gone:
            return gone
        try:
            record = self.get(name)
            card = (folder / "card.md").read_text(encoding="utf-8")
            read_tables(folder)
        except (ValueError, LookupError) as error:
            return [str(error)]
        sha256 = hash_tables(folder)
        found = []
        if record.name != name:
            found.append(f"metrics.json belongs to {record.name}")
        if record.tables_sha256 != sha256:
            found.append("the tables are not those that metrics.json was written for")
        if sha256 not in card:
            found.append("card.md names another hash than the tables have")
        found += [f'card.md has no "{h}"' for h in HEADINGS if f"\n## {h}\n" not in card]
        return found

    def current(self, profile: str) -> str | None:
        """Return the name of the model in use for a profile, None while its points decide alone."""
        return self.all_current().get(profile)

    def all_current(self) -> dict[str, str]:
        """Return the model in use for each profile that has one."""
        try:
            lines = (self.folder / "CURRENT").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return {}
        found = {}
        for line in lines:
            profile, _, name = line.rpartition(" ")
            if name:
                found[profile] = name
        return found

    def use(
        self, profile: str, name: str | None, *, what: str, by: str, because: str, at: datetime
    ) -> Event:
        """Put a model in use for a profile (None: none), and remember who did so and why."""
        current = self.all_current()
        before = current.pop(profile, "")
        if name is not None:
            current[profile] = name
        lines = "".join(f"{p} {m}\n" for p, m in sorted(current.items()))
        self.folder.mkdir(parents=True, exist_ok=True)
        event = Event(
            at.isoformat(timespec="seconds"), by, what, profile, name or "", before, because
        )
        with (self.folder / "HISTORY.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(event.__dict__, ensure_ascii=False) + "\n")
        _put(self.folder / "CURRENT", lines)
        return event

    def history(self, profile: str | None = None) -> list[Event]:
        """Return what people did with models, oldest first."""
        try:
            lines = (self.folder / "HISTORY.jsonl").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        told: list[Mapping[str, Any]] = [json.loads(line) for line in lines if line.strip()]
        return [Event(**one) for one in told if profile is None or one["profile"] == profile]

    def before_current(self, profile: str) -> str | None:
        """Return what was in use before the model in use; None where the points decided alone."""
        current = self.current(profile)
        for event in reversed(self.history(profile)):
            if event.model == current and event.what == "promoted":
                return event.before or None
        return None


def _put(path: Path, text: str) -> None:
    handle, made = tempfile.mkstemp(prefix=".", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(made).chmod(0o644)
    Path(made).replace(path)
